import { JournalFull } from '../model/live.js';
import type { Parts } from './context.js';
import { type Lines, LineWriter } from './lines.js';
import { Refusal } from './refusal.js';
import type { Named } from './source-names.js';
import type { Token } from './tokens.js';

/** Records that came through one door. */
export interface Delivery {
  token: Token;
  /** What the door is called in rows and metrics: `http`, `http:` and a name. */
  door: string;
  /** Which sources the sender says they are of; null: it does not say. */
  named: Named | null;
  lines: Lines;
}

const DISK_SECONDS = 5;

/**
 * Hands records to the journal. When this resolves they are on disk, and only then they may be acknowledged.
 *
 * @throws Refusal
 */
export async function deliver(parts: Parts, delivery: Delivery): Promise<void> {
  const { lines, door, token } = delivery;
  const portions = portionsOf(parts, delivery);
  if (lines.count === 0) return;
  // Each holder has an input of its own: a line that goes on in the next one can only be gone on with by who began it.
  const input = `${door}/${token.holder}`;
  for (const { source, bytes } of portions) await append(parts, { input, source, bytes });
  parts.metrics.records.inc({ input: door }, lines.count);
  parts.metrics.bytes.inc({ input: door }, lines.bytes.length);
}

interface Portion {
  source: string | null;
  bytes: Buffer;
}

/**
 * A token for certain sources cannot hand over lines of others: each of its lines is given to one of its sources by name, and where it is none of theirs
 * it is rejected there, and counted.
 */
function portionsOf({ names }: Parts, { token, named, lines }: Delivery): Portion[] {
  const allowed = names.allowed(token.sources);
  if (allowed === null)
    return [{ source: named?.ids.length === 1 ? named.ids[0]! : null, bytes: lines.bytes }];
  const open = named ? named.ids.filter((id) => allowed.includes(id)) : allowed;
  if (open.length === 0)
    throw new Refusal(403, `this token hands over logs of ${token.sources?.join(', ')} only`);
  if (open.length === 1) return [{ source: open[0]!, bytes: lines.bytes }];
  const writers = new Map<string, LineWriter>();
  for (const line of each(lines.bytes)) {
    const source = names.sourceOf(line.toString('utf8'), open) ?? open[0]!;
    const writer = writers.get(source) ?? new LineWriter(1024);
    writers.set(source, writer);
    writer.add(line);
  }
  return [...writers].map(([source, writer]) => ({ source, bytes: writer.done().bytes }));
}

function* each(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    if (end > start) yield bytes.subarray(start, end);
    start = end + 1;
  }
}

async function append(
  { journal, log }: Parts,
  { input, source, bytes }: Portion & { input: string },
): Promise<void> {
  try {
    await journal.append(input, bytes, source);
  } catch (error) {
    if (error instanceof JournalFull)
      throw new Refusal(
        503,
        'the journal is full: nothing of this body is promised to be kept; send it again',
        Math.max(1, Math.ceil(error.retryAfterSeconds)),
      );
    log.error({ err: error, input }, 'the journal cannot be written');
    throw new Refusal(503, 'the journal cannot be written now: send it again', DISK_SECONDS);
  }
}
