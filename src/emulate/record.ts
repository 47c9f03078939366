import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { stringify } from 'yaml';
import type { Emulation } from '../model/emulation.js';
import { packageVersion } from '../model/paths.js';
import { run } from './lab/commands.js';
import { SINK_LOG } from './lab/services.js';
import { isActivity, ownLines } from './own-lines.js';
import { type LiveRun, settled } from './run.js';

export class RecordingExists extends Error {
  override name = 'RecordingExists';
}

/** Two runs in one folder would read as one recording. @throws RecordingExists when something lies there, unless it may be removed */
export async function clearFor(folder: string, mayRemove: boolean): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (names.length === 0) return;
  const foreign = names.filter((name) => !RECORDED.has(name));
  if (foreign.length > 0)
    throw new RecordingExists(`${folder} holds what is no recording: ${foreign.join(', ')}`);
  if (!mayRemove) throw new RecordingExists(`${folder} holds a recording; --force replaces it`);
  for (const name of names) await rm(join(folder, name), { recursive: true });
}

const RECORDED = new Set([
  'logs',
  'ground-truth.ndjson',
  'arrived.ndjson',
  'arrived.ndjson.gz',
  'stowaway.yaml',
  'recording.yaml',
]);

/** Up to this size files stay readable as they are. */
const PLAIN_BYTES = 16 * 1024;

/**
 * Keeps what the sensors said about a run: `logs/` is scenario input; beside it stand what really happened
 * (`ground-truth.ndjson`, `arrived.ndjson` by the destinations' own count) and how it was made.
 */
export async function record(live: LiveRun, folder: string): Promise<void> {
  await settled(live);
  await live.sensors.stop();
  await mkdir(join(folder, 'logs'), { recursive: true });
  const own = await ownLines(live.logs);
  for (const name of await readdir(live.logs)) {
    const from = join(live.logs, name);
    if (isActivity(name)) await writeFile(from, own(await readFile(from, 'utf8')));
    await keep(from, join(folder, 'logs', name));
  }
  await copyFile(live.lab.path('ground-truth.ndjson'), join(folder, 'ground-truth.ndjson'));
  await keep(live.lab.path(SINK_LOG), join(folder, 'arrived.ndjson')).catch(() => undefined);
  if (live.config) await copyFile(live.config, join(folder, 'stowaway.yaml'));
  await writeFile(join(folder, 'recording.yaml'), stringify(await provenance(live)));
}

/** Compressed where it is large; nothing is kept of an empty file. */
async function keep(from: string, to: string): Promise<void> {
  const { size } = await stat(from);
  if (size === 0) return;
  if (size <= PLAIN_BYTES) await copyFile(from, to);
  else await pipeline(createReadStream(from), createGzip({ level: 9 }), createWriteStream(`${to}.gz`));
}

const commandOf = ({ id, inside }: Emulation): string =>
  inside === undefined ? id : `${id.slice(0, id.indexOf('-with-'))} --with ${inside.join(' ')}`;

async function provenance({ emulation, lab, startedAt }: LiveRun) {
  return {
    emulation: emulation.id,
    recorded: new Date(startedAt).toISOString(),
    again: `stowaway emulate run ${commandOf(emulation)} --engine ${lab.kind} --record FOLDER`,
    engine: lab.engineVersion,
    kernel: release(),
    stowaway: await packageVersion(),
    node: process.versions.node,
    tools: {
      curl: await firstLine('curl', ['--version']),
      conntrack: await firstLine('conntrack', ['--version']),
      bpftrace: await firstLine('bpftrace', ['--version']),
      busybox: await firstLine('busybox', []),
      git: await firstLine('git', ['--version']),
      skopeo: await firstLine('skopeo', ['--version']),
      registry: await firstLine('docker-registry', ['--version']),
    },
    system:
      (await readFile('/etc/os-release', 'utf8').catch(() => '')).match(/^PRETTY_NAME="(.*)"$/m)?.[1] ??
      'unknown',
  };
}

async function firstLine(program: string, args: string[]): Promise<string> {
  const text = await run(program, args).catch(() => 'absent');
  return text.split('\n')[0]!.split(' (')[0]!;
}
