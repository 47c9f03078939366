import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** A folder of logs that real sensors wrote of real containers, and what was really done. */
export interface Recording {
  name: string;
  folder: string;
}

export interface Deed {
  /** Epoch seconds. */
  t: number;
  ev: 'start' | 'done';
  by: string;
  to: string;
  note: string;
}

export const DEMO = recordingsIn(join(root, 'demo', 'recordings'));
export const RECORDINGS = [
  ...DEMO,
  ...recordingsIn(join(root, 'test', 'recordings')),
  {
    name: 'e2-ddos-slow',
    folder: join(root, 'strategies/T1498.001-direct-network-flood/scenarios/fires-on-recorded-sprawl/logs'),
  },
];

function recordingsIn(folder: string): Recording[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => ({ name: basename(entry.name), folder: join(folder, entry.name) }));
}

export function recording(name: string): Recording {
  const found = RECORDINGS.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no recording ${name}`);
  return found;
}

/** Text of a log, whether or not it is compressed. */
export function readText(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

const readRecords = <T>(path: string): T[] =>
  readText(path)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as T);

/** What was really done; beside the recordings, not among their logs, since it is ours and none of them. */
export const deedsOf = ({ name }: Recording): Deed[] =>
  readRecords<Deed>(join(root, 'test', 'ground-truth', `${name}.ndjson`));

/** Bytes sent to an address by whoever had `source`, as ulogd's records of finished flows count them. */
export function flowBytes({ folder }: Recording, source: string, destination: string): number {
  const name = readdirSync(folder).find((candidate) => candidate.startsWith('ulogd-nfct.ndjson'))!;
  return readRecords<{ src_ip: string; dest_ip: string; 'orig.raw.pktlen': number }>(join(folder, name))
    .filter((flow) => flow.src_ip === source && flow.dest_ip === destination)
    .reduce((sum, flow) => sum + flow['orig.raw.pktlen'], 0);
}
