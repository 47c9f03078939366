import { describeConflicts, stillAllow } from './conflicts.js';
import { checkEgress, DNS_PODS, type EgressRequest } from './egress-request.js';
import { printable } from './names.js';
import { deleteOwn, type KubernetesPlan, ownMetadata, ownObject, runId } from './objects.js';

/**
 * Restricts where a workload may send to: DNS and its usual destinations, nothing else, FTP (20, 21, 990) least of all.
 *
 * @throws KubernetesRefusalError when a destination would allow FTP, everything, or selects more than the workload.
 */
export function egressPolicy(given: EgressRequest): KubernetesPlan {
  const request = checkEgress(given);
  const { run, namespace, podLabels } = request;
  const policy = ownObject('NetworkPolicy', ownMetadata(run, 'egress', namespace), {
    podSelector: { matchLabels: podLabels },
    policyTypes: ['Egress'],
    egress: [dnsRule(request), ...request.destinations.map(destinationRule)],
  });
  const conflicts = request.policies && stillAllow({ namespace, labels: podLabels }, request.policies);
  return {
    action: 'egress-policy',
    run: runId(run),
    title: `Egress of workload ${printable(request.workload)} in ${namespace} limited to what it usually needs`,
    does: [
      `Creates NetworkPolicy ${policy.metadata.name} for every pod of the workload: DNS and ${request.destinations.length} usual destination(s) stay, the rest is denied, FTP (20, 21, 990) with it.`,
    ],
    cannot: [
      'It does not know methods: an outbound PUT or POST to an allowed destination passes. That can only be stopped at layer 7, by a proxy or the Cilium variant of this plan.',
      `NetworkPolicies are additive: ${describeConflicts(conflicts)}`,
      'Established connections may live on, and without an enforcing network plugin nothing happens.',
      'Data can still leave inside DNS queries and to the allowed destinations. Other Services of the cluster are cut unless they are listed.',
      'Kubernetes does not define whether a Service address is compared before or after translation; list addresses outside the cluster.',
    ],
    undo: 'Deletes the policy if it is still ours.',
    approval: 'one',
    changes: [{ verb: 'create', object: policy }],
    revert: [deleteOwn(policy, run)],
  };
}

function dnsRule({ dns = DNS_PODS }: EgressRequest): object {
  return {
    to: [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': dns.namespace } },
        podSelector: { matchLabels: dns.podLabels },
      },
    ],
    ports: [
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
    ],
  };
}

const destinationRule = ({ cidr, ports }: EgressRequest['destinations'][number]): object => ({
  to: [{ ipBlock: { cidr } }],
  ports: ports.map(({ port, protocol }) => ({ protocol, port })),
});
