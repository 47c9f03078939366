import { z } from 'zod';

const containerId = z.string().regex(/^[0-9a-f]{64}$/);
const deviceName = z.string().regex(/^[A-Za-z0-9_.-]{1,15}$/);

/** A container's place on one network: what it takes to connect it again as it was. */
export const endpointSchema = z.strictObject({
  network_id: z.string().min(1),
  network: z.string().min(1),
  /** '' when it has none. */
  ipv4: z.string(),
  ipv6: z.string(),
  aliases: z.array(z.string()),
  links: z.array(z.string()),
  /** Which network gives the default route; 0 where the engine knows no such thing. */
  gw_priority: z.number(),
  driver_opts: z.record(z.string(), z.string()),
});
export type Endpoint = z.infer<typeof endpointSchema>;

const rule = {
  /** The table belongs to one plan. */
  table: z.string().regex(/^stowaway_[0-9a-f]{12}$/),
  /** The kernel forgets the drop after this long, whatever becomes of Stowaway. */
  timeout_seconds: z.number().int().positive(),
  /** Network namespace the engine runs in; null for our own. */
  netns: z.string().nullable(),
  /** Addresses that must not be reached; none for whatever it sends. */
  destinations: z.array(z.union([z.ipv4(), z.ipv6()])).default([]),
};
const drop = {
  /** Host ends of the container's veth pairs, or the bridge of a segment. */
  devices: z.array(deviceName).min(1),
  ...rule,
};
/** A control group of version 2, as nft names it: below /sys/fs/cgroup, and how deep in its own hierarchy. */
export const cgroupSchema = z.strictObject({
  path: z.string().regex(/^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9_.@:-]+(?:\/[A-Za-z0-9_.@:-]+)*$/),
  level: z.number().int().min(1).max(255),
});
export type Cgroup = z.infer<typeof cgroupSchema>;
const dropOutput = { container: containerId, cgroup: cgroupSchema, ...rule };

export const restartPolicySchema = z.strictObject({
  name: z.string().max(64),
  retries: z.number().int().min(0),
});
export type RestartPolicy = z.infer<typeof restartPolicySchema>;
const restarts = { container: containerId, previous: restartPolicySchema };

const endpoint = { container: containerId, endpoint: endpointSchema };

/** One effect on the world. A plan lists them in order; each is written to the ledger before it happens and after. */
export const changeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('pause'), container: containerId }),
  z.strictObject({ kind: z.literal('unpause'), container: containerId }),
  z.strictObject({ kind: z.literal('disconnect'), ...endpoint }),
  z.strictObject({ kind: z.literal('connect'), ...endpoint }),
  z.strictObject({ kind: z.literal('drop'), ...drop }),
  z.strictObject({ kind: z.literal('lift-drop'), ...drop }),
  z.strictObject({ kind: z.literal('drop-output'), ...dropOutput }),
  z.strictObject({ kind: z.literal('lift-drop-output'), ...dropOutput }),
  z.strictObject({ kind: z.literal('stop-restarts'), ...restarts }),
  z.strictObject({ kind: z.literal('restore-restarts'), ...restarts }),
  z.strictObject({
    kind: z.literal('commit-image'),
    container: containerId,
    repository: z.string().regex(/^stowaway-evidence\/[0-9a-f]{12}$/),
    tag: z.string().regex(/^[0-9a-f]{12}$/),
  }),
]);
export type Change = z.infer<typeof changeSchema>;

const OPPOSITE = {
  pause: 'unpause',
  unpause: 'pause',
  disconnect: 'connect',
  connect: 'disconnect',
  drop: 'lift-drop',
  'lift-drop': 'drop',
  'drop-output': 'lift-drop-output',
  'lift-drop-output': 'drop-output',
  'stop-restarts': 'restore-restarts',
  'restore-restarts': 'stop-restarts',
} as const;

/** What undoes a change; null for evidence, which is kept. */
export function inverseOf(change: Change): Change | null {
  if (change.kind === 'commit-image') return null;
  return { ...change, kind: OPPOSITE[change.kind] } as Change;
}

/** One clause for people, with names as they are: escape it for a terminal. */
export function describeChange(change: Change): string {
  switch (change.kind) {
    case 'pause':
    case 'unpause':
      return `${change.kind} container ${change.container.slice(0, 12)}`;
    case 'disconnect':
    case 'connect': {
      const { network, ipv4, ipv6 } = change.endpoint;
      const address = [ipv4, ipv6].filter((each) => each !== '').join(', ');
      return `${change.kind} container ${change.container.slice(0, 12)} ${change.kind === 'connect' ? 'to' : 'from'} network ${network} (${address || 'no address'})`;
    }
    case 'drop':
      return `drop what comes in on ${change.devices.join(', ')}${towards(change.destinations)} (table netdev ${change.table}, the kernel forgets it after ${change.timeout_seconds} s)`;
    case 'lift-drop':
      return `delete table netdev ${change.table}`;
    case 'drop-output':
      return `drop what control group ${change.cgroup.path} sends${towards(change.destinations)} (table inet ${change.table}, the kernel forgets it after ${change.timeout_seconds} s)`;
    case 'lift-drop-output':
      return `delete table inet ${change.table}`;
    case 'stop-restarts':
      return `set the restart policy of container ${change.container.slice(0, 12)} to no (it is ${describePolicy(change.previous)})`;
    case 'restore-restarts':
      return `set the restart policy of container ${change.container.slice(0, 12)} to ${describePolicy(change.previous)}`;
    case 'commit-image':
      return `commit container ${change.container.slice(0, 12)} as ${change.repository}:${change.tag}, paused meanwhile; the image is kept`;
  }
}

const towards = (destinations: string[]): string =>
  destinations.length === 0 ? '' : ` for ${destinations.join(', ')}`;

const describePolicy = ({ name, retries }: RestartPolicy): string =>
  retries > 0 ? `${name}:${retries}` : name;
