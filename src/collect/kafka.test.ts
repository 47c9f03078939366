import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type KafkaCluster, startCluster, whyNoCluster } from '../../test/kafka-cluster.js';
import { ConfigSchema } from '../model/config.js';
import { messageLines } from '../server/message-lines.js';
import { type Inputs, startInputs } from './collect.js';
import { type OpenJournal, openJournal } from './journal.js';

/** The real client and the real journal against librdkafka's mock cluster; no Apache Kafka. */

const skipped = whyNoCluster();
const LONG = 240_000;

let cluster: KafkaCluster;
let folder: string;
let journal: OpenJournal;
let running: Inputs[];
let got: { key: string; line: string }[];
let topics = 0;

beforeAll(async () => {
  if (skipped === null) cluster = await startCluster();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-kafka-'));
  journal = await openJournal(join(folder, 'journal'), { maxBytes: 1e9 });
  running = [];
  got = [];
});
afterEach(async () => {
  await stopAll();
  await journal.close();
  await rm(folder, { recursive: true });
});

async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map((inputs) => inputs.stop()));
}

async function newTopic(partitions = 1): Promise<string> {
  topics += 1;
  await cluster.addTopic(`topic-${topics}`, partitions);
  return `topic-${topics}`;
}

async function start(stated: object, sources: string[] = []): Promise<Inputs> {
  const entry = { brokers: cluster.brokers, tls: false, ...stated };
  const { inputs: config } = ConfigSchema.parse({ inputs: { host: false, kafka: [entry] } });
  const inputs = await startInputs(config, journal, {
    stateFolder: join(folder, 'state'),
    configFolder: folder,
    sources: sources.map((id) => ({ id, recognize: [] })) as never,
    kafka: {
      lookups: { environment: () => undefined, resolve: async () => [] },
      recordsOf: messageLines,
    },
  });
  running.push(inputs);
  return inputs;
}

async function drain(): Promise<void> {
  for (const segment of await journal.take()) {
    const key = segment.source === null ? segment.input : `${segment.input} as ${segment.source}`;
    const lines = readFileSync(segment.path, 'utf8').split('\n').slice(0, -1);
    got.push(...lines.map((line) => ({ key, line })));
    await journal.remove(segment);
  }
}

async function until(isSo: () => boolean, isDraining = true): Promise<void> {
  for (let tries = 0; tries < 600 && !isSo(); tries += 1) {
    await sleep(100);
    if (isDraining) await drain();
  }
  expect([isSo(), running.map((inputs) => inputs.status())]).toEqual([true, expect.anything()]);
}

const linesGot = () => got.map(({ line }) => line).sort();
const numbered = (count: number, word = 'line') =>
  Array.from({ length: count }, (_, index) => `${word} ${String(index).padStart(5, '0')}`);
const statusOf = (inputs: Inputs) => inputs.status()[0]!;

