import type { KubernetesAction } from './kubernetes/objects.js';
import { type PolicyRule, rbacForAction, STANDING_ACTIONS } from './kubernetes/rbac.js';
import { ACTIONS, type Action } from './plan.js';

export type Driver = 'docker' | 'podman' | 'kubernetes';

const OBSERVE = [
  'engine API: GET /version, /containers/json, /containers/{id}/json',
  'CAP_SYS_PTRACE in the first user namespace: read /proc/PID/ns/net of containers',
  'CAP_NET_ADMIN: ip link, lsns (names the host ends of veth pairs)',
];
const EVIDENCE = [
  'engine API: GET /containers/{id}/changes, /top, /logs',
  'CAP_SYS_ADMIN: nsenter into the network namespace of the container, to list its sockets',
  'CAP_NET_RAW: tcpdump there, for one second',
];
const VERIFY = ['CAP_NET_ADMIN: conntrack -L (with --netns also CAP_SYS_ADMIN, for nsenter)'];

const ACT: Record<Action, string[]> = {
  pause: ['engine API: POST /containers/{id}/pause, /containers/{id}/unpause'],
  disconnect: ['engine API: POST /networks/{id}/disconnect, /networks/{id}/connect'],
  'firewall-drop': [
    'CAP_NET_ADMIN: nft, one table netdev stowaway_… for each plan (inet on the host’s network)',
  ],
  'block-destination': ['CAP_NET_ADMIN: nft, one table netdev or inet stowaway_… for each plan'],
  'stop-restarts': ['engine API: POST /containers/{id}/update'],
  'isolate-segment': [
    'engine API: GET /networks/{id}',
    'CAP_NET_ADMIN: nft, one table netdev stowaway_… for each plan',
  ],
};

/**
 * What an action needs, one line each. Docker's socket knows no roles: whoever may write to it is root on the host. The
 * lines name the calls a filtering proxy in front of the socket has to let through.
 */
export function permissionsFor(engine: 'docker' | 'podman', action: Action, isCommitting: boolean): string[] {
  const socket =
    engine === 'docker'
      ? 'read and write to the engine’s socket (as good as root, unless a proxy filters calls)'
      : 'read and write to the socket of `podman system service` (rootful: as good as root)';
  return [
    socket,
    ...OBSERVE,
    ...EVIDENCE,
    ...(isCommitting ? ['engine API: POST /commit'] : []),
    ...ACT[action],
    ...VERIFY,
  ];
}

/** For `respond rbac`: each action of a driver with what it needs. */
export function permissionTable(driver: Driver): { action: string; permissions: string[] }[] {
  if (driver === 'kubernetes')
    return STANDING_ACTIONS.map((action) => ({ action, permissions: kubernetesPermissions(action) }));
  const actions: Action[] = [...ACTIONS, 'isolate-segment'];
  return actions.map((action) => ({ action, permissions: permissionsFor(driver, action, true) }));
}

function kubernetesPermissions(action: KubernetesAction): string[] {
  const subject = { kind: 'ServiceAccount' as const, namespace: 'stowaway', name: 'stowaway' };
  const [role] = rbacForAction(action, { subject, namespace: 'default' });
  const rules = (role as unknown as { rules: PolicyRule[] }).rules;
  return rules.map(
    ({ verbs, resources, apiGroups }) =>
      `${verbs.join(', ')} ${resources.join(', ')}${apiGroups[0] ? ` (${apiGroups.join(', ')})` : ''}, in the namespace of the pod`,
  );
}
