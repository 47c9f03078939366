import { createHash } from 'node:crypto';

/** JSON with the keys of every object in code-point order and no white space: equal values, equal bytes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : part,
  );
}

/** SHA-256 in lower-case hex. */
export const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Paths at which two values differ, such as `target.networks.0.ipv4`; at most `limit`. */
export function differences(before: unknown, after: unknown, limit = 12, path = ''): string[] {
  if (canonicalJson([before]) === canonicalJson([after])) return [];
  const isTree = (value: unknown): value is Record<string, unknown> =>
    value !== null && typeof value === 'object';
  if (!isTree(before) || !isTree(after)) return [path || 'all of it'];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys
    .flatMap((key) => differences(before[key], after[key], limit, path === '' ? key : `${path}.${key}`))
    .slice(0, limit);
}
