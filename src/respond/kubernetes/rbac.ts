import type { Subject } from './facts.js';
import { KubernetesRefusalError, namespaceName, rbacName, safeLabel } from './names.js';
import {
  type Change,
  FIELD_MANAGER,
  KINDS,
  type Kind,
  type KubernetesAction,
  type KubernetesObject,
  type KubernetesPlan,
  MANAGED_BY,
  targetOf,
} from './objects.js';

export interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

const RBAC = 'rbac.authorization.k8s.io';

function rule(kind: Kind, verbs: string[], names?: string[]): PolicyRule {
  const { group, plural } = KINDS[kind];
  return { apiGroups: [group], resources: [plural], verbs, ...(names ? { resourceNames: names } : {}) };
}

/** What each response may need for any object of a namespace. `null`: too wide without names; take the rights from a plan. */
const RULES: Record<KubernetesAction, PolicyRule[] | null> = {
  'quarantine-pod': [
    rule('Pod', ['get', 'patch']),
    rule('NetworkPolicy', ['list', 'create', 'get', 'delete']),
  ],
  'quarantine-pod-cilium': [
    rule('Pod', ['get', 'patch']),
    rule('CiliumNetworkPolicy', ['create', 'get', 'delete']),
  ],
  'delete-pod': [rule('Pod', ['get', 'delete'])],
  'delete-token-secrets': null,
  'remove-subject': null,
  'egress-policy': [rule('NetworkPolicy', ['list', 'create', 'get', 'delete'])],
  'egress-policy-cilium': [rule('CiliumNetworkPolicy', ['create', 'get', 'delete'])],
  'isolate-namespace': [
    rule('NetworkPolicy', ['create', 'get', 'delete']),
    rule('CiliumNetworkPolicy', ['create', 'get', 'delete']),
  ],
  'suspend-cronjob': [rule('CronJob', ['get', 'patch'])],
};

/** Actions for which standing rights can be printed. */
export const STANDING_ACTIONS = (Object.keys(RULES) as KubernetesAction[]).filter(
  (action) => RULES[action] !== null,
);

function rulesOf(change: Change): PolicyRule[] {
  if (change.verb === 'create') {
    const { kind, name } = targetOf(change.object);
    return [rule(kind, ['create']), rule(kind, ['get'], [name])];
  }
  const { kind, name } = change.target;
  if (change.verb === 'delete-own') return [rule(kind, ['get', 'delete'], [name])];
  if (change.verb === 'delete') return [rule(kind, ['delete'], [name])];
  const bind = change.binds && {
    apiGroups: [RBAC],
    resources: [change.binds.kind === 'Role' ? 'roles' : 'clusterroles'],
    verbs: ['bind'],
    resourceNames: [change.binds.name],
  };
  return [rule(kind, ['patch'], [name]), ...(bind ? [bind] : [])];
}

/** The rights to carry out this plan and to revert it, and nothing else: every object is named. */
export function rulesForPlan({ changes, revert }: KubernetesPlan): PolicyRule[] {
  const merged = new Map<string, PolicyRule>();
  for (const each of [...changes, ...revert].flatMap(rulesOf)) {
    const key = JSON.stringify([each.apiGroups, each.resources, each.resourceNames ?? null]);
    const verbs = new Set([...(merged.get(key)?.verbs ?? []), ...each.verbs]);
    merged.set(key, { ...each, verbs: [...verbs] });
  }
  return [...merged.values()];
}

export interface RbacRequest {
  /** Who gets the rights: usually the service account Stowaway runs under. */
  subject: Subject;
  /** Of the plan, or the namespace standing rights hold in; null: the whole cluster. */
  namespace: string | null;
}

/**
 * Role and binding for one planned response.
 *
 * @returns two objects: (Cluster)Role and its binding. A plan on a ClusterRoleBinding needs the cluster-wide kind.
 */
export function rbacForPlan(plan: KubernetesPlan, subject: Subject): KubernetesObject[] {
  const targets = plan.changes.map((change) =>
    change.verb === 'create' ? targetOf(change.object) : change.target,
  );
  const namespace = targets[0]!.namespace;
  return roleAndBinding(`stowaway-${plan.action}-${plan.run}`, rulesForPlan(plan), { subject, namespace });
}

/**
 * Role and binding for any response of one kind, for those who grant rights ahead of the incident.
 *
 * @throws KubernetesRefusalError for actions whose standing rights would hand over secrets or roles: they need a plan.
 */
export function rbacForAction(action: KubernetesAction, request: RbacRequest): KubernetesObject[] {
  const rules = RULES[action];
  if (rules === null) {
    throw new KubernetesRefusalError(
      `${action} has no standing rights: without names they would cover every secret or role. Grant them for one plan`,
    );
  }
  return roleAndBinding(`stowaway-${action}`, rules, request);
}

/** What has to be known before these rights are granted. */
export function rbacCautions(rules: PolicyRule[]): string[] {
  const grants = (verb: string, resource?: string) =>
    rules.some(({ verbs, resources }) => verbs.includes(verb) && (!resource || resources.includes(resource)));
  const isNamed = rules.every(
    ({ resourceNames, verbs }) => resourceNames !== undefined || verbs.includes('create'),
  );
  return [
    ...(grants('create')
      ? ['RBAC cannot limit `create` to a name: the holder can create any object of that kind here.']
      : []),
    ...(grants('patch', 'pods')
      ? [
          `\`patch\` on pods also lets the holder change images and labels of ${isNamed ? 'the named pod' : 'every pod here'}.`,
        ]
      : []),
    ...(grants('bind')
      ? ['`bind` lets the holder give the named role to anybody. Withdraw it after the response.']
      : []),
    ...(isNamed ? ['Holds for one response only: delete both objects when it is over.'] : []),
  ];
}

function roleAndBinding(
  name: string,
  rules: PolicyRule[],
  { subject, namespace }: RbacRequest,
): KubernetesObject[] {
  const isCluster = namespace === null;
  const metadata = {
    name: name.length <= 253 ? name : `stowaway-${safeLabel(name)}`,
    ...(isCluster ? {} : { namespace: namespaceName(namespace) }),
    labels: { [MANAGED_BY]: FIELD_MANAGER },
  };
  const apiVersion = `${RBAC}/v1`;
  const kind = isCluster ? 'ClusterRole' : 'Role';
  return [
    { apiVersion, kind, metadata, rules },
    {
      apiVersion,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: RBAC, kind, name: metadata.name },
      subjects: [subjectOf(subject)],
    },
  ];
}

function subjectOf({ kind, name, namespace }: Subject): object {
  if (kind !== 'ServiceAccount') return { kind, apiGroup: RBAC, name: rbacName(name) };
  if (namespace === undefined)
    throw new KubernetesRefusalError(`service account ${rbacName(name)} has no namespace`);
  return { kind, name: rbacName(name), namespace: namespaceName(namespace) };
}
