import { createHash, createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Notice } from '../../model/live.js';
import type { Channel } from '../channel.js';
import { messageOf, type Parcel, testMessage } from '../message.js';
import { openChannels } from '../open-channels.js';
import { openOutbox } from '../outbox.js';
import { at, configOf, noticeOf, START, SURROUNDINGS, strategyOf } from '../testing/alerts.js';
import { MemoryTable } from '../testing/memory-table.js';
import { HttpReceiver } from '../testing/receiver.js';

let receiver: HttpReceiver;
let environment: Record<string, string> = {};
beforeEach(async () => {
  receiver = await HttpReceiver.open();
  environment = { SECRET: 'k3y-of-the-channel', TOKEN: 't0ken-of-the-channel' };
});
afterEach(() => receiver[Symbol.asyncDispose]());

const surroundings = { ...SURROUNDINGS, environment: (name: string) => environment[name] };
const open = (stated: Record<string, unknown>): Channel =>
  openChannels([configOf(stated)], surroundings)[0]!.channel;
const parcelOf = (...notices: Notice[]): Parcel => ({
  id: notices.length === 1 ? notices[0]!.id : 'digest:d',
  isRepeat: false,
  messages: notices.map((notice) => messageOf(notice, `incident:${notice.alert?.finding.incident}`)),
});
const states = (state: 'blind' | 'quiet'): Notice => ({
  id: `state:${state}`,
  what: 'state',
  alert: null,
  strategy: strategyOf(state),
  at: at(START),
});

describe('webhook', () => {
  const channel = () =>
    open({ type: 'webhook', url: `${receiver.url}/hook`, secret_env: 'SECRET', token_env: 'TOKEN' });

  test('carries the alert, a signature over time and body, and the same key on each attempt', async () => {
    await channel().send(parcelOf(noticeOf('opened')));
    await channel().send({ ...parcelOf(noticeOf('opened')), isRepeat: true });
    for (const { headers, body } of receiver.arrived) {
      const timestamp = headers['stowaway-timestamp'];
      const expected = createHmac('sha256', 'k3y-of-the-channel')
        .update(`${timestamp}.${body}`)
        .digest('hex');
      expect(headers['stowaway-signature']).toBe(`v1=${expected}`);
      expect(timestamp).toBe(String(START / 1000));
      expect(headers['idempotency-key']).toBe('a1:1');
      expect(headers.authorization).toBe('Bearer t0ken-of-the-channel');
    }
    expect(receiver.arrived.map(({ path }) => path)).toEqual(['/hook', '/hook']);
    expect(receiver.last).toMatchObject({
      version: 1,
      id: 'a1:1',
      what: 'opened',
      severity: 'high',
      may_repeat: true,
      next: 'stowaway findings show a1',
      alert: { uid: 'a1', finding: { strategy: 'T1567-exfiltration-over-web-service' } },
    });
  });

  test('tells several alerts in one body', async () => {
    await channel().send(
      parcelOf(noticeOf('opened'), noticeOf('opened', { uid: 'a2', severity: 'critical' })),
    );
    expect(receiver.last).toMatchObject({ what: 'digest', title: '2 messages in one: 1 high, 1 critical' });
    expect(receiver.last.messages.map(({ id }: { id: string }) => id)).toEqual(['a1:1', 'a2:1']);
  });

  test('without a secret sends none of the signature, and with an empty one nothing at all', async () => {
    await open({ type: 'webhook', url: receiver.url }).send(parcelOf(noticeOf('opened')));
    expect(Object.keys(receiver.arrived[0]!.headers).filter((name) => name.startsWith('stowaway-'))).toEqual(
      [],
    );
    environment.SECRET = ' ';
    const receipt = await channel().send(parcelOf(noticeOf('opened')));
    expect(receipt).toMatchObject({
      outcome: 'later',
      answer: expect.stringContaining('variable SECRET is empty'),
    });
    expect(receiver.arrived).toHaveLength(1);
  });
});

