import { KubernetesRefusalError, namespaceName } from './names.js';
import {
  deleteOwn,
  type KubernetesObject,
  type KubernetesPlan,
  ownMetadata,
  ownObject,
  type Run,
  runId,
} from './objects.js';

export interface SegmentRequest {
  run: Run;
  namespace: string;
  enforcedBy: 'networkpolicy' | 'cilium';
}

/**
 * Isolates a whole namespace. Never part of another plan: it stops everybody in it and needs an approval of its own.
 *
 * @throws KubernetesRefusalError for the namespaces the cluster itself lives in.
 */
export function isolateNamespace(request: SegmentRequest): KubernetesPlan {
  const { run } = request;
  const namespace = namespaceName(request.namespace);
  if (namespace.startsWith('kube-')) {
    throw new KubernetesRefusalError(
      `${namespace} belongs to the cluster itself; isolating it would stop the cluster`,
    );
  }
  const isCilium = request.enforcedBy === 'cilium';
  const policy = isCilium ? ciliumPolicy(run, namespace) : networkPolicy(run, namespace);
  return {
    action: 'isolate-namespace',
    run: runId(run),
    title: `Isolation of the whole namespace ${namespace}: needs a separate approval`,
    does: [
      `Creates ${policy.kind} ${policy.metadata.name}, which selects EVERY pod of ${namespace} and allows nothing in or out, DNS and traffic between its pods included.`,
    ],
    cannot: [
      ...(isCilium
        ? ['Works only where Cilium enforces policies.']
        : [
            'NetworkPolicies are additive: pods that another policy of the namespace allows something keep it.',
            'Established connections may live on, and without an enforcing network plugin nothing happens.',
          ]),
      'Pods on the host network are not reached.',
      'Services of the namespace fail for all their clients until this is reverted.',
    ],
    undo: 'Deletes the policy if it is still ours.',
    approval: 'separate',
    changes: [{ verb: 'create', object: policy }],
    revert: [deleteOwn(policy, run)],
  };
}

function metadata(run: Run, namespace: string): KubernetesObject['metadata'] {
  const own = ownMetadata(run, 'segment', namespace);
  return { ...own, annotations: { ...own.annotations, 'stowaway.dev/approval': 'separate' } };
}

const networkPolicy = (run: Run, namespace: string): KubernetesObject =>
  ownObject('NetworkPolicy', metadata(run, namespace), {
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
    ingress: [],
    egress: [],
  });

const ciliumPolicy = (run: Run, namespace: string): KubernetesObject =>
  ownObject('CiliumNetworkPolicy', metadata(run, namespace), {
    endpointSelector: {},
    ingressDeny: [{ fromEntities: ['all'] }],
    egressDeny: [{ toEntities: ['all'] }],
  });
