import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readSources } from '../ingest/sources.js';
import { HeaderFinder } from '../ingest/table.js';
import { ConfigSchema } from '../model/config.js';
import type { InputsConfig } from '../model/inputs-config.js';
import { contentFolder } from '../model/paths.js';
import type { Source } from '../model/source.js';
import { isRotated } from '../sense/rotation.js';
import { type Inputs, startInputs } from './collect.js';
import { HostInput } from './host.js';
import { Intake } from './intake.js';
import { type OpenJournal, openJournal } from './journal.js';

let sources: Source[];
let folder: string;
let journal: OpenJournal;
let inputs: Inputs | HostInput | null;
let got: Record<string, string[]>;
beforeAll(async () => {
  sources = await readSources(contentFolder('sources'));
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-collect-'));
  journal = await openJournal(join(folder, 'journal'), { maxBytes: 1e9 });
  inputs = null;
  got = {};
});
afterEach(async () => {
  await inputs?.stop();
  await journal.close();
  await rm(folder, { recursive: true });
});

const configured = (section: unknown): InputsConfig => ConfigSchema.parse({ inputs: section }).inputs;
const start = async (section: unknown, standardInput = new PassThrough()) =>
  startInputs(configured(section), journal, {
    stateFolder: join(folder, 'state'),
    configFolder: folder,
    sources,
    standardInput,
  });

async function until(isSo: () => boolean): Promise<void> {
  for (let n = 0; n < 3000 && !isSo(); n += 1) {
    await sleep(5);
    for (const segment of await journal.take()) {
      const lines = readFileSync(segment.path, 'utf8').split('\n').slice(0, -1);
      const key = segment.source === null ? segment.input : `${segment.input} as ${segment.source}`;
      got[key] = [...(got[key] ?? []), ...lines];
      await journal.remove(segment);
    }
  }
  expect([isSo(), got]).toEqual([true, got]);
}

test('without configuration this host is watched, and nothing else', () => {
  expect(configured({})).toEqual({
    host: { enabled: true, accounting: true },
    tail: [],
    syslog: {},
    kafka: [],
    stdin: false,
  });
  expect(configured({ host: false, tail: ['a', { path: 'b', source: 'c' }] })).toMatchObject({
    host: { enabled: false },
    tail: [
      { path: 'a', source: null },
      { path: 'b', source: 'c' },
    ],
  });
});

test.each(['5514', 'localhost:5514', '127.0.0.1', '127.0.0.1:70000', '::1:5514'])(
  '%s is no address to listen on',
  (udp) => {
    expect(ConfigSchema.safeParse({ inputs: { syslog: { udp } } }).success).toBe(false);
  },
);

test('everything that is configured is started, and says how it is', async () => {
  appendFileSync(join(folder, 'a.log'), '1\n');
  const named = sources[0]!.id;
  appendFileSync(join(folder, 'b.log'), '2\n');
  const stdin = new PassThrough();
  stdin.end('3\n');
  const started = await start(
    {
      host: false,
      tail: ['a.log', { path: join(folder, 'b.*'), source: named }, 'missing'],
      syslog: { udp: '127.0.0.1:0', tcp: '[::1]:0' },
      stdin: true,
    },
    stdin,
  );
  inputs = started;
  await until(() => Object.keys(got).length === 3);
  expect(got).toEqual({
    [join(folder, 'a.log')]: ['1'],
    [`${join(folder, 'b.log')} as ${named}`]: ['2'],
    'standard input': ['3'],
  });
  await until(() => started.status()[5]!.state === 'off');
  expect(started.status().map(({ name, kind, lines }) => [name, kind, lines])).toEqual([
    ['a.log', 'tail', 1],
    [join(folder, 'b.*'), 'tail', 1],
    ['missing', 'tail', 0],
    ['udp 127.0.0.1:0', 'syslog', 0],
    ['tcp [::1]:0', 'syslog', 0],
    ['standard input', 'stdin', 1],
  ]);
  expect(started.status()[2]).toMatchObject({
    state: 'waiting',
    reason: expect.stringContaining('no such file'),
  });
});

test('a source that does not exist is refused before anything is started', async () => {
  await expect(start({ host: false, tail: [{ path: 'a', source: 'nobody' }] })).rejects.toThrow(
    'inputs.tail: a: there is no source "nobody"',
  );
});

test('where no engine runs, the host’s status says so', async () => {
  const started = await start({ host: { engine_socket: join(folder, 'no.sock') } });
  inputs = started;
  const [host] = started.status();
  expect(host).toMatchObject({ name: 'this host', kind: 'host' });
  expect(host!.reason).toContain('no engine listens on');
  expect(host!.sensors!.map(({ name }) => name)).toContain('engine');
});

/** As much of an engine as the sensor asks for: containers that start as fast as they are read. */
function engineOf(containers: number, socket: string): Promise<Server> {
  const server = createServer((request, answer) => {
    const path = request.url!.replace(/^\/v[\d.]+/, '');
    if (path.startsWith('/events')) {
      for (let n = 0; n < containers; n += 1)
        answer.write(
          `${JSON.stringify({ Type: 'container', Action: 'start', timeNano: n + 1, Actor: { ID: `c${n}` } })}\n`,
        );
      return;
    }
    const id = /^\/containers\/(c\d+)\/json/.exec(path)?.[1];
    answer.end(JSON.stringify(id ? { Id: id, State: { Running: true }, Padding: 'x'.repeat(2000) } : []));
  });
  return new Promise((resolve) => server.listen(socket, () => resolve(server)));
}

test('what sensors write is journaled, and their files do not grow for ever', async () => {
  const socket = join(folder, 'engine.sock');
  const server = await engineOf(100, socket);
  const logs = join(folder, 'host', 'logs');
  mkdirSync(logs, { recursive: true });
  appendFileSync(join(logs, 'networks.ndjson'), '{"left":"by a crash"}\n');
  inputs = new HostInput(new Intake(journal, 'this host', 'host'), {
    ...{ folder: join(folder, 'host'), finder: new HeaderFinder(sources), engineSocket: socket },
    ...{ accounting: false, pollMs: 5, rotateBytes: 20_000 },
  });
  await inputs.start();
  const inspected = join(logs, 'inspect.ndjson');
  await until(
    () => got[inspected]?.length === 100 && got[join(logs, 'engine-events.ndjson')]?.length === 100,
  );
  await until(() => !readdirSync(logs).some(isRotated));
  expect(new Set(got[inspected]!.map((line) => JSON.parse(line).Id)).size).toBe(100);
  expect(got[join(logs, 'networks.ndjson')]).toEqual(['{"left":"by a crash"}']);
  expect(readFileSync(inspected).length).toBeLessThan(90_000);
  expect(inputs.status()).toMatchObject({ state: 'running', losses: {} });
  await inputs.stop();
  expect(existsSync(join(folder, 'host', 'checkpoints.json'))).toBe(true);
  server.closeAllConnections();
  server.close();
});