describe('secrets', () => {
  test('are read from files at each use, and what is wrong with a file is told by its name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stowaway-secret-'));
    try {
      const file = join(folder, 'token');
      const channel = open({ type: 'webhook', url: receiver.url, token_file: file });
      expect((await channel.send(parcelOf(noticeOf('opened')))).answer).toContain(
        `${file} cannot be read (ENOENT)`,
      );
      await writeFile(file, 'first\n');
      await channel.send(parcelOf(noticeOf('opened')));
      await writeFile(file, 'second\n');
      await channel.send(parcelOf(noticeOf('opened')));
      expect(receiver.arrived.map(({ headers }) => headers.authorization)).toEqual([
        'Bearer first',
        'Bearer second',
      ]);
      await writeFile(file, 'one\r\nX-Injected: two');
      const receipt = await channel.send(parcelOf(noticeOf('opened')));
      expect(receipt.answer).toContain('more than one line');
      expect(receipt.answer).not.toContain('Injected');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('stand in no answer, though the receiver repeats them', async () => {
    environment.URL = `${receiver.url}/services/T0AAAA/B0BBBB/sEcReTsEcReT?key=hidden-key`;
    receiver.answer = ({ path, headers, body }) => ({
      status: 500,
      body: `${path} ${headers.authorization} ${body.slice(0, 60)}`,
    });
    const told = [
      await open({ type: 'slack', url_env: 'URL' }).send(parcelOf(noticeOf('opened'))),
      await open({ type: 'teams', url_env: 'URL' }).send(parcelOf(noticeOf('opened'))),
      await open({ type: 'pagerduty', url: receiver.url, secret_env: 'SECRET' }).send(
        parcelOf(noticeOf('opened')),
      ),
      await open({ type: 'export', url: receiver.url, token_env: 'TOKEN' }).send(
        parcelOf(noticeOf('opened')),
      ),
    ];
    environment.URL = 'https://user:pass@nowhere.invalid:99999/T0AAAA';
    told.push(await open({ type: 'slack', url_env: 'URL' }).send(parcelOf(noticeOf('opened'))));
    for (const { answer } of told) {
      expect(answer).not.toMatch(/sEcReT|T0AAAA|hidden-key|k3y-of|t0ken-of|pass@/);
    }
    expect(told.map(({ outcome }) => outcome)).toEqual(Array(5).fill('later'));
  });
});

describe('what a receiver answers', () => {
  const send = () => open({ type: 'webhook', url: receiver.url }).send(parcelOf(noticeOf('opened')));

  test.each([
    [200, 'taken'],
    [204, 'taken'],
    [302, 'later'],
    [400, 'refused'],
    [401, 'later'],
    [404, 'later'],
    [409, 'later'],
    [413, 'refused'],
    [422, 'refused'],
    [429, 'later'],
    [500, 'later'],
    [503, 'later'],
  ])('%i: %s', async (status, outcome) => {
    receiver.answer = () => ({ status, body: 'because' });
    expect(await send()).toMatchObject({ outcome, answer: expect.stringContaining(`HTTP ${status}`) });
  });

  test.each([
    ['120', 120],
    [new Date(START + 90_000).toUTCString(), 90],
    [new Date(START - 90_000).toUTCString(), 0],
    ['999999999', 86_400],
    ['soon', undefined],
  ])('Retry-After: %s', async (header, seconds) => {
    receiver.answer = () => ({ status: 429, headers: { 'retry-after': header } });
    expect((await send()).retryAfterSeconds).toBe(seconds);
  });

  test('never comes: the next one is tried after the receiver was given up', async () => {
    const table = new MemoryTable();
    let now = START;
    const hasty = { ...surroundings, timeoutMs: 500 };
    const channels = openChannels([configOf({ type: 'webhook', url: receiver.url })], hasty);
    const outbox = await openOutbox({ table, channels, now: () => now, random: () => 1 });
    await outbox.offer([noticeOf('opened')]);
    receiver.answer = () => ({ hangs: true });
    await outbox.deliver();
    expect((await outbox.status())[0]!.last_answer).toContain('no answer within 0.5 s');
    receiver.answer = () => ({ status: 503, headers: { 'retry-after': '60' } });
    now += 5000;
    await outbox.deliver();
    now += 59_000;
    await outbox.deliver();
    receiver.answer = () => ({});
    now += 1000;
    await outbox.deliver();
    expect(receiver.arrived.map(({ headers }) => headers['idempotency-key'])).toEqual([
      'a1:1',
      'a1:1',
      'a1:1',
    ]);
    expect((await outbox.status())[0]!.counts).toMatchObject({ sent: 1, waiting: 0 });
  });
});

