import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blockable, type Plan } from './plan.js';
import type { Surroundings } from './surroundings.js';

/** Data leaves while packets are captured; the look at what moved before takes as long anyway. */
const SECONDS = 1;
/** With SNAP_BYTES at most 3 MB a plan. */
const PACKETS = 2000;
/** A whole Ethernet frame; what offloading joined is cut. */
const SNAP_BYTES = 1514;
/** A capture file's own header: all that is there when nothing moved. */
const HEADER_BYTES = 24;

interface Capture {
  /** A process in the network namespace. */
  pid: number;
  /** Only these peers; null for everything. */
  peers: string[] | null;
}

/** All of the container's own network; on the host's, which is everybody's, only the finding's destinations. */
export function captureOf({ target, request }: Plan): Capture {
  return { pid: target.pid, peers: target.network_mode === 'host' ? blockable(request.finding) : null };
}

/** @throws Error that says why there is no capture, as when tcpdump is absent */
export async function capturePackets(
  { pid, peers }: Capture,
  { run }: Pick<Surroundings, 'run'>,
): Promise<Buffer> {
  if (peers?.length === 0)
    throw new Error('the host’s network is everybody’s, and the finding names no address to look for');
  const folder = await mkdtemp(join(tmpdir(), 'stowaway-capture-'));
  try {
    const file = join(folder, 'packets.pcap');
    const filter = peers === null ? [] : [peers.map((address) => `host ${address}`).join(' or ')];
    const tcpdump = ['tcpdump', '-i', 'any', '-nn', '-U', '-Z', 'root', '-c', String(PACKETS)];
    const { code, stderr } = await run([
      ...['nsenter', '-t', String(pid), '-n', '--', 'timeout', '-s', 'INT', '-k', '1', String(SECONDS)],
      ...[...tcpdump, '-s', String(SNAP_BYTES), '-w', file, ...filter],
    ]);
    const bytes = await readFile(file).catch(() => null);
    if (bytes === null)
      throw new Error(`tcpdump: ${stderr.trim().split('\n').at(-1) || `exit code ${code}`}`);
    if (bytes.length <= HEADER_BYTES) throw new Error(`no packet within ${SECONDS} s`);
    return bytes;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