describe.skipIf(skipped !== null)(`topics are read${skipped ? ` [${skipped}]` : ''}`, () => {
  test(
    'each message is a line of its topic’s source, and a start goes on where the last one ended',
    async () => {
      const [plain, named] = [await newTopic(3), await newTopic()];
      cluster.write(plain, numbered(100));
      cluster.write(named, ['{"a":1}']);
      const stated = { topics: [plain, { topic: named, source: 'own' }], group: plain };
      const first = await start(stated, ['own']);
      await until(() => got.length === 101);
      expect(linesGot()).toEqual([...numbered(100), '{"a":1}'].sort());
      expect(new Set(got.map(({ key }) => key))).toEqual(
        new Set([`kafka:${plain}`, `kafka:${named} as own`]),
      );
      expect(statusOf(first)).toMatchObject({ state: 'running', reason: '', lines: 101, losses: {} });
      await stopAll();
      cluster.write(plain, ['later']);
      const second = await start(stated, ['own']);
      await until(() => got.length > 101 && statusOf(second).partitions!.length === 4);
      expect(linesGot().filter((line) => line === 'later')).toHaveLength(1);
      expect(got).toHaveLength(102);
      expect(statusOf(second).lines).toBe(1);
    },
    LONG,
  );

  test(
    'whatever its batches are compressed with, and tombstones are no lines',
    async () => {
      const topic = await newTopic();
      for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'])
        cluster.write(topic, numbered(2000, `a line of ${codec} that repeats itself`), ['-z', codec]);
      cluster.write(topic, ['gone|'], ['-Z', '-K', '|']);
      cluster.write(topic, ['key|value'], ['-Z', '-K', '|']);
      const inputs = await start({ topics: [topic], group: topic });
      await until(() => got.length >= 10_001);
      expect(got).toHaveLength(10_001);
      expect(new Set(linesGot()).size).toBe(10_001);
      expect(statusOf(inputs).losses).toEqual({});
    },
    LONG,
  );

  test(
    'a message that no source could read is left out and counted',
    async () => {
      const topic = await newTopic();
      cluster.write(
        topic,
        ['x'.repeat(17 * 1024 * 1024)],
        ['-z', 'zstd', '-X', 'message.max.bytes=30000000'],
      );
      cluster.write(topic, ['after']);
      const inputs = await start({ topics: [topic], group: topic });
      await until(() => got.length > 0);
      expect(linesGot()).toEqual(['after']);
      expect(statusOf(inputs).losses).toEqual({ 'messages that are too long': 1 });
    },
    LONG,
  );

  test(
    'where nothing was read before it may begin at the end',
    async () => {
      const topic = await newTopic();
      cluster.write(topic, ['old']);
      const inputs = await start({ topics: [topic], group: topic, start: 'latest' });
      await until(() => statusOf(inputs).partitions!.length === 1);
      expect(statusOf(inputs).partitions).toEqual([
        { topic, partition: 0, committed: null, end: 1, lag: null },
      ]);
      // The end is asked for after the partitions are assigned: what is written in between stands before it.
      await until(() => {
        cluster.write(topic, ['new']);
        return got.length > 0;
      });
      expect(new Set(linesGot())).toEqual(new Set(['new']));
    },
    LONG,
  );

  test(
    'while the journal is full nothing is committed, and all of it comes later, once',
    async () => {
      await journal.close();
      journal = await openJournal(join(folder, 'small'), { maxBytes: 500 });
      const topic = await newTopic();
      const inputs = await start({ topics: [topic], group: topic });
      cluster.write(topic, numbered(20));
      await until(() => journal.status().segments === 1, false);
      cluster.write(topic, numbered(60, 'more'));
      await until(() => statusOf(inputs).state === 'waiting', false);
      expect(statusOf(inputs)).toMatchObject({ reason: expect.stringContaining('the journal is full') });
      // The broker's own word, asked for every 15 s.
      await until(() => statusOf(inputs).partitions?.[0]?.end === 80, false);
      expect(statusOf(inputs).partitions).toEqual([{ topic, partition: 0, committed: 20, end: 80, lag: 60 }]);
      await until(() => got.length >= 80);
      expect(linesGot()).toEqual([...numbered(20), ...numbered(60, 'more')].sort());
      expect(statusOf(inputs)).toMatchObject({ state: 'running', losses: {} });
      expect(statusOf(inputs).delayedSeconds).toBeGreaterThan(1);
    },
    LONG,
  );

  test(
    'brokers that are gone are told of, and what was written is read when they are back',
    async () => {
      const topic = await newTopic();
      cluster.write(topic, numbered(10));
      const inputs = await start({ topics: [topic], group: topic });
      await until(() => got.length === 10);
      await cluster.takeDown(1);
      await until(() => statusOf(inputs).state === 'waiting');
      expect(statusOf(inputs).reason).toMatch(/ECONNREFUSED|Closed connection|do not say/);
      await sleep(5000);
      await cluster.bringUp(1);
      cluster.write(topic, ['after the outage']);
      await until(() => got.length > 10 && statusOf(inputs).state === 'running');
      expect(linesGot()).toEqual([...numbered(10), 'after the outage'].sort());
    },
    LONG,
  );

  test(
    'two of a group share the partitions, and one takes over what the other leaves',
    async () => {
      const topic = await newTopic(4);
      const stated = { topics: [topic], group: topic };
      const first = await start(stated);
      await until(() => statusOf(first).partitions!.length === 4);
      const second = await start(stated);
      await until(() => [first, second].every((one) => statusOf(one).partitions!.length === 2));
      for (const partition of [0, 1, 2, 3])
        cluster.write(topic, numbered(50, `partition ${partition}`), ['-p', String(partition)]);
      await until(() => new Set(linesGot()).size === 200);
      expect([statusOf(first).lines, statusOf(second).lines]).toEqual([100, 100]);
      await running.pop()!.stop();
      await until(() => statusOf(first).partitions!.length === 4);
      cluster.write(topic, numbered(50, 'taken over'), ['-p', '1']);
      cluster.write(topic, numbered(50, 'kept'), ['-p', '2']);
      await until(() => new Set(linesGot()).size === 300);
      expect(got).toHaveLength(300);
    },
    LONG,
  );

  test(
    'what the brokers removed before it was read is counted',
    async () => {
      const topic = await newTopic();
      const stated = { topics: [topic], group: topic };
      cluster.write(topic, ['first']);
      await start(stated);
      await until(() => got.length === 1);
      await stopAll();
      // The mock keeps 5 MiB of a partition.
      for (let round = 0; round < 8; round += 1) cluster.write(topic, [`${round} ${'x'.repeat(900_000)}`]);
      const inputs = await start(stated);
      await until(() => Object.keys(statusOf(inputs).losses).length > 0);
      const lost = statusOf(inputs).losses['messages that the brokers removed before they were read']!;
      await until(() => got.length === 9 - lost);
      expect(lost).toBeGreaterThan(0);
    },
    LONG,
  );
});

describe('what cannot be is said', () => {
  const refused = (kafka: unknown) => ConfigSchema.safeParse({ inputs: { kafka } }).error?.issues[0]?.message;
  test.each([
    [[{ brokers: ['kafka'], topics: ['a'] }], 'host:port'],
    [[{ brokers: ['k:9092'], topics: ['a', 'a'] }], 'each topic once'],
    [[{ brokers: ['k:9092'], topics: ['a'], key_file: '/key' }], 'certificate_file and key_file'],
    [[{ brokers: ['k:9092'], topics: ['a'], sasl: { mechanism: 'plain', user: 'u' } }], 'secret_file or'],
    [
      [
        { brokers: ['k:9092', 'l:9092'], topics: ['a'] },
        { brokers: ['l:9092', 'k:9092'], topics: ['b'] },
      ],
      'a group each',
    ],
  ])('%j: %s', (kafka, message) => {
    expect(refused(kafka)).toContain(message);
  });
});
