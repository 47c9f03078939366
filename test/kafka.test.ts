import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { recordedIn, shiftTimes } from '../src/collect/shift-times.js';
import { openLiveStore } from '../src/live/open-store.js';
import { withSettings } from '../src/store/store.js';
import { type KafkaCluster, startCluster, whyNoCluster } from './kafka-cluster.js';
import { recording, root } from './recorded.js';

/**
 * Connections and what recorded sensors saw come by Kafka into a whole `stowaway serve`, which is killed in the middle; what it finds goes to Kafka.
 * The brokers are librdkafka's mock cluster, no Apache Kafka.
 */

const skipped = whyNoCluster();
const LONG = 900_000;
/** Connections within the network, each with a uid of its own, by which rows are counted. */
const CONNECTIONS = 3000;
const PIECES = 30;

let folder: string;
let server: ChildProcess | null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-kafka-'));
  server = null;
});
afterEach(async () => {
  await end('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const flags = ['serve', '--config', join(folder, 'stowaway.yaml'), '--state', join(folder, 'state')];
  rmSync(join(folder, 'state', 'local.json'), { force: true });
  server = spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...flags], { stdio: 'ignore' });
  await until('a start', async () => ((await ask('/status')) as { ready: boolean }).ready);
}

async function end(signal: NodeJS.Signals): Promise<void> {
  if (server === null || server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill(signal);
  await ended;
}

async function ask(path: string) {
  const { url, token } = JSON.parse(readFileSync(join(folder, 'state', 'local.json'), 'utf8'));
  const answer = await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
  return answer.json();
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    // It may not listen yet.
    if (await isSo().catch(() => false)) return;
    await sleep(500);
  }
  throw new Error(`waited too long for ${what}`);
}

const connection = (number: number): string =>
  JSON.stringify({
    ts: Date.now() / 1000 - 600 + number / 100,
    uid: `C${number}`,
    'id.orig_h': `10.96.0.${1 + (number % 200)}`,
    'id.orig_p': 20_000 + number,
    'id.resp_h': '10.96.1.1',
    'id.resp_p': 5432,
    proto: 'tcp',
    conn_state: 'SF',
    duration: 0.1,
    orig_bytes: number,
    resp_bytes: 10,
  });

/** Files of one recording as if it ended now, a topic each: a document is one message, a log one for each line. */
function recordedTopics(name: string): { topic: string; messages: string[] }[] {
  const { folder: logs } = recording(name);
  const files = readdirSync(logs).map((file) => ({ file, text: readFileSync(join(logs, file), 'utf8') }));
  const recorded = recordedIn(files.map(({ text }) => text));
  const by = Math.floor(Date.now() / 1000) - recorded.to;
  return files
    .filter(({ file }) => /json$/.test(file))
    .map(({ file, text }) => {
      const shifted = shiftTimes(text, recorded, by);
      const isLog = file.endsWith('.ndjson');
      return {
        topic: file,
        messages: isLog ? shifted.trim().split('\n') : [JSON.stringify(JSON.parse(shifted))],
      };
    });
}

/** The server is killed twice while it takes them; `CONNECTIONS` in all. */
async function writeAndKill(cluster: KafkaCluster): Promise<void> {
  for (let piece = 0; piece < PIECES; piece += 1) {
    const size = CONNECTIONS / PIECES;
    cluster.write(
      'zeek',
      Array.from({ length: size }, (_, index) => connection(piece * size + index)),
    );
    if (piece !== PIECES / 3 && piece !== PIECES / 2) continue;
    await end('SIGKILL');
    await start();
  }
}

const hasAll = async (partitionsInAll: number): Promise<boolean> => {
  const inputs = (await ask('/inputs')) as { partitions: { lag: number | null }[] }[];
  const partitions = inputs.flatMap((input) => input.partitions);
  return partitions.length === partitionsInAll && partitions.every(({ lag }) => lag === 0);
};

describe.skipIf(skipped !== null)(`Kafka in and out${skipped ? ` [${skipped}]` : ''}`, () => {
  test(
    'a server that is killed stores every row once, and tells what it found once',
    async () => {
      await using cluster = await startCluster();
      await cluster.addTopic('zeek', 4);
      const recorded = recordedTopics('a-http-upload');
      for (const { topic } of recorded) await cluster.addTopic(topic, 1);
      await cluster.addTopic('alerts', 1);
      const topics = ['zeek', ...recorded.map(({ topic }) => topic)];
      const reached = { brokers: cluster.brokers, tls: false };
      writeFileSync(
        join(folder, 'stowaway.yaml'),
        JSON.stringify({
          inside: ['10.96.0.0/16'],
          serve: { listen: '127.0.0.1:0', tick_seconds: 1 },
          inputs: { host: false, kafka: [{ ...reached, topics }] },
          notify: { channels: [{ ...reached, name: 'lake', type: 'kafka', topic: 'alerts' }] },
        }),
      );
      await start();
      for (const { topic, messages } of recorded) cluster.write(topic, messages);
      await writeAndKill(cluster);
      await until('all of it', () => hasAll(4 + recorded.length));
      // What is acknowledged may still wait in the journal.
      await until('all of it in tables', async () => {
        const { journal } = (await ask('/status')) as { journal: { segments: number } };
        return journal.segments === 0;
      });
      await until('the alert', async () => cluster.read('alerts').length > 0);
      await end('SIGTERM');
      const store = await openLiveStore({ path: join(folder, 'state', 'store') });
      try {
        const rows = await withSettings(store, { final: 1 }).rows(
          "SELECT toUInt32(count()) AS events, toUInt32(uniqExact(traffic_bytes_out)) AS different, toUInt32(sum(traffic_bytes_out)) AS bytes FROM network_activity WHERE source = 'zeek-conn'",
        );
        const bytes = (CONNECTIONS * (CONNECTIONS - 1)) / 2;
        expect(rows).toEqual([{ events: CONNECTIONS, different: CONNECTIONS, bytes }]);
      } finally {
        await store.close();
      }
      const told = cluster.read('alerts').map(({ key, headers, payload }) => {
        const { activity_name: what, metadata } = JSON.parse(payload);
        return { key, what, isById: headers[1] === metadata.uid };
      });
      const opened = told.filter(({ what }) => what === 'Create');
      expect(opened).toEqual([{ key: expect.any(String), what: 'Create', isById: true }]);
    },
    LONG,
  );
});
