import { isIP } from 'node:net';
import type { Change } from './change.js';

type Drop = Extract<Change, { kind: 'drop' }>;
type DropOutput = Extract<Change, { kind: 'drop-output' }>;

/**
 * One transaction: all of it or nothing. The hook is the first one a frame from the container meets, before bridge,
 * connection tracking and routing, so that forged source addresses and traffic within the bridge are dropped as well.
 * The set's element carries the time limit; when it is gone the chain lets everything pass.
 */
export function dropRuleset({ table, devices, timeout_seconds, destinations }: Drop): string {
  const elements = devices.map((device) => `"${device}" timeout ${timeout_seconds}s`).join(', ');
  const named = devices.map((device) => `"${device}"`).join(', ');
  return `create table netdev ${table}
add set netdev ${table} contained { type ifname; flags timeout; }
add element netdev ${table} contained { ${elements} }
add chain netdev ${table} ingress { type filter hook ingress devices = { ${named} } priority -500; policy accept; }
${rules(`netdev ${table} ingress iifname @contained`, destinations)}`;
}

/**
 * For a container on the host's network, which has no device of its own: what a socket of its control group sends. Before
 * connection tracking, so that nothing dropped is counted as sent. The set's element carries the time limit.
 */
export function dropOutputRuleset({ table, cgroup, timeout_seconds, destinations }: DropOutput): string {
  return `create table inet ${table}
add set inet ${table} contained { type cgroupsv2; flags timeout; }
add element inet ${table} contained { "${cgroup.path}" timeout ${timeout_seconds}s }
add chain inet ${table} output { type filter hook output priority -300; policy accept; }
${rules(`inet ${table} output socket cgroupv2 level ${cgroup.level} @contained`, destinations)}`;
}

function rules(match: string, destinations: string[]): string {
  if (destinations.length === 0) return `add rule ${match} counter drop\n`;
  return ([4, 6] as const)
    .map((family) => ({
      header: family === 4 ? 'ip' : 'ip6',
      addresses: destinations.filter((each) => isIP(each) === family),
    }))
    .filter(({ addresses }) => addresses.length > 0)
    .map(
      ({ header, addresses }) =>
        `add rule ${match} ${header} daddr { ${addresses.join(', ')} } counter drop\n`,
    )
    .join('');
}
