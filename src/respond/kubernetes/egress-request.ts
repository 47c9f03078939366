import { isIP } from 'node:net';
import { isCidr } from '../../model/config.js';
import { isDnsName, KubernetesRefusalError, labels, namespaceName, printable } from './names.js';
import type { Run } from './objects.js';

/** FTP control, FTP data and FTP over TLS. */
export const FTP_PORTS = [20, 21, 990];

export interface PortOf {
  port: number;
  protocol: 'TCP' | 'UDP' | 'SCTP';
}

export interface Destination {
  /** Address or network outside the cluster; pod addresses change hands. */
  cidr: string;
  ports: PortOf[];
}

export interface EgressRequest {
  run: Run;
  namespace: string;
  /** What an analyst calls the workload; shown, never used as a name. */
  workload: string;
  /** The workload's own selector: each pod with these labels is restricted, and no other. */
  podLabels: Record<string, string>;
  /** What it is known to need. */
  destinations: Destination[];
  /** Pods that answer DNS. Default: `k8s-app: kube-dns` in kube-system. */
  dns?: { namespace: string; podLabels: Record<string, string> };
  /** NetworkPolicies of the namespace as the API returns them, to name those that still allow. */
  policies?: unknown[];
}

export interface L7EgressRequest extends EgressRequest {
  /** Full domain names that may receive PUT and POST. */
  sanctionedNames: string[];
  /** Ports that speak clear-text HTTP. Default: 80. */
  httpPorts?: number[];
  /** Ports that speak TLS, where only the name decides. Default: 443. */
  tlsPorts?: number[];
  /** `anywhere` lets the workload read (GET, HEAD, OPTIONS) from the whole internet; default: its usual destinations only. */
  reads?: 'usual' | 'anywhere';
}

export const DNS_PODS = { namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' } };

/** The request with every name, network and port checked. */
export function checkEgress<T extends EgressRequest>(request: T): T {
  namespaceName(request.namespace);
  if (Object.keys(labels(request.podLabels)).length === 0) {
    throw new KubernetesRefusalError(
      'no labels select the workload: the policy would hit the whole namespace',
    );
  }
  if (request.dns) {
    namespaceName(request.dns.namespace);
    if (Object.keys(labels(request.dns.podLabels)).length === 0) {
      throw new KubernetesRefusalError('no labels select the DNS pods');
    }
  }
  return { ...request, destinations: request.destinations.map(checkDestination) };
}

function checkDestination({ cidr, ports }: Destination): Destination {
  if (!isCidr(cidr)) throw new KubernetesRefusalError(`not a network: "${printable(cidr.slice(0, 80))}"`);
  const full = isIP(cidr) === 0 ? cidr : `${cidr}/${isIP(cidr) === 4 ? 32 : 128}`;
  if (full.endsWith('/0')) throw new KubernetesRefusalError(`${full} is everywhere, not a usual destination`);
  if (ports.length === 0) {
    throw new KubernetesRefusalError(`${full} has no ports: all of them, FTP included, would be allowed`);
  }
  for (const { port } of ports) checkPort(port);
  return { cidr: full, ports };
}

export function checkPort(port: number): number {
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new KubernetesRefusalError(`not a port: ${port}`);
  if (FTP_PORTS.includes(port))
    throw new KubernetesRefusalError(`port ${port} is FTP, which this policy denies`);
  return port;
}

/** Only whole names: a wildcard would sanction names that anybody can register below it. */
export function checkDomain(name: string): string {
  if (!isDnsName(name) || !name.includes('.')) {
    throw new KubernetesRefusalError(`not a full domain name: "${printable(name.slice(0, 80))}"`);
  }
  return name;
}
