import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Intake } from './intake.js';
import { type OpenJournal, openJournal } from './journal.js';
import { asLine, MAX_MESSAGE_BYTES, SyslogFrames } from './syslog-frames.js';
import { type ListenOptions, SyslogTcp } from './syslog-tcp.js';
import { SyslogUdp } from './syslog-udp.js';

let folder: string;
let journal: OpenJournal;
const started: (SyslogTcp | SyslogUdp)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-syslog-'));
  journal = await openJournal(join(folder, 'journal'), { maxBytes: 1e9 });
});
afterEach(async () => {
  for (const one of started.splice(0)) await one.stop();
  await journal.close();
  await rm(folder, { recursive: true });
});

const LOOPBACK = { address: '127.0.0.1', port: 0 };

async function tcp(options: Partial<ListenOptions> = {}): Promise<SyslogTcp> {
  const listener = new SyslogTcp(new Intake(journal, 'tcp', 'syslog'), { ...LOOPBACK, ...options });
  await listener.start();
  started.push(listener);
  return listener;
}

async function udp(): Promise<SyslogUdp> {
  const listener = new SyslogUdp(new Intake(journal, 'udp', 'syslog'), LOOPBACK);
  await listener.start();
  started.push(listener);
  return listener;
}

function dial({ port }: { port: number | null }): Socket {
  const socket = connect({ host: '127.0.0.1', port: port! });
  socket.on('error', () => undefined);
  return socket;
}

async function until(isSo: () => boolean): Promise<void> {
  for (let n = 0; n < 2000 && !isSo(); n += 1) await sleep(5);
  expect(isSo()).toBe(true);
}

const taken = async () =>
  (await journal.take()).map(({ input, path }) => [
    input,
    readFileSync(path, 'utf8').split('\n').slice(0, -1),
  ]);

describe('TCP', () => {
  test('takes lines and counted messages of several connections', async () => {
    const listener = await tcp();
    const [a, b] = [dial(listener), dial(listener)];
    a.write('<13>Nov 21 03:00:00 host app: one\n<13>two\r\n\n<13>without end');
    a.end();
    await until(() => listener.status().lines === 3);
    b.write('14 <13>1 - count\n9 <13>again9 <13>no');
    b.end();
    await until(() => listener.status().lines === 5);
    await until(() => Object.keys(listener.status().losses).length > 0);
    expect(await taken()).toEqual([
      [
        'syslog:tcp',
        ['<13>Nov 21 03:00:00 host app: one', '<13>two', '<13>without end', '<13>1 - count', '<13>again'],
      ],
    ]);
    expect(listener.status()).toMatchObject({
      state: 'running',
      losses: { 'messages cut off by the end of their connection': 1 },
    });
  });

  test('has limits: connections, silence, length', async () => {
    const listener = await tcp({ maxConnections: 1, idleMs: 200 });
    const first = dial(listener);
    first.write(`<1>${'x'.repeat(MAX_MESSAGE_BYTES)}\n99999 <${'y'.repeat(99_998)}<1>short\n`);
    await until(() => listener.status().lines === 1);
    const second = dial(listener);
    const isClosed = new Promise((resolve) => first.once('close', resolve));
    await new Promise((resolve) => second.once('close', resolve));
    await isClosed;
    expect(listener.status().losses).toEqual({
      'connections refused, since there were too many': 1,
      'messages that are too long': 2,
    });
  });

  test('a journal that is full makes senders wait', async () => {
    await journal.close();
    journal = await openJournal(join(folder, 'journal'), { maxBytes: 1 });
    const listener = await tcp();
    const sender = dial(listener);
    sender.write('<1>a\n');
    await until(() => listener.status().lines === 1);
    const line = `<1>${'x'.repeat(50_000)}\n`;
    let isHeldUp = false;
    for (let n = 0; n < 3000 && !isHeldUp; n += 1)
      isHeldUp = !sender.write(line) && sender.writableLength > 1e6;
    await until(() => listener.status().state === 'waiting');
    expect(isHeldUp).toBe(true);
    await until(() => sender.writableLength > 0);
    const received = async () => {
      for (const segment of await journal.take()) await journal.remove(segment);
      return sender.writableLength === 0;
    };
    for (let n = 0; n < 500 && !(await received()); n += 1) await sleep(20);
    expect(listener.status().losses).toEqual({});
  });

  test('an address that is taken is told with what to do', async () => {
    const { port } = await tcp();
    const other = await tcp({ port: port! });
    expect(other.status()).toMatchObject({
      state: 'failed',
      reason: `127.0.0.1:${port} is in use by another program; choose another port`,
    });
  });
});

describe('UDP', () => {
  test('a datagram is a line, whatever it holds', async () => {
    const listener = await udp();
    const sender = createSocket('udp4');
    const send = (text: string) =>
      new Promise((resolve) => sender.send(text, listener.port!, '127.0.0.1', resolve));
    await send('<13>one\n');
    await send('<13>two\n<13>pretends to be three\n\0');
    await send('\n');
    await until(() => listener.status().lines === 2);
    sender.close();
    expect(await taken()).toEqual([['syslog:udp', ['<13>one', '<13>two#012<13>pretends to be three']]]);
  });

  test.skipIf(process.platform !== 'linux')('what the kernel drops is counted', async () => {
    const listener = await udp();
    const sent = 40_000;
    const script = `const s = require('node:dgram').createSocket('udp4'); let left = ${sent};
      const next = () => left-- > 0 ? s.send('<13>' + 'x'.repeat(1000), ${listener.port}, '127.0.0.1', next) : s.close(); next();`;
    // Nobody reads the socket meanwhile.
    execFileSync(process.execPath, ['-e', script]);
    const dropped = () => listener.status().losses['datagrams dropped by the kernel'] ?? 0;
    await until(() => listener.status().lines + dropped() === sent);
    expect(dropped()).toBeGreaterThan(0);
    expect(listener.status().lines).toBeGreaterThan(0);
  });

  test('an address that is taken is told', async () => {
    const { port } = await udp();
    const other = new SyslogUdp(new Intake(journal, 'udp', 'syslog'), { ...LOOPBACK, port: port! });
    await other.start();
    expect(other.status()).toMatchObject({ state: 'failed', reason: expect.stringContaining('in use') });
    await other.stop();
  });
});

const message = fc.string({ unit: fc.constantFrom('a', '1', ' ', '<', '>', 'é'), maxLength: 30 });

test('however a stream is cut, the same messages come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ text: message, isCounted: fc.boolean() }), { maxLength: 8 }),
      fc.array(fc.nat(300)),
      (messages, cuts) => {
        const texts = messages.map(({ text }) => `<13>${text}`);
        const stream = Buffer.concat(
          texts.map((text, index) =>
            Buffer.from(messages[index]!.isCounted ? `${Buffer.byteLength(text)} ${text}` : `${text}\n`),
          ),
        );
        const frames = new SyslogFrames();
        const got: string[] = [];
        const places = [...new Set([0, ...cuts.filter((cut) => cut < stream.length), stream.length])].sort(
          (a, b) => a - b,
        );
        for (const [index, from] of places.entries())
          got.push(...frames.push(stream.subarray(from, places[index + 1] ?? from)).map(String));
        got.push(...frames.end().map(String));
        expect(got).toEqual(texts);
        expect([frames.overlong, frames.unfinished]).toEqual([0, 0]);
      },
    ),
  );
});

test('bytes that are no text stay as they are', () => {
  expect(asLine(Buffer.from([60, 255, 10, 254, 0, 10]))).toEqual(Buffer.from([60, 255, 35, 48, 49, 50, 254]));
});
