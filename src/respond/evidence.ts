import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { splitStreams } from '../engine/engine.js';
import { runOk } from '../host/run.js';
import { sha256 } from './canonical.js';
import { captureOf, capturePackets } from './capture-packets.js';
import type { EvidenceFile } from './ledger.js';
import type { Plan } from './plan.js';
import type { EngineApi, Surroundings } from './surroundings.js';

export const EVIDENCE_FILES = [
  'inspect.json',
  'changes.json',
  'processes.json',
  'logs.txt',
  'sockets.txt',
  'packets.pcap',
] as const;

const MAX_LOG_BYTES = 64 * 1024 * 1024;

/** Writes one file below `<folder>/<hash>/`, for its owner only; it is on the disk when this returns. */
export const evidenceFolder =
  (folder: string): Surroundings['keepEvidence'] =>
  async (hash, name, bytes) => {
    const own = join(folder, hash);
    await mkdir(own, { recursive: true, mode: 0o700 });
    const handle = await open(join(own, name), 'w', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  };

/**
 * Keeps what a restart or removal would destroy. Reads only. A part that fails is told in its entry and does not stop
 * the rest; the image, when asked for, is a change of its own.
 */
export async function captureEvidence(
  hash: string,
  plan: Plan,
  engine: EngineApi,
  world: Surroundings,
): Promise<EvidenceFile[]> {
  const { target } = plan;
  const path = `/containers/${target.id}`;
  const json = (value: unknown) => Buffer.from(`${JSON.stringify(value ?? null, null, 2)}\n`);
  const parts: Record<(typeof EVIDENCE_FILES)[number], () => Promise<Buffer>> = {
    'inspect.json': async () => json(await engine.get(`${path}/json`)),
    'changes.json': async () => json(await engine.get(`${path}/changes`)),
    'processes.json': async () => json(await processes(target, engine, world)),
    'logs.txt': () => logs(path, engine),
    'sockets.txt': () => sockets(target.pid, world),
    'packets.pcap': () => packets,
  };
  // While the others are read: whatever is waited for, data may leave.
  const packets = capturePackets(captureOf(plan), world);
  packets.catch(() => undefined);
  const files: EvidenceFile[] = [];
  for (const name of EVIDENCE_FILES) {
    try {
      const bytes = await parts[name]();
      await world.keepEvidence(hash, name, bytes);
      files.push({ name, bytes: bytes.length, sha256: sha256(bytes) });
    } catch (error) {
      files.push({ name, problem: (error as Error).message });
    }
  }
  return files;
}

/** Podman's `top` runs in the container and may list nothing; then the host's `ps` tells who is in its pid namespace. */
async function processes(target: Plan['target'], engine: EngineApi, { run }: Surroundings): Promise<unknown> {
  const path = `/containers/${target.id}/top?ps_args=${encodeURIComponent('-eo pid,ppid,user,lstart,args')}`;
  const told = await engine.get<{ Processes?: unknown[] } | null>(path).catch(() => null);
  if (told?.Processes && told.Processes.length > 0) return told;
  const lines = (await runOk(run, ['ps', '-eo', 'pidns,pid,ppid,user,lstart,args'])).split('\n');
  const own = lines.find((line) => line.trim().split(/\s+/)[1] === String(target.pid));
  if (own === undefined) throw new Error('neither the engine nor the host lists its processes');
  const space = own.trim().split(/\s+/)[0]!;
  return { ps: [lines[0], ...lines.filter((line) => line.trim().startsWith(`${space} `))] };
}

async function logs(path: string, engine: EngineApi): Promise<Buffer> {
  const inspected = await engine.get<{ Config?: { Tty?: boolean } }>(`${path}/json`);
  const abort = new AbortController();
  const answer = await engine.stream(`${path}/logs?stdout=1&stderr=1&timestamps=1&tail=50000`, abort.signal);
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (size > MAX_LOG_BYTES) break;
  }
  const bytes = Buffer.concat(parts);
  if (inspected.Config?.Tty) return bytes;
  const { stdout, stderr } = splitStreams(bytes);
  return Buffer.from(`${stdout}${stderr === '' ? '' : `--- stderr ---\n${stderr}`}`);
}

async function sockets(pid: number, { run }: Surroundings): Promise<Buffer> {
  const listed = await run(['nsenter', '-t', String(pid), '-n', '--', 'ss', '-tunap']).catch(() => null);
  if (listed?.code === 0) return Buffer.from(listed.stdout);
  const tables = ['tcp', 'tcp6', 'udp', 'udp6'].map(async (name) => {
    const text = await readFile(`/proc/${pid}/net/${name}`, 'utf8');
    return `# /proc/${pid}/net/${name}\n${text}`;
  });
  return Buffer.from((await Promise.all(tables)).join('\n'));
}
