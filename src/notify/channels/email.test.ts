import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { describe, expect, test } from 'vitest';
import { ATTACKS } from '../../output/testing/hostile-result.js';
import type { Channel } from '../channel.js';
import { messageOf, type Parcel } from '../message.js';
import { openChannels } from '../open-channels.js';
import { configOf, noticeOf, SURROUNDINGS } from '../testing/alerts.js';

interface Mail {
  from: string;
  to: string[];
  text: string;
}

/** A real SMTP server on loopback that keeps what it gets. */
async function openServer(options: SMTPServerOptions = {}) {
  const mails: Mail[] = [];
  const logins: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    hideSTARTTLS: true,
    disableReverseLookup: true,
    logger: false,
    onAuth(auth, _session, done) {
      logins.push(`${auth.username} ${auth.password}`);
      if (auth.password === 'value-of-PASSWORD') done(null, { user: auth.username! });
      else done(new Error(`wrong password ${auth.password}`));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString('utf8'),
        });
        done(null, 'queued as 17');
      });
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    mails,
    logins,
    port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

const open = (port: number, stated: Record<string, unknown> = {}): Channel => {
  const config = configOf({
    type: 'email',
    host: '127.0.0.1',
    port,
    security: 'none',
    from: 'stowaway@soc.example',
    to: ['one@soc.example', 'two@soc.example'],
    ...stated,
  });
  return openChannels([config], SURROUNDINGS)[0]!.channel;
};

const parcelOf = (...notices: Parameters<typeof messageOf>[0][]): Parcel => ({
  id: notices[0]!.id,
  isRepeat: false,
  messages: notices.map((notice) => messageOf(notice, 'incident:i')),
});

const headersOf = ({ text }: Mail): string[] => text.split('\r\n\r\n')[0]!.split(/\r\n(?![ \t])/);
const header = (mail: Mail, name: string): string =>
  headersOf(mail)
    .find((line) => line.toLowerCase().startsWith(`${name}:`))!
    .slice(name.length + 1)
    .trim();

test('a mail has text and HTML, and the same Message-ID on each attempt', async () => {
  await using server = await openServer();
  const channel = open(server.port, { user: 'stowaway', secret_env: 'PASSWORD' });
  const parcel = parcelOf(noticeOf('opened'));
  expect(await channel.send(parcel)).toEqual({
    outcome: 'taken',
    answer: expect.stringContaining('queued as 17'),
  });
  await channel.send({ ...parcel, isRepeat: true });
  await channel.send(parcelOf(noticeOf('closed', { version: 2 })));
  const [first, second, third] = server.mails as [Mail, Mail, Mail];
  expect(server.logins[0]).toBe('stowaway value-of-PASSWORD');
  expect(first).toMatchObject({ from: 'stowaway@soc.example', to: ['one@soc.example', 'two@soc.example'] });
  expect(header(first, 'subject')).toBe('[Stowaway] HIGH: Exfiltration over web service: shop/payments-api');
  expect(header(second, 'message-id')).toBe(header(first, 'message-id'));
  expect(second.text).toContain('may repeat an earlier message');
  expect(header(third, 'message-id')).not.toBe(header(first, 'message-id'));
  expect(header(third, 'references')).toBe(header(first, 'references'));
  expect(first.text).toContain('text/plain');
  expect(first.text).toContain('text/html');
  expect(first.text).toContain('stowaway findings show a1');
});

test('several messages are one mail', async () => {
  await using server = await openServer();
  await open(server.port).send(parcelOf(noticeOf('opened'), noticeOf('opened', { uid: 'a2' })));
  expect(server.mails).toHaveLength(1);
  expect(header(server.mails[0]!, 'subject')).toBe('[Stowaway] 2 messages in one: 2 high');
});

describe('what the attacker wrote', () => {
  const injections = [
    'x\r\nBcc: evil@evil.example\r\n\r\nbody',
    'x\nSubject: forged',
    '\r\n.\r\nMAIL FROM:<evil@evil.example>',
  ];
  test.each([...ATTACKS, ...injections])('%j adds no header, recipient or markup', async (attack) => {
    await using server = await openServer();
    const finding = { title: attack, why: attack, incident: attack };
    const notice = noticeOf('opened', {
      finding: {
        ...finding,
        entity: { kind: 'workload', name: attack, ip: attack, container_uid: attack, image: attack },
      },
    });
    expect(await open(server.port).send(parcelOf(notice))).toMatchObject({ outcome: 'taken' });
    expect(server.mails).toHaveLength(1);
    const mail = server.mails[0]!;
    expect(mail.to).toEqual(['one@soc.example', 'two@soc.example']);
    const names = headersOf(mail).map((line) => line.split(':')[0]!.toLowerCase());
    expect(names.filter((name) => !EXPECTED.has(name))).toEqual([]);
    expect(names.filter((name) => name === 'subject')).toHaveLength(1);
    const html = mail.text.slice(mail.text.indexOf('<!doctype')).replace(/=\r\n/g, '');
    expect(html).not.toMatch(/<(script|img|iframe|svg|!--)/i);
    expect(mail.text.replace(/[\r\n\t]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

const EXPECTED = new Set([
  'from',
  'to',
  'subject',
  'message-id',
  'references',
  'auto-submitted',
  'x-stowaway-id',
  'content-type',
  'date',
  'mime-version',
]);

describe('a server that', () => {
  const send = (port: number, stated: Record<string, unknown> = {}) =>
    open(port, stated).send(parcelOf(noticeOf('opened')));

  test('offers no TLS where that is asked for gets nothing, no password either', async () => {
    await using server = await openServer();
    const receipt = await send(server.port, {
      security: 'starttls',
      user: 'stowaway',
      secret_env: 'PASSWORD',
    });
    expect(receipt.outcome).toBe('later');
    expect([...server.mails, ...server.logins]).toEqual([]);
  });

  test('has a certificate of nobody’s gets nothing either', async () => {
    await using server = await openServer({ hideSTARTTLS: false });
    const receipt = await send(server.port, {
      security: 'starttls',
      user: 'stowaway',
      secret_env: 'PASSWORD',
    });
    expect(receipt.outcome).toBe('later');
    expect([...server.mails, ...server.logins]).toEqual([]);
  });

  test('does not know the password repeats it in vain', async () => {
    await using server = await openServer();
    const receipt = await send(server.port, { user: 'stowaway', secret_env: 'WRONG' });
    expect(receipt.outcome).toBe('later');
    expect(receipt.answer).not.toContain('value-of-WRONG');
  });

  test.each([
    [451, 'later'],
    [550, 'later'],
    [552, 'refused'],
  ] as const)('answers %i', async (code, outcome) => {
    await using server = await openServer({
      onData(stream, _session, done) {
        stream.resume();
        stream.on('end', () => done(Object.assign(new Error('because'), { responseCode: code })));
      },
    });
    expect(await send(server.port)).toMatchObject({ outcome, answer: expect.stringContaining('because') });
  });

  test('is not there', async () => {
    const server = await openServer();
    await server[Symbol.asyncDispose]();
    expect(await send(server.port)).toMatchObject({
      outcome: 'later',
      answer: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
