import type { Source } from '../model/source.js';
import { lookUp } from './json.js';
import { readLines } from './lines.js';
import type { PreparedStretch } from './prepare.js';

/** Kinds named one by one, and told apart at all: an attacker may write any number of them. */
const LISTED_KINDS = 12;
const MAX_KINDS = 1000;
const MAX_KIND_LENGTH = 40;
/** What a line is stands at its beginning. */
const MAX_HEAD = 512;

/** What to tell of rows that are known and feed nothing: how many there are of each kind, and that nothing is lost. */
export async function describeUnused(
  source: Source,
  stretch: PreparedStretch,
): Promise<[what: string, advice: string]> {
  const counts = new Map<string, number>();
  for await (const line of readLines(stretch.plainPath)) {
    if (line.length === 0 || line[0] === 0x23) continue;
    const own = stretch.header?.path ?? kindOf(line.toString('utf8'), source.kind);
    const kind = counts.has(own) || counts.size < MAX_KINDS ? own : '';
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  const listed = sorted
    .slice(0, LISTED_KINDS)
    .map(([kind, count]) => (kind ? `${count} ${kind}` : `${count} of other kinds`));
  if (sorted.length > LISTED_KINDS) listed.push(`${sorted.length - LISTED_KINDS} more kinds`);
  const kinds = source.kind ? ` (${listed.join(', ')})` : '';
  const rows = stretch.rows === 1 ? '1 row' : `${stretch.rows} rows`;
  return [`${rows} known as ${source.id} and not used${kinds}`, 'no analytic reads them'];
}

function kindOf(line: string, key: Source['kind']): string {
  if (key === undefined) return '';
  if (typeof key === 'string' && key.startsWith('^')) {
    const [, ...groups] = new RegExp(key).exec(line.slice(0, MAX_HEAD)) ?? [];
    return (groups.find((group) => group !== undefined) ?? '').slice(0, MAX_KIND_LENGTH);
  }
  try {
    const record: unknown = JSON.parse(line);
    const value = [key]
      .flat()
      .map((one) => lookUp(record, one))
      .find((one) => typeof one === 'string');
    return String(value ?? '').slice(0, MAX_KIND_LENGTH);
  } catch {
    return '';
  }
}
