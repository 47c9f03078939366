import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { start } from '../host/child.js';
import { LineSplitter } from '../host/lines.js';
import { findProgram } from '../host/programs.js';
import { CAPTURE_FIELDS, CaptureConnections } from './capture-connections.js';
import { type Compression, openPlain } from './open-plain.js';
import type { PreparedStretch, Spool } from './prepare.js';
import { SpoolFile } from './spool-file.js';
import type { FoundFile } from './walk.js';

export interface Capture {
  stretch: PreparedStretch;
  /** Of the capture's bytes. */
  contentHash: string;
  packets: number;
  /** Frames without IP addresses: ARP and the like. */
  others: number;
  /** What tshark had to say, '' where it read all. */
  trouble: string;
}

/** Its own state is dropped every so many packets, fragments and segments are not put together: memory stays flat. */
const ARGUMENTS = [
  ...['-Q', '-n', '-M', '100000', '-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE'],
  ...[
    '-o',
    'tcp.desegment_tcp_streams:FALSE',
    '-r',
    '-',
    '-T',
    'fields',
    '-E',
    'separator=/t',
    '-E',
    'occurrence=f',
  ],
  ...CAPTURE_FIELDS.flatMap((field) => ['-e', field]),
];
/** Nothing read and nothing written for so long: it hangs. */
const SILENCE_MS = 120_000;
const MAX_TROUBLE = 500;

/**
 * Has tshark read a capture, and writes its connections to the spool; null where tshark is not there. What stands before a break is kept.
 */
export async function readCapture(
  file: FoundFile,
  compression: Compression,
  spool: Spool,
): Promise<Capture | null> {
  if (findProgram('tshark') === null) return null;
  const plain = await decompressed(file, compression, spool);
  // Given as standard input: no name of a file is among the arguments.
  const input = await open(plain.path, 'r');
  try {
    return { contentHash: plain.contentHash, ...(await runTshark(input.fd, plain.failure, spool)) };
  } finally {
    await input.close();
  }
}

async function runTshark(
  input: number,
  failure: string,
  spool: Spool,
): Promise<Omit<Capture, 'contentHash'>> {
  // No settings and scripts of the user: they could change what is printed.
  const env = { WIRESHARK_CONFIG_DIR: '/nonexistent', HOME: '/nonexistent' };
  const child = start(['tshark', ...ARGUMENTS], { stdio: [input, 'pipe', 'pipe'], env });
  const exit = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  const hang = () => setTimeout(() => child.kill('SIGKILL'), SILENCE_MS);
  let timer = hang();
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < 8 * MAX_TROUBLE) said += text;
  });
  try {
    const written = await collect(child.stdout!, spool, () => {
      clearTimeout(timer);
      timer = hang();
    });
    const code = await exit;
    const own = child.signalCode === 'SIGKILL' ? 'tshark fell silent and was ended' : wordsOf(said);
    const trouble = [failure, code === 0 ? '' : own || `tshark ended with code ${code}`];
    return { ...written, trouble: trouble.filter((text) => text !== '').join('; ') };
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}

/** A file with the capture as it is: tshark reads no pipe of ours. What stands before the break of an archive is kept. */
async function decompressed(file: FoundFile, compression: Compression, spool: Spool) {
  const isPlain = compression === 'capture';
  const path = isPlain ? (file.at ?? file.path) : spool.next();
  const out = isPlain ? null : new SpoolFile(path);
  const hash = createHash('sha1');
  let failure = '';
  try {
    for await (const chunk of openPlain(file, compression)) {
      hash.update(chunk);
      await out?.write(chunk);
    }
  } catch (error) {
    failure = `the archive breaks off (${(error as Error).message})`;
  }
  await out?.end();
  return { path, contentHash: hash.digest('hex'), failure };
}

async function collect(stdout: NodeJS.ReadableStream, spool: Spool, isAlive: () => void) {
  const out = new SpoolFile(spool.next());
  const connections = new CaptureConnections();
  const splitter = new LineSplitter();
  const write = async (lines: Iterable<string>) => {
    for (const line of lines) await out.row(line);
  };
  for await (const chunk of stdout) {
    isAlive();
    for (const line of splitter.push(chunk as Buffer)) await write(connections.add(line.toString('utf8')));
  }
  await write(connections.end());
  await out.end();
  const { path: plainPath, rows, samples } = out;
  const stretch: PreparedStretch = { firstLine: 1, lines: rows, rows, header: null, samples, plainPath };
  return { stretch, packets: connections.packets, others: connections.others };
}

/** tshark's own words on one line, less its remark on who runs it. */
const wordsOf = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('Running as user'))
    .join(' ')
    .slice(0, MAX_TROUBLE);
