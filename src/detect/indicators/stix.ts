import { ALWAYS, destinationOf, type ListContent, lineOfText, timeOf } from './indicator.js';

const NETWORK_TYPES = new Set(['ipv4-addr', 'ipv6-addr', 'domain-name', 'url']);
const TOKEN = /\s+|'(?:[^'\\]|\\.)*'|[[\](),=]|[^\s[\](),='"]+|["]/y;

interface StixObject {
  type?: unknown;
  id?: unknown;
  pattern?: unknown;
  pattern_type?: unknown;
  valid_from?: unknown;
  valid_until?: unknown;
  modified?: unknown;
  created?: unknown;
  revoked?: unknown;
}

/** Indicators of a STIX 2.x bundle. A revoked one is none. */
export function readStix(
  objects: unknown[],
  { text, list, listedAt }: { text: string; list: string; listedAt: string },
): ListContent {
  const content: ListContent = { indicators: [], unread: [] };
  for (const object of objects as StixObject[]) {
    if (object === null || typeof object !== 'object' || object.type !== 'indicator') continue;
    const refuse = (reason: string, isForeign = false): void => {
      const line = typeof object.id === 'string' ? lineOfText(text, object.id) : 1;
      content.unread.push({ reason, line, isForeign });
    };
    if (object.revoked === true) {
      refuse('revoked by its producer', true);
      continue;
    }
    if ((object.pattern_type ?? 'stix') !== 'stix' || typeof object.pattern !== 'string') {
      refuse(`a pattern of type ${String(object.pattern_type)} is not read`);
      continue;
    }
    const read = readPattern(object.pattern);
    if (typeof read === 'string') {
      refuse(read, isForeign(object.pattern));
      continue;
    }
    const validFrom = object.valid_from === undefined ? ALWAYS.validFrom : timeOf(object.valid_from);
    const validTo = object.valid_until === undefined ? ALWAYS.validTo : timeOf(object.valid_until);
    if (validFrom === null || validTo === null) {
      refuse('valid_from or valid_until is no time');
      continue;
    }
    const listed = timeOf(object.modified) ?? timeOf(object.created) ?? listedAt;
    for (const value of read) {
      const named = destinationOf(value);
      if (named === null) refuse('the value of a pattern is no address, network, domain or URL');
      else content.indicators.push({ ...named, list, listedAt: listed, validFrom, validTo });
    }
  }
  return content;
}

/** Values any of which is meant, or why the pattern cannot be said so: only equality, IN and ISSUBSET joined by OR can. */
export function readPattern(pattern: string): string[] | string {
  const tokens = tokensOf(pattern);
  if (tokens === null) return 'a pattern that cannot be parsed';
  const values: string[] = [];
  let at = 0;
  const take = (wanted: string): boolean => tokens[at] === wanted && ++at > 0;
  do {
    if (!take('[')) return 'a pattern other than comparisons joined by OR';
    do {
      const path = /^([a-z0-9-]+):value$/.exec(tokens[at++] ?? '');
      if (!path || !NETWORK_TYPES.has(path[1]!))
        return 'a pattern about something else than addresses, domains and URLs';
      const operator = tokens[at++];
      if (operator === '=' || operator === 'ISSUBSET') values.push(...literal(tokens[at++]));
      else if (operator === 'IN' && take('(')) {
        do values.push(...literal(tokens[at++]));
        while (take(','));
        if (!take(')')) return 'a pattern that cannot be parsed';
      } else return 'a pattern with another operator than =, IN and ISSUBSET';
    } while (take('OR'));
    if (!take(']')) return 'a pattern other than comparisons joined by OR';
  } while (take('OR'));
  return at === tokens.length && values.length > 0 ? values : 'a pattern other than comparisons joined by OR';
}

function tokensOf(pattern: string): string[] | null {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < pattern.length) {
    const match = TOKEN.exec(pattern);
    if (!match) return null;
    if (match[0].trim() !== '') tokens.push(match[0]);
  }
  return tokens;
}

const literal = (token: string | undefined): string[] =>
  token?.startsWith("'") && token.length > 1 ? [token.slice(1, -1).replace(/\\(.)/g, '$1')] : [];

/** Whether no part of the pattern is about a network destination. */
const isForeign = (pattern: string): boolean =>
  ![...pattern.matchAll(/([a-z0-9-]+):/g)].some((match) => NETWORK_TYPES.has(match[1]!));
