import { BlockList, isIP } from 'node:net';
import { canonicalAddress } from '../model/network-address.js';
import type { Address, Lookups } from './lookups.js';

/** A target that is not to be talked to; the text says what would have to be stated. */
export class TargetError extends Error {
  override name = 'TargetError';
}

/** What the configuration permits of one channel. */
export interface Reach {
  allow_private: boolean;
  insecure: boolean;
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

/** Never: this host by no name, link-local (the metadata services of most clouds), multicast, reserved, metadata elsewhere. */
const NEVER = listOf([
  '0.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  '::/128',
  'fe80::/10',
  'ff00::/8',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
]);

const LOOPBACK = listOf(['127.0.0.0/8', '::1/128']);

const PRIVATE = listOf([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '192.0.0.0/24',
  '198.18.0.0/15',
  'fc00::/7',
  'fec0::/10',
]);

/** IPv6 that a gateway turns into the IPv4 address within: bits in front of it, by prefix. */
const CARRIERS = [
  { list: listOf(['64:ff9b::/96']), groups: [6, 7] },
  { list: listOf(['2002::/16']), groups: [1, 2] },
  { list: listOf(['::/96']), groups: [6, 7] },
] as const;

const isIn = (list: BlockList, address: string): boolean =>
  list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');

/** The address, and the IPv4 address that it stands for where a gateway translates. */
function meanings(address: string): string[] {
  if (isIP(address) !== 6) return [address];
  const carrier = address === '::1' ? undefined : CARRIERS.find(({ list }) => isIn(list, address));
  if (carrier === undefined) return [address];
  const [head = '', tail = ''] = address.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const missing = 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(Math.max(0, missing)).fill('0'), ...groups(tail)];
  const bytes = carrier.groups.flatMap((index) => {
    const value = Number.parseInt(all[index] ?? '0', 16);
    return [value >> 8, value & 255];
  });
  return [address, bytes.join('.')];
}

/** Why an address is not to be talked to; null when it may be. */
export function refuseAddress(text: string, reach: Reach, isNamedLoopback = false): string | null {
  const address = canonicalAddress(text);
  if (address === null) return `${text} is no address`;
  for (const meaning of meanings(address)) {
    if (isIn(NEVER, meaning)) {
      return `${address} is a link-local, metadata, multicast or reserved address, where no receiver may be`;
    }
    if (isIn(LOOPBACK, meaning) && !isNamedLoopback && !reach.allow_private) {
      return `the name leads to loopback (${address}): state allow_private: true if that is meant`;
    }
    if (isIn(PRIVATE, meaning) && !reach.allow_private) {
      return `${address} is private: state allow_private: true if that is meant`;
    }
  }
  return null;
}

/** Whether a host stands for this machine by itself: what somebody wrote, not what a resolver says. */
export const isLoopbackName = (hostname: string): boolean =>
  hostname === 'localhost' || (isIP(hostname) !== 0 && isIn(LOOPBACK, hostname));

/**
 * The one address to connect to. Every address of the name must be permitted: a name that also leads elsewhere is not to be
 * trusted. Whoever connects uses this address and asks for the name no more.
 *
 * @throws TargetError when it is not to be talked to, and the resolver's own error
 */
export async function guardTarget(
  url: URL,
  reach: Reach,
  lookups: Pick<Lookups, 'resolve'>,
): Promise<Address> {
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const isNamedLoopback = isLoopbackName(hostname);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new TargetError(`${url.protocol} is neither https nor http`);
  }
  if (url.protocol === 'http:' && !isNamedLoopback && !reach.insecure) {
    throw new TargetError('http is not encrypted: use https, or state insecure: true if that is meant');
  }
  return guardHost(hostname, { reach, isNamedLoopback }, lookups);
}

/**
 * As `guardTarget`, of a host alone.
 *
 * @throws TargetError when it is not to be talked to, and the resolver's own error
 */
export async function guardHost(
  hostname: string,
  { reach, isNamedLoopback }: { reach: Reach; isNamedLoopback: boolean },
  lookups: Pick<Lookups, 'resolve'>,
): Promise<Address> {
  const family = isIP(hostname);
  const addresses = family === 0 ? await lookups.resolve(hostname) : [{ address: hostname, family }];
  for (const { address } of addresses) {
    const refusal = refuseAddress(address, reach, isNamedLoopback && isIn(LOOPBACK, address));
    if (refusal !== null) throw new TargetError(refusal);
  }
  const first = addresses[0];
  if (first === undefined) throw new TargetError('the name has no address');
  return first;
}
