import {
  checkDomain,
  checkEgress,
  checkPort,
  type Destination,
  DNS_PODS,
  FTP_PORTS,
  type L7EgressRequest,
} from './egress-request.js';
import { KubernetesRefusalError, printable } from './names.js';
import { deleteOwn, type KubernetesPlan, ownMetadata, ownObject, runId } from './objects.js';

/** Regular expressions that Cilium's proxy matches against the whole method. */
const READ = 'GET|HEAD|OPTIONS';
const WRITE = 'GET|HEAD|OPTIONS|PUT|POST';

/**
 * The egress policy at layer 7: what is not sanctioned may be read from, sanctioned names may also be sent to. Needs Cilium with its
 * layer 7 proxy.
 *
 * @throws KubernetesRefusalError as `egressPolicy`, and for names that are not full domain names or ports that would be both HTTP and TLS.
 */
export function l7EgressPolicy(given: L7EgressRequest): KubernetesPlan {
  const request = checkEgress(given);
  const { run, namespace } = request;
  const names = request.sanctionedNames.map(checkDomain);
  const http = (request.httpPorts ?? [80]).map(checkPort);
  const tls = (request.tlsPorts ?? [443]).map(checkPort);
  if (http.some((port) => tls.includes(port))) {
    throw new KubernetesRefusalError(
      'a port is listed as HTTP and as TLS: the proxy can read only one of them',
    );
  }
  const policy = ownObject('CiliumNetworkPolicy', ownMetadata(run, 'egress-l7', namespace), {
    endpointSelector: { matchLabels: request.podLabels },
    egress: [
      dnsRule(request),
      ...request.destinations.flatMap((destination) => destinationRules(destination, http)),
      ...(request.reads === 'anywhere'
        ? [{ toEntities: ['world'], toPorts: [httpRule(http, [{ method: READ }])] }]
        : []),
      ...(names.length > 0 ? sanctionedRules(names, http, tls) : []),
    ],
    egressDeny: [{ toEntities: ['all'], toPorts: [{ ports: FTP_PORTS.map((port) => tcp(port)) }] }],
  });
  return {
    action: 'egress-policy-cilium',
    run: runId(run),
    title: `Egress of workload ${printable(request.workload)} in ${namespace} limited by destination and HTTP method`,
    does: [
      `Creates CiliumNetworkPolicy ${policy.metadata.name} for every pod of the workload. On HTTP ports (${http.join(', ')}) it may read (${READ.replaceAll('|', ', ')}) from ${request.reads === 'anywhere' ? 'anywhere' : 'its usual destinations'}.`,
      `PUT and POST pass only to: ${names.join(', ') || 'nobody'}. FTP (20, 21, 990) is denied over any other policy. Other methods are denied.`,
    ],
    cannot: [
      `In TLS (ports ${tls.join(', ')}) no method is visible unless Cilium ends the TLS: there a sanctioned name may be sent anything, and a usual destination that lists the port too.`,
      'A domain is known by the addresses DNS gave for it: others behind the same address are reached too, though on port 80 the Host must also match.',
      'Data can still leave in the address or headers of a GET, in DNS queries and to sanctioned names.',
      'Allow rules are additive: a policy that allows an HTTP port without HTTP rules allows every method there. Only the FTP rule wins over others.',
      'Needs Cilium with its layer 7 proxy enabled; elsewhere the object does nothing. Connections already open are not promised to be cut.',
    ],
    undo: 'Deletes the policy if it is still ours.',
    approval: 'one',
    changes: [{ verb: 'create', object: policy }],
    revert: [deleteOwn(policy, run)],
  };
}

const tcp = (port: number) => ({ port: String(port), protocol: 'TCP' });

const httpRule = (ports: number[], http: { method: string; host?: string }[]) => ({
  ports: ports.map(tcp),
  rules: { http },
});

/** Cilium learns the addresses of a domain only from DNS answers that pass its proxy, hence the `dns` rule. */
function dnsRule({ dns = DNS_PODS }: L7EgressRequest): object {
  const matchLabels: Record<string, string> = { 'k8s:io.kubernetes.pod.namespace': dns.namespace };
  for (const [key, value] of Object.entries(dns.podLabels)) matchLabels[`k8s:${key}`] = value;
  return {
    toEndpoints: [{ matchLabels }],
    toPorts: [{ ports: [{ port: '53', protocol: 'ANY' }], rules: { dns: [{ matchPattern: '*' }] } }],
  };
}

/** A usual destination keeps its ports; those that speak HTTP become read-only. */
function destinationRules({ cidr, ports }: Destination, http: number[]): object[] {
  const isHttp = ({ port, protocol }: Destination['ports'][number]) =>
    protocol === 'TCP' && http.includes(port);
  const readable = ports.filter(isHttp).map(({ port }) => port);
  const plain = ports.filter((port) => !isHttp(port));
  const toCIDRSet = [{ cidr }];
  return [
    ...(readable.length > 0 ? [{ toCIDRSet, toPorts: [httpRule(readable, [{ method: READ }])] }] : []),
    ...(plain.length > 0
      ? [
          {
            toCIDRSet,
            toPorts: [{ ports: plain.map(({ port, protocol }) => ({ port: String(port), protocol })) }],
          },
        ]
      : []),
  ];
}

/** The Host header must be the name too, where it can be said: on other ports than 80 it carries the port, which the field's format excludes. */
function sanctionedRules(names: string[], http: number[], tls: number[]): object[] {
  const otherHttp = http.filter((port) => port !== 80);
  return names.flatMap((name) => {
    const toFQDNs = [{ matchName: name }];
    return [
      ...(http.includes(80) ? [{ toFQDNs, toPorts: [httpRule([80], [{ method: WRITE, host: name }])] }] : []),
      ...(otherHttp.length > 0 ? [{ toFQDNs, toPorts: [httpRule(otherHttp, [{ method: WRITE }])] }] : []),
      ...(tls.length > 0 ? [{ toFQDNs, toPorts: [{ ports: tls.map(tcp) }] }] : []),
    ];
  });
}
