import { describeConflicts, stillAllow } from './conflicts.js';
import { type PodFacts, readPod } from './facts.js';
import { KubernetesRefusalError } from './names.js';
import {
  type Change,
  deleteOwn,
  type KubernetesObject,
  type KubernetesPlan,
  ownMetadata,
  ownObject,
  type PatchStep,
  pointer,
  QUARANTINE,
  type Run,
  runId,
  type Target,
} from './objects.js';

export interface QuarantineRequest {
  run: Run;
  /** The Pod as the API returns it. */
  pod: unknown;
  /** `cilium` only where Cilium enforces policies: elsewhere its objects do nothing. */
  enforcedBy: 'networkpolicy' | 'cilium';
  /** All NetworkPolicies of the pod's namespace as the API returns them, to name those that still allow. */
  policies?: unknown[];
}

/**
 * Cuts exactly one pod off: a policy that selects only our label, then that label on this pod.
 *
 * @throws KubernetesRefusalError for a pod on the host's network and one that is in another quarantine.
 */
export function quarantinePod(request: QuarantineRequest): KubernetesPlan {
  const pod = readPod(request.pod);
  const { run } = request;
  const id = runId(run);
  refuseUnreachable(pod, id);
  const isCilium = request.enforcedBy === 'cilium';
  const policy = isCilium ? ciliumPolicy(run, pod) : networkPolicy(run, pod);
  const { name, namespace } = pod.metadata;
  return {
    action: isCilium ? 'quarantine-pod-cilium' : 'quarantine-pod',
    run: id,
    title: `Quarantine of pod ${namespace}/${name}`,
    does: [
      `Creates ${policy.kind} ${policy.metadata.name}, which selects only pods labelled ${QUARANTINE}=${id} and allows nothing in or out.`,
      'Adds that label to this one pod (checked by uid). No label is removed, so no ReplicaSet or Service selector loses the pod.',
    ],
    cannot: [
      ...(isCilium ? CILIUM_LIMITS : networkPolicyLimits(request, pod, id)),
      'The pod stays behind its Services until its readiness probe fails: clients may meet a dead end.',
      'Whoever may change labels in this namespace can take the label off again, the pod itself included if its service account may.',
    ],
    undo: 'Removes the label if it still holds this id, then deletes the policy if it is still ours. A pod that is gone counts as undone.',
    approval: 'one',
    changes: [{ verb: 'create', object: policy }, addLabel(pod, id)],
    revert: [removeLabel(pod, id), deleteOwn(policy, run)],
  };
}

function refuseUnreachable(pod: PodFacts, id: string): void {
  if (pod.spec.hostNetwork) {
    throw new KubernetesRefusalError(
      'the pod uses the host network, where policies of pods are undefined and mostly ignored. Cut it at the node instead',
    );
  }
  const present = pod.metadata.labels[QUARANTINE];
  if (present !== undefined && present !== id) {
    throw new KubernetesRefusalError(`the pod is already in quarantine ${present}; revert that one first`);
  }
}

const networkPolicy = (run: Run, { metadata }: PodFacts): KubernetesObject =>
  ownObject('NetworkPolicy', ownMetadata(run, 'quarantine', metadata.namespace), {
    podSelector: { matchLabels: { [QUARANTINE]: runId(run) } },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [],
    egress: [],
  });

const ciliumPolicy = (run: Run, { metadata }: PodFacts): KubernetesObject =>
  ownObject('CiliumNetworkPolicy', ownMetadata(run, 'quarantine', metadata.namespace), {
    endpointSelector: { matchLabels: { [QUARANTINE]: runId(run) } },
    ingressDeny: [{ fromEntities: ['all'] }],
    egressDeny: [{ toEntities: ['all'] }],
  });

function networkPolicyLimits({ policies }: QuarantineRequest, pod: PodFacts, id: string): string[] {
  const { namespace, labels } = pod.metadata;
  const conflicts = policies && stillAllow({ namespace, labels: { ...labels, [QUARANTINE]: id } }, policies);
  return [
    `NetworkPolicies are additive: this one takes nothing away that another policy allows. ${describeConflicts(conflicts)}`,
    'Established connections may live on: Kubernetes leaves it to the network plugin whether a new policy ends them. Check by bytes.',
    'Without a network plugin that enforces NetworkPolicy it does nothing, and the API server accepts it all the same.',
    'Traffic between the pod and its own node is always allowed, and only TCP, UDP and SCTP are defined.',
  ];
}

const CILIUM_LIMITS = [
  'Works only where Cilium enforces policies. Its deny rules win over every allow, of NetworkPolicies too.',
  'Packets of connections the pod opened are checked one by one and stop. Answers on connections that others opened are not checked: their requests are dropped, so TCP stalls, but one-way UDP answers may go on until tracking forgets them.',
  `Where the cluster restricts identity-relevant labels, ${QUARANTINE} must be among them, or the policy selects nothing.`,
  'Whether the node itself (kubelet probes) still reaches the pod depends on the Cilium version: a liveness probe that fails restarts the container, and memory is lost.',
];

const podTarget = ({ metadata }: PodFacts): Target => ({
  kind: 'Pod',
  namespace: metadata.namespace,
  name: metadata.name,
});

const LABEL_PATH = `/metadata/labels/${pointer(QUARANTINE)}`;
const samePod = ({ metadata }: PodFacts): PatchStep => ({
  op: 'test',
  path: '/metadata/uid',
  value: metadata.uid,
});

function addLabel(pod: PodFacts, id: string): Change {
  const hasLabels = Object.keys(pod.metadata.labels).length > 0;
  const add: PatchStep = hasLabels
    ? { op: 'add', path: LABEL_PATH, value: id }
    : { op: 'add', path: '/metadata/labels', value: { [QUARANTINE]: id } };
  return { verb: 'patch', target: podTarget(pod), patch: [samePod(pod), add] };
}

const removeLabel = (pod: PodFacts, id: string): Change => ({
  verb: 'patch',
  target: podTarget(pod),
  patch: [samePod(pod), { op: 'test', path: LABEL_PATH, value: id }, { op: 'remove', path: LABEL_PATH }],
});
