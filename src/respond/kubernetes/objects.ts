import { safeLabel } from './names.js';

/** What we set on each object we create, and look for before we touch one again. */
export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const RUN = 'stowaway.dev/run';
/** The only label we add to somebody else's object; policies of a quarantine select nothing but it. */
export const QUARANTINE = 'stowaway.dev/quarantine';
export const FIELD_MANAGER = 'stowaway';

/** Kinds a plan touches, with where the API serves them. */
export const KINDS = {
  Pod: { apiVersion: 'v1', group: '', plural: 'pods', namespaced: true },
  Secret: { apiVersion: 'v1', group: '', plural: 'secrets', namespaced: true },
  CronJob: { apiVersion: 'batch/v1', group: 'batch', plural: 'cronjobs', namespaced: true },
  NetworkPolicy: {
    apiVersion: 'networking.k8s.io/v1',
    group: 'networking.k8s.io',
    plural: 'networkpolicies',
    namespaced: true,
  },
  CiliumNetworkPolicy: {
    apiVersion: 'cilium.io/v2',
    group: 'cilium.io',
    plural: 'ciliumnetworkpolicies',
    namespaced: true,
  },
  RoleBinding: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    group: 'rbac.authorization.k8s.io',
    plural: 'rolebindings',
    namespaced: true,
  },
  ClusterRoleBinding: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    group: 'rbac.authorization.k8s.io',
    plural: 'clusterrolebindings',
    namespaced: false,
  },
} as const;

export type Kind = keyof typeof KINDS;

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    uid?: string;
  };
  [field: string]: unknown;
}

export interface Target {
  kind: Kind;
  /** null for kinds of the whole cluster. */
  namespace: string | null;
  name: string;
}

/** RFC 6902. A `test` before each change makes sure it meets what was planned for. */
export type PatchStep =
  | { op: 'test' | 'add' | 'replace'; path: string; value: unknown }
  | { op: 'remove'; path: string };

/** One effect on the cluster. */
export type Change =
  /** Fails when an object of this name is there already, unless it is ours from the same run. */
  | { verb: 'create'; object: KubernetesObject }
  /** `binds`: the role whose `bind` right the API server asks for when a binding is changed. */
  | { verb: 'patch'; target: Target; patch: PatchStep[]; binds?: { kind: string; name: string } }
  /** Somebody else's object, found by its uid so that a successor of the same name is never hit. */
  | { verb: 'delete'; target: Target; uid: string }
  /** An object of ours: deleted only while it carries our label and the run's id. */
  | { verb: 'delete-own'; target: Target; run: string };

export type KubernetesAction =
  | 'quarantine-pod'
  | 'quarantine-pod-cilium'
  | 'delete-pod'
  | 'delete-token-secrets'
  | 'remove-subject'
  | 'egress-policy'
  | 'egress-policy-cilium'
  | 'isolate-namespace'
  | 'suspend-cronjob';

/** Pure description of a response: what would be done, what it does not do, and the exact way back. */
export interface KubernetesPlan {
  action: KubernetesAction;
  run: string;
  title: string;
  does: string[];
  /** Limits the reader must know before approving; never empty. */
  cannot: string[];
  /** How it is undone, or that it is not. */
  undo: string;
  /** `separate`: more than one workload is hit, so the approval names this action alone. */
  approval: 'one' | 'separate';
  changes: Change[];
  /** Inverse of `changes` in the order to run it; empty where nothing can be undone. */
  revert: Change[];
}

/** Which response an object belongs to. */
export interface Run {
  /** Id of the response; anything that is no RFC 1123 label is hashed. */
  id: string;
  /** Why, in the words of whoever asked; kept as an annotation. */
  reason?: string;
  /** ISO 8601. Only a mark on the object: the API server removes nothing by itself. */
  expiresAt?: string;
}

export const runId = (run: Run): string => safeLabel(run.id);

/** An API server refuses objects whose annotations are too large. */
const LONGEST_REASON = 1000;

/** Name, namespace and marks of an object of ours. */
export function ownMetadata(run: Run, prefix: string, namespace: string): KubernetesObject['metadata'] {
  const annotations: Record<string, string> = {
    ...(run.reason === undefined ? {} : { 'stowaway.dev/reason': run.reason.slice(0, LONGEST_REASON) }),
    ...(run.expiresAt === undefined ? {} : { 'stowaway.dev/expires-at': run.expiresAt }),
  };
  return {
    name: `stowaway-${prefix}-${runId(run)}`,
    namespace,
    labels: { [MANAGED_BY]: FIELD_MANAGER, [RUN]: runId(run) },
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}

export const ownObject = (
  kind: Kind,
  metadata: KubernetesObject['metadata'],
  spec: object,
): KubernetesObject => ({
  apiVersion: KINDS[kind].apiVersion,
  kind,
  metadata,
  spec,
});

export const targetOf = (object: KubernetesObject): Target => ({
  kind: object.kind as Kind,
  namespace: object.metadata.namespace ?? null,
  name: object.metadata.name,
});

export const deleteOwn = (object: KubernetesObject, run: Run): Change => ({
  verb: 'delete-own',
  target: targetOf(object),
  run: runId(run),
});

/** One step of a JSON pointer. */
export const pointer = (segment: string): string => segment.replace(/~/g, '~0').replace(/\//g, '~1');
