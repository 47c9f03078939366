import { isIP } from 'node:net';

/** An address as the store writes it: IPv6 in its shortest form, IPv4 in dots even when mapped; null for anything else. */
export function canonicalAddress(text: string): string | null {
  const family = isIP(text);
  if (family === 4) return text;
  if (family === 0 || text.includes('%')) return null;
  const short = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (!mapped) return short;
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** "198.51.100.7/24" to "198.51.100.0/24"; a network of one address to that address; null for anything else. */
export function canonicalNetwork(text: string): string | null {
  const [address = '', bits = '', ...more] = text.split('/');
  const own = canonicalAddress(address);
  if (own === null || more.length > 0 || !/^\d{1,3}$/.test(bits)) return null;
  const isShort = isIP(own) === 4;
  const width = isShort ? 32 : 128;
  if (Number(bits) > width) return null;
  const host = BigInt(width - Number(bits));
  if (host === 0n) return own;
  const groups = isShort ? own.split('.').map(Number) : expand(own);
  const size = isShort ? 8n : 16n;
  const value = groups.reduce((sum, group) => (sum << size) | BigInt(group), 0n);
  const first = (value >> host) << host;
  const parts = groups.map(
    (_, index) => (first >> (size * BigInt(groups.length - 1 - index))) & ((1n << size) - 1n),
  );
  const lowest = isShort
    ? parts.join('.')
    : canonicalAddress(parts.map((part) => part.toString(16)).join(':'))!;
  return `${lowest}/${bits}`;
}

/** The eight groups of an IPv6 address. */
function expand(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail ?? '')];
  return all.map((group) => Number.parseInt(group, 16));
}

/** "127.0.0.1:5514" and "[::1]:5514", as an address to listen on; null for anything else. */
export function parseListenAddress(text: string): { address: string; port: number } | null {
  const [, long, short, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = long ?? short ?? '';
  const port = Number(digits);
  if (isIP(address) !== (long === undefined ? 4 : 6) || !(port <= 65_535)) return null;
  return { address, port };
}
