import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeStateFolder, PRIVATE_FILE } from '../host/state-file.js';

/** Who did what, when, from where. */
export interface AuditEntry {
  /** ISO 8601 UTC */
  at: string;
  /** Holder and id of the token; '' where none was accepted. */
  who: string;
  token: string;
  /** `finding.verdict`, `token.create`, `authentication.refused` … */
  what: string;
  /** What it was done to: a finding's uid, a token's id, a path. */
  target: string;
  /** The rest of what was asked for; no secret. */
  detail: Record<string, unknown>;
  /** Address of the client. */
  from: string;
}

export interface AuditPage {
  /** Newest first. */
  entries: AuditEntry[];
  next: string | null;
}

export interface AuditLog {
  /** Resolves once it is on disk. What cannot be written here is not to be done. */
  append(entry: Omit<AuditEntry, 'at'>): Promise<void>;
  read(page: { limit: number; after?: string | undefined }): Promise<AuditPage>;
}

/** As much of the end of the file as one page looks at. */
const PAGE_BYTES = 4 * 1024 * 1024;

/** Appends to audit.ndjson in the state folder. A line that a crash cut off is passed over. */
export async function openAuditLog(folder: string, now: () => Date = () => new Date()): Promise<AuditLog> {
  await makeStateFolder(folder);
  const file = join(folder, 'audit.ndjson');
  let writing: Promise<unknown> = Promise.resolve();
  return {
    append(entry) {
      const line = `${JSON.stringify({ at: now().toISOString(), ...entry })}\n`;
      const next = writing.then(() => appendLine(file, line));
      writing = next.catch(() => {});
      return next;
    },
    read: ({ limit, after }) => readPage(file, limit, after),
  };
}

async function appendLine(file: string, line: string): Promise<void> {
  const handle = await open(file, 'a+', PRIVATE_FILE);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1, '\n');
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    await handle.writeFile(last[0] === 0x0a ? line : `\n${line}`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** `after` is the place in the file before which the page ends. */
async function readPage(file: string, limit: number, after?: string): Promise<AuditPage> {
  const size = (await stat(file).catch(() => null))?.size ?? 0;
  const end = Math.min(size, after === undefined ? size : Number(after));
  if (end === 0) return { entries: [], next: null };
  const start = Math.max(0, end - PAGE_BYTES);
  const bytes = Buffer.alloc(end - start);
  const handle = await open(file, 'r');
  await handle.read(bytes, 0, bytes.length, start).finally(() => handle.close());
  const entries: AuditEntry[] = [];
  let cut = bytes.length;
  while (cut > 0 && entries.length < limit) {
    const begin = cut < 2 ? 0 : bytes.lastIndexOf(0x0a, cut - 2) + 1;
    // The chunk begins within this line: it is the next page's.
    if (begin === 0 && start > 0 && entries.length > 0) break;
    const entry = parseEntry(bytes.toString('utf8', begin, cut));
    if (entry) entries.push(entry);
    cut = begin;
  }
  return { entries, next: start + cut > 0 ? String(start + cut) : null };
}

function parseEntry(line: string): AuditEntry | null {
  try {
    return JSON.parse(line) as AuditEntry;
  } catch {
    return null;
  }
}
