import { createSocket } from 'node:dgram';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ATTACKS } from '../../output/testing/hostile-result.js';
import { messageOf, type Parcel } from '../message.js';
import { openChannels } from '../open-channels.js';
import { configOf, noticeOf, SURROUNDINGS } from '../testing/alerts.js';

const open = (port: number, stated: Record<string, unknown> = {}, timeoutMs = 10_000) =>
  openChannels([configOf({ type: 'syslog', host: '127.0.0.1', port, ...stated })], {
    ...SURROUNDINGS,
    timeoutMs,
  })[0]!.channel;

const parcelOf = (stated: Parameters<typeof noticeOf>[1] = {}): Parcel => ({
  id: 'a1:1',
  isRepeat: false,
  messages: [messageOf(noticeOf('opened', stated), 'a1')],
});

/** A listener that keeps the bytes of each connection. */
async function openStream(onSocket: (socket: Socket) => void = () => {}) {
  const arrived: Promise<string>[] = [];
  const server = createServer((socket) => {
    onSocket(socket);
    arrived.push(
      new Promise((resolve) => {
        const chunks: Buffer[] = [];
        socket.on('data', (chunk) => chunks.push(chunk));
        socket.on('error', () => {});
        socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    arrived,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

const HEADER = /^<(\d+)>1 (\S+) (\S+) stowaway (\d+) (\S+) - CEF:0\|/;

test('over tcp a message has its length in front', async () => {
  await using server = await openStream();
  expect(await open(server.port).send(parcelOf())).toMatchObject({ outcome: 'taken' });
  const text = await server.arrived[0]!;
  const [, length, line] = /^(\d+) ([\s\S]*)$/.exec(text)!;
  expect(Buffer.byteLength(line!)).toBe(Number(length));
  expect(HEADER.exec(line!)?.slice(1, 3)).toEqual(['107', '2099-01-01T00:00:01.000Z']);
  expect(line).toContain(
    '|Stowaway|Stowaway|1.2.3|T1567-exfiltration-over-web-service|HIGH: Exfiltration over web service: shop/payments-api|8|externalId=a1:1 ',
  );
  expect(line).toContain(' src=10.88.0.12 dst=203.0.113.44 dpt=443 dhost=files.example.org out=17640000 ');
});

test('or a newline behind it, where that is stated', async () => {
  await using server = await openStream();
  await open(server.port, { framing: 'newline', facility: 16 }).send(parcelOf());
  const text = await server.arrived[0]!;
  expect(text.split('\n')).toHaveLength(2);
  expect(HEADER.exec(text)?.[1]).toBe('131');
});

test('over udp it is one datagram that every receiver takes', async () => {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const datagram = new Promise<Buffer>((resolve) => socket.once('message', resolve));
  const long = { why: 'ü'.repeat(5000), incident: '=\\'.repeat(500) };
  const receipt = await open(socket.address().port, { protocol: 'udp' }).send(parcelOf({ finding: long }));
  expect(receipt).toMatchObject({ outcome: 'taken', answer: expect.stringContaining('not acknowledged') });
  const bytes = await datagram;
  expect(bytes.length).toBeLessThanOrEqual(2048);
  expect(bytes.toString('utf8')).not.toContain('\ufffd');
  expect(bytes.toString('utf8')).toMatch(HEADER);
  await new Promise<void>((resolve) => socket.close(() => resolve()));
});

test('a receiver that is not there, that hangs up or that never ends is one that fails', async () => {
  const gone = await openStream();
  await gone[Symbol.asyncDispose]();
  expect(await open(gone.port).send(parcelOf())).toMatchObject({
    answer: expect.stringContaining('ECONNREFUSED'),
  });
  const sockets: Socket[] = [];
  await using hanging = await openStream((socket) => {
    sockets.push(socket);
    socket.allowHalfOpen = true;
    socket.pause();
  });
  const receipt = await open(hanging.port, {}, 300).send(parcelOf());
  expect(receipt).toMatchObject({
    outcome: 'later',
    answer: expect.stringContaining('not taken within 0.3 s'),
  });
  for (const socket of sockets) socket.destroy();
});

describe('what the attacker wrote', () => {
  const injections = ['a|b|10|act=deny', 'x act=deleted cs1=other', '\\=\\|\\', 'x\n<8>1 - forged'];
  test.each([...ATTACKS, ...injections])('%j ends no field and no line', async (attack) => {
    await using server = await openStream();
    const entity = {
      kind: 'workload' as const,
      name: attack,
      ip: attack,
      container_uid: attack,
      image: attack,
    };
    const finding = { title: attack, why: attack, incident: attack, strategy: attack, entity };
    await open(server.port, { framing: 'newline' }).send(parcelOf({ finding }));
    const text = await server.arrived[0]!;
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    const cef = text.slice(text.indexOf('CEF:0'));
    // Seven bars that are not escaped: six between the fields of the header, one behind them.
    const fields = cef.split(/(?<!(?<!\\)(?:\\\\)*\\)\|/);
    expect(fields.slice(0, 4)).toEqual(['CEF:0', 'Stowaway', 'Stowaway', '1.2.3']);
    expect(fields[6]).toBe('8');
    const extension = fields.slice(7).join('|');
    const keys = [...extension.matchAll(/(?<=^| )(\w+)(?<!(?<!\\)(?:\\\\)*\\)=/g)].map((match) => match[1]!);
    expect(keys).toEqual([...new Set(keys)]);
    expect(
      keys.filter(
        (key) => !/^(externalId|rt|act|msg|start|end|src|dst|dpt|dhost|out|cs[1-6](Label)?)$/.test(key),
      ),
    ).toEqual([]);
  });
});
