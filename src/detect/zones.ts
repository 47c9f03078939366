import { isIP } from 'node:net';
import { isCidr } from '../model/config.js';
import type { Store } from '../store/store.js';

/** Ranges that are inside when nobody states otherwise. Documentation ranges are not among them: they count as outside. */
export const ASSUMED_INSIDE: readonly { cidr: string; label: string }[] = [
  { cidr: '10.0.0.0/8', label: 'RFC 1918' },
  { cidr: '172.16.0.0/12', label: 'RFC 1918' },
  { cidr: '192.168.0.0/16', label: 'RFC 1918' },
  { cidr: '100.64.0.0/10', label: 'RFC 6598 shared address space' },
  { cidr: 'fc00::/7', label: 'RFC 4193 unique local' },
];

/** Never a destination outside, whatever is stated. */
const LOCAL: readonly { cidr: string; label: string }[] = [
  { cidr: '127.0.0.0/8', label: 'loopback' },
  { cidr: '169.254.0.0/16', label: 'link-local' },
  { cidr: '224.0.0.0/4', label: 'multicast' },
  { cidr: '255.255.255.255/32', label: 'broadcast' },
  { cidr: '0.0.0.0/32', label: 'unspecified' },
  { cidr: '::1/128', label: 'loopback' },
  { cidr: '::/128', label: 'unspecified' },
  { cidr: 'fe80::/10', label: 'link-local' },
  { cidr: 'ff00::/8', label: 'multicast' },
];

export interface Zones {
  /** What is inside; null: assume ASSUMED_INSIDE. */
  inside: string[] | null;
  containerCidrs: string[];
}

/** Fills the trie that tells inside from outside. Subnets of container networks in the inventory count as container ranges. */
export async function deriveZones(store: Store, zones: Zones): Promise<string[]> {
  await store.run('TRUNCATE TABLE zone');
  const inside = zones.inside?.map((cidr) => ({ cidr, label: 'stated' })) ?? ASSUMED_INSIDE;
  const networks = await store.rows<{ cidr: string; label: string }>(
    `SELECT arrayJoin(subnets) AS cidr, any(network_name) AS label FROM network_inventory WHERE driver NOT IN ('host', 'null') GROUP BY cidr`,
  );
  const containers = [...zones.containerCidrs.map((cidr) => ({ cidr, label: 'stated' })), ...networks];
  const rows = [
    ...LOCAL.map((range) => ({ ...range, kind: 'inside' })),
    ...inside.map((range) => ({ ...range, kind: 'inside' })),
    ...containers.map((range) => ({ ...range, kind: 'container' })),
  ].flatMap((range) => {
    const prefix = mappedPrefix(range.cidr);
    return prefix ? [{ prefix, kind: range.kind, label: range.label }] : [];
  });
  const unique = [...new Map(rows.map((row) => [row.prefix, row])).values()];
  await store.insert('zone', unique);
  await store.run('SYSTEM RELOAD DICTIONARY zone_of');
  return networks.map((network) => `${network.cidr} (${network.label})`);
}

/** "10.0.0.0/8" to "::ffff:10.0.0.0/104"; an address alone is its own prefix; null when it is neither. */
export function mappedPrefix(cidr: string): string | null {
  if (!isCidr(cidr)) return null;
  const [address, bits] = cidr.split('/');
  const isShort = isIP(address!) === 4;
  const length = bits === undefined ? (isShort ? 32 : 128) : Number(bits);
  return isShort ? `::ffff:${address}/${96 + length}` : `${address}/${length}`;
}