describe('Slack', () => {
  const send = async (parcel: Parcel) => {
    environment.URL = `${receiver.url}/services/x`;
    expect(await open({ type: 'slack', url_env: 'URL' }).send(parcel)).toMatchObject({ outcome: 'taken' });
    return receiver.last;
  };

  test('gets blocks with plain text, the command and the id', async () => {
    const body = await send(parcelOf(noticeOf('opened')));
    expect(body.text).toBe('HIGH: Exfiltration over web service: shop/payments-api');
    expect(body.blocks.map(({ type }: { type: string }) => type)).toEqual([
      'header',
      'section',
      'section',
      'section',
      'context',
    ]);
    expect(JSON.stringify(body.blocks)).toContain('17.6 MB to files.example.org');
    expect(body.blocks[3].text).toEqual({
      type: 'mrkdwn',
      text: '`stowaway findings show a1`',
      verbatim: true,
    });
    expect(JSON.stringify(body.blocks[4])).toContain('Stowaway a1:1');
  });

  test('lists what is joined, and counts what is not listed', async () => {
    const many = Array.from({ length: 30 }, (_, n) => noticeOf('opened', { uid: `u${n}` }));
    const body = await send({ ...parcelOf(...many), isRepeat: true });
    expect(body.blocks[1].text.text.split('\n')).toHaveLength(21);
    expect(body.blocks[1].text.text).toContain('and 10 more');
    expect(JSON.stringify(body.blocks[2])).toContain('may repeat an earlier message');
  });
});

test('Teams gets an Adaptive Card of rich text runs, which know no markdown', async () => {
  environment.URL = `${receiver.url}/workflows/x`;
  await open({ type: 'teams', url_env: 'URL' }).send(
    parcelOf(noticeOf('escalated', { severity: 'critical' })),
  );
  const card = receiver.last.attachments[0];
  expect(receiver.last.type).toBe('message');
  expect(card.contentType).toBe('application/vnd.microsoft.card.adaptive');
  expect(card.content.type).toBe('AdaptiveCard');
  expect(new Set(card.content.body.map(({ type }: { type: string }) => type))).toEqual(
    new Set(['RichTextBlock']),
  );
  expect(card.content.body[0].inlines[0].text).toMatch(/^Now CRITICAL: Exfil/);
});

describe('PagerDuty', () => {
  const channel = () => open({ type: 'pagerduty', url: `${receiver.url}/v2/enqueue`, secret_env: 'SECRET' });

  test('triggers under the incident’s key and resolves the same key', async () => {
    receiver.answer = () => ({ status: 202, body: '{"status":"success"}' });
    const story = { incident: 'inc-1' };
    const receipt = await channel().send(parcelOf(noticeOf('opened', story)));
    expect(receipt).toEqual({ outcome: 'taken', answer: 'HTTP 202: {"status":"success"}' });
    expect(receiver.last).toMatchObject({
      routing_key: 'k3y-of-the-channel',
      event_action: 'trigger',
      dedup_key: 'stowaway:incident:inc-1',
      payload: {
        summary: 'HIGH: Exfiltration over web service: shop/payments-api',
        severity: 'error',
        class: 'T1567',
        custom_details: { next: 'stowaway findings show a1', id: 'a1:1' },
      },
    });
    await channel().send(parcelOf(noticeOf('closed', { ...story, version: 2 })));
    expect(receiver.last).toEqual({
      routing_key: 'k3y-of-the-channel',
      event_action: 'resolve',
      dedup_key: 'stowaway:incident:inc-1',
    });
  });

  test.each([
    ['critical', 'critical'],
    ['high', 'error'],
    ['medium', 'warning'],
    ['low', 'info'],
    ['informational', 'info'],
  ] as const)('%s is %s there', async (severity, theirs) => {
    await channel().send(parcelOf(noticeOf('opened', { severity })));
    expect(receiver.last.payload.severity).toBe(theirs);
  });

  test('a blind strategy triggers, and resolves when it sees again', async () => {
    await channel().send(parcelOf(states('blind')));
    expect(receiver.last).toMatchObject({ event_action: 'trigger', payload: { severity: 'error' } });
    await channel().send(parcelOf(states('quiet')));
    expect(receiver.last.event_action).toBe('resolve');
  });

  test('a test resolves what it triggered', async () => {
    await channel().send({ id: 't', isRepeat: false, messages: [testMessage('test:1', at(START))] });
    const actions = receiver.arrived.map(({ body }) => JSON.parse(body));
    expect(actions.map(({ event_action }) => event_action)).toEqual(['trigger', 'resolve']);
    expect(actions[0].payload.summary).toMatch(/^TEST/);
    expect(actions[0].dedup_key).toBe(actions[1].dedup_key);
  });
});

