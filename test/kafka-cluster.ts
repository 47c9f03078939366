import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './recorded.js';

/**
 * librdkafka's mock cluster on this machine: real sockets and Kafka's protocol, groups and offsets, but no Apache Kafka: what it keeps is in memory, and it
 * knows neither TLS nor SASL. Written to and read with kcat, which is librdkafka as well and not the client under test.
 */
export interface KafkaCluster extends AsyncDisposable {
  /** host:port of each broker. */
  brokers: string[];
  addTopic(name: string, partitions: number): Promise<void>;
  /** Connections are cut and refused; what was written and committed is kept. */
  takeDown(broker: number): Promise<void>;
  bringUp(broker: number): Promise<void>;
  /** What is written next is refused, by a code of Kafka's protocol. */
  refuseNext(code: number): Promise<void>;
  /** One message a line. */
  write(topic: string, lines: string[], flags?: string[]): void;
  /** Every message of a topic in JSON, as kcat prints them. */
  read(topic: string): KafkaRecord[];
}

export interface KafkaRecord {
  partition: number;
  offset: number;
  key: string;
  payload: string;
  headers: string[];
}

/**
 * Why no cluster can be started here, or null.
 *
 * @throws when that would hide the test in CI, where root installs what is missing.
 */
export function whyNoCluster(): string | null {
  const reason = missing();
  if (reason !== null && process.env.CI && process.getuid?.() === 0)
    throw new Error(`no Kafka cluster for tests, in CI: ${reason}`);
  return reason;
}

function missing(): string | null {
  const hasLibrary =
    spawnSync('python3', ['-c', 'import ctypes; ctypes.CDLL("librdkafka.so.1")']).status === 0;
  if (!hasLibrary) return 'librdkafka and python3 are not here: apt-get install kcat python3';
  return spawnSync('kcat', ['-V']).status === 0 ? null : 'kcat is not here: apt-get install kcat';
}

export async function startCluster(brokers = 1): Promise<KafkaCluster> {
  const program = join(root, 'test', 'kafka_cluster.py');
  const child = spawn('python3', [program, String(brokers)], { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout });
  const answers = lines[Symbol.asyncIterator]();
  const next = async () => String((await answers.next()).value);
  const order = async (...words: (string | number)[]) => {
    child.stdin.write(`${words.join(' ')}\n`);
    const answer = await next();
    if (answer !== 'Success') throw new Error(`${words.join(' ')}: ${answer}`);
  };
  const addresses = (await next()).split(',');
  const bootstrap = addresses.join(',');
  return {
    brokers: addresses,
    addTopic: (name, partitions) => order('topic', name, partitions),
    takeDown: (broker) => order('down', broker),
    bringUp: (broker) => order('up', broker),
    refuseNext: (code) => order('refuse', code),
    write: (topic, records, flags = []) => kcat(['-b', bootstrap, '-P', '-t', topic, ...flags], records),
    read: (topic) =>
      kcat(['-b', bootstrap, '-C', '-t', topic, '-e', '-q', '-J'])
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as KafkaRecord),
    [Symbol.asyncDispose]: () => end(child),
  };
}

function kcat(flags: string[], lines: string[] = []): string {
  const input = lines.map((line) => `${line}\n`).join('');
  const { status, stdout, stderr } = spawnSync('kcat', flags, {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`kcat ${flags.join(' ')}: ${stderr}`);
  return stdout;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
