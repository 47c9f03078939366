import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { changeSchema } from './change.js';
import type { Plan } from './plan.js';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const at = z.iso.datetime();

export const verification = z.object({
  verdict: z.enum(['stopped', 'silent', 'not stopped', 'not verified', 'in force']),
  says: z.string(),
  measured: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
});
export type Verification = z.infer<typeof verification>;

export const evidenceFile = z.object({
  name: z.string(),
  bytes: z.number().optional(),
  sha256: z.string().optional(),
  /** Why it could not be captured. */
  problem: z.string().optional(),
});
export type EvidenceFile = z.infer<typeof evidenceFile>;

/** One line of the ledger. `at` is ISO 8601 UTC. */
const recordSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('planned'),
    at,
    hash,
    plan: z.custom<Plan>((plan) => typeof plan === 'object'),
  }),
  z.object({
    type: z.literal('approved'),
    at,
    hash,
    by: z.string(),
    reason: z.string(),
    /** The network whose isolation is approved; null for an ordinary approval. */
    segment: z.string().nullable(),
  }),
  z.object({ type: z.literal('evidence'), at, hash, files: z.array(evidenceFile) }),
  /** Written before an effect; `index` is the place of the change in the plan. */
  z.object({
    type: z.literal('intent'),
    at,
    hash,
    phase: z.enum(['apply', 'revert']),
    index: z.number().int().min(0),
    change: changeSchema,
    inverse: changeSchema.nullable(),
  }),
  /** Written after it. `ok`: the change holds; for a revert: it holds no more. */
  z.object({
    type: z.literal('outcome'),
    at,
    hash,
    phase: z.enum(['apply', 'revert']),
    index: z.number().int().min(0),
    ok: z.boolean(),
    note: z.string(),
  }),
  z.object({ type: z.literal('contained'), at, hash, expires_at: at, note: z.string() }),
  z.object({ type: z.literal('verified'), at, hash, verification }),
  z.object({ type: z.literal('closed'), at, hash, why: z.string() }),
]);
export type LedgerRecord = z.infer<typeof recordSchema>;

export class LedgerError extends Error {
  override name = 'LedgerError';
}

/** Append-only memory of all responses. */
export interface Ledger {
  read(): Promise<LedgerRecord[]>;
  /** Another text after each record that anybody added; cheaper than reading. */
  stamp(): Promise<string>;
  /** The record is durable when this returns. */
  append(record: LedgerRecord): Promise<void>;
  /** Runs `work` while no other process does so on this ledger. @throws LockedError after `waitMs` */
  exclusively<T>(work: () => Promise<T>, waitMs: number): Promise<T>;
}

/**
 * Reads NDJSON. A line that is cut off was never durable, so nothing was done under it: it is passed over.
 *
 * @throws LedgerError naming the line when a whole record does not fit: then nothing must be done under this ledger
 */
export function parseLedger(text: string, file: string): LedgerRecord[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return [];
    }
    const parsed = recordSchema.safeParse(value);
    if (parsed.success) return [parsed.data];
    const issue = parsed.error.issues[0]!;
    throw new LedgerError(
      `${file}:${index + 1}: no ledger record: ${issue.path.join('.')}: ${issue.message}`,
    );
  });
}

export const LEDGER_FILE = 'ledger.ndjson';

/** Opens ledger.ndjson in `folder`, which is made (mode 0700) when it is missing. */
export async function openLedger(folder: string, exclusively: Ledger['exclusively']): Promise<Ledger> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, LEDGER_FILE);
  return {
    exclusively,
    async read() {
      const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw error;
      });
      return parseLedger(text, file);
    },
    async stamp() {
      const { size, mtimeMs } = await stat(file).catch(() => ({ size: 0, mtimeMs: 0 }));
      return `${size} ${mtimeMs}`;
    },
    async append(record) {
      const handle = await open(file, 'a+', 0o600);
      try {
        const { size } = await handle.stat();
        const last =
          size === 0 ? Buffer.from('\n') : (await handle.read(Buffer.alloc(1), 0, 1, size - 1)).buffer;
        await handle.write(`${last[0] === 0x0a ? '' : '\n'}${JSON.stringify(record)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      if (record.type === 'planned') await syncFolder(folder);
    },
  };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
