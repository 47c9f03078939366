import { canonicalAddress, canonicalNetwork } from '../../model/network-address.js';

export interface Indicator {
  /** As the store would write it, so that equal means the same. */
  value: string;
  kind: 'ip' | 'network' | 'domain' | 'url';
  list: string;
  /** When the entry was written, "YYYY-MM-DD HH:MM:SS" UTC: an old list is a stale one. */
  listedAt: string;
  /** From when to when it is to be believed, held against the time of the event. */
  validFrom: string;
  validTo: string;
}

/** An entry that no indicator was made of. */
export interface Unread {
  /** What is wrong, the same text for the same kind of mistake. */
  reason: string;
  /** Where it stands in the file, counted from 1. */
  line: number;
  /** About something that is no network destination: nothing is missing. */
  isForeign: boolean;
}

export interface ListContent {
  indicators: Indicator[];
  unread: Unread[];
}

export const ALWAYS = { validFrom: '1970-01-01 00:00:00', validTo: '2200-01-01 00:00:00' };

const HOST = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))+$/;

/** What a text names: an address, a network, a domain or a URL; null for none of them. */
export function destinationOf(text: string): Pick<Indicator, 'value' | 'kind'> | null {
  const address = canonicalAddress(text);
  if (address !== null) return { value: address, kind: 'ip' };
  const network = canonicalNetwork(text);
  if (network !== null) return { value: network, kind: network.includes('/') ? 'network' : 'ip' };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return urlOf(text);
  const host = text
    .toLowerCase()
    .replace(/^\*?\./, '')
    .replace(/\.$/, '');
  return HOST.test(host) ? { value: host, kind: 'domain' } : null;
}

/** Host, path and query; a URL without a path names the host as a whole. */
function urlOf(text: string): Pick<Indicator, 'value' | 'kind'> | null {
  if (!URL.canParse(text)) return null;
  const { hostname, pathname, search } = new URL(text);
  const host = destinationOf(hostname.replace(/^\[|\]$/g, ''));
  if (host === null || (pathname === '/' && search === '')) return host;
  return { value: `${host.value}${pathname}${search}`, kind: 'url' };
}

/** "YYYY-MM-DD HH:MM:SS" of ISO 8601 text or of seconds since 1970; null for anything else. */
export function timeOf(value: unknown): string | null {
  const isSeconds = typeof value === 'number' || (typeof value === 'string' && /^\d{1,12}$/.test(value));
  const at = isSeconds ? Number(value) * 1000 : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  const date = new Date(at);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 2199 || at < 0) return null;
  return date.toISOString().slice(0, 19).replace('T', ' ');
}

/** The line on which `id` stands, which is unique in its file. */
export function lineOfText(text: string, id: string): number {
  const offset = text.indexOf(id);
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