describe('Alertmanager', () => {
  const channel = () =>
    open({ type: 'alertmanager', url: `${receiver.url}/am/`, labels: { team: 'soc' }, token_env: 'TOKEN' });

  test('gets one alert with bounded labels, which are the same when it ends', async () => {
    await channel().send(parcelOf(noticeOf('opened')));
    const [alert, ...more] = receiver.last;
    expect(more).toEqual([]);
    expect(receiver.arrived[0]!.path).toBe('/am/api/v2/alerts');
    expect(alert).toMatchObject({
      labels: {
        alertname: 'StowawayFinding',
        team: 'soc',
        severity: 'high',
        uid: 'a1',
        technique: 'T1567',
        entity: 'shop/payments-api',
      },
      startsAt: at(START),
    });
    expect(Date.parse(alert.endsAt)).toBeGreaterThan(START);
    const closed = noticeOf('closed', { version: 2 });
    await channel().send(parcelOf(closed));
    const ended = receiver.last.find((each: typeof alert) => each.labels.severity === 'high');
    expect(ended.labels).toEqual(alert.labels);
    expect(ended.endsAt).toBe(closed.at);
  });

  test('an escalation ends the alert of the severity before', async () => {
    await channel().send(parcelOf(noticeOf('escalated', { version: 2, severity: 'critical' })));
    const ends = Object.fromEntries(
      receiver.last.map(({ labels, endsAt }: { labels: { severity: string }; endsAt: string }) => [
        labels.severity,
        endsAt,
      ]),
    );
    expect(Date.parse(ends.critical)).toBeGreaterThan(START + 86_400_000);
    expect([ends.high, ends.medium]).toEqual([at(START + 2000), at(START + 2000)]);
  });

  test('many alerts go in one request, and a test ends by itself', async () => {
    await channel().send(parcelOf(noticeOf('opened'), noticeOf('opened', { uid: 'a2' })));
    expect(receiver.last).toHaveLength(2);
    await channel().send({ id: 't', isRepeat: false, messages: [testMessage('test:1', at(START))] });
    expect(receiver.last[0]).toMatchObject({
      labels: { alertname: 'StowawayTest' },
      endsAt: at(START + 60_000),
    });
  });
});

test('falcosidekick gets an event in Falco’s shape with strings only, under 4 kB', async () => {
  const channel = open({ type: 'falcosidekick', url: receiver.url });
  await channel.send(parcelOf(noticeOf('opened')));
  expect(receiver.last).toMatchObject({
    priority: 'Error',
    rule: 'Exfiltration over web service',
    source: 'stowaway',
    time: at(START + 1000),
    tags: ['stowaway', 'opened', 'T1567'],
    output_fields: { 'stowaway.id': 'a1:1', 'container.id': '9c41d7e2b0aa' },
  });
  const long = { title: '\u{1f4a3}'.repeat(5000), why: '\u202e'.repeat(50_000), incident: 'é'.repeat(9000) };
  await channel.send(parcelOf(noticeOf('opened', { finding: long })));
  await channel.send(
    parcelOf(...Array.from({ length: 500 }, (_, n) => noticeOf('opened', { uid: `u${n}` }))),
  );
  for (const { body } of receiver.arrived) {
    expect(Buffer.byteLength(body)).toBeLessThan(4096);
    const values = Object.values(JSON.parse(body).output_fields);
    expect(values.filter((value) => typeof value !== 'string' || value === '')).toEqual([]);
  }
});

describe('export', () => {
  test('posts OCSF and ECS; an id in the URL makes a second one a conflict, which is fine', async () => {
    const hash = createHash('sha256').update('a1:2').digest('hex').slice(0, 32);
    const ocsf = open({
      type: 'export',
      url: `${receiver.url}/alerts/_create/{id}`,
      token_env: 'TOKEN',
      authorization: 'ApiKey',
    });
    receiver.answer = () => ({ status: 409 });
    expect(await ocsf.send(parcelOf(noticeOf('closed', { version: 2 })))).toMatchObject({ outcome: 'taken' });
    expect(receiver.arrived[0]).toMatchObject({
      path: `/alerts/_create/${hash}`,
      headers: { authorization: 'ApiKey t0ken-of-the-channel' },
    });
    expect(receiver.last).toMatchObject({
      class_uid: 2004,
      activity_name: 'Close',
      type_uid: 200403,
      status: 'Resolved',
      metadata: { uid: 'a1:2', product: { version: '1.2.3' } },
      finding_info: { uid: 'a1' },
    });
    receiver.answer = () => ({});
    await open({ type: 'export', url: receiver.url, format: 'ecs' }).send(parcelOf(noticeOf('opened')));
    expect(receiver.last).toMatchObject({
      '@timestamp': at(START + 1000),
      event: { id: 'a1:1', kind: 'alert', action: 'opened', risk_score: 98 },
      rule: { id: 'T1567-exfiltration-over-web-service' },
      threat: { technique: { id: ['T1567'] } },
      destination: { domain: 'files.example.org', port: 443 },
    });
  });

  test('also says that a strategy is blind', async () => {
    for (const format of ['ocsf', 'ecs', 'alert']) {
      await open({ type: 'export', url: receiver.url, format }).send(parcelOf(states('blind')));
      expect(receiver.arrived.at(-1)!.body).toContain('no source tells of connections');
    }
  });
});
