import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildMetrics } from './metrics.js';
import { openStream } from './stream.js';
import {
  LIMITS,
  liveStatus,
  MemoryFindings,
  MemoryJournal,
  noNotifications,
  noResponses,
  startTestServer,
  type TestServer,
} from './testing/stand-ins.js';

// Findings and status are stand-ins in memory.
let server: TestServer;
beforeEach(async () => {
  server = await startTestServer({ bounds: { streams: 2 } });
});
afterEach(() => server.end());

interface Message {
  id?: string;
  event?: string;
  data?: string;
}

const parse = (block: string): Message =>
  Object.fromEntries(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
  );

async function* messages(answer: Response): AsyncGenerator<Message> {
  let text = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      yield parse(text.slice(0, end));
      text = text.slice(end + 2);
    }
  }
}

const follow = async (lastEventId?: string) => {
  const answer = await server.call(
    '/api/v1/stream',
    server.admin,
    lastEventId ? { headers: { 'last-event-id': lastEventId } } : {},
  );
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  return messages(answer);
};
const next = async (stream: AsyncGenerator<Message>): Promise<Message> =>
  (await stream.next()).value as Message;

test('tells each change of a finding, and of how it goes', async () => {
  const stream = await follow();
  expect(await next(stream)).toMatchObject({ event: 'hello' });
  server.findings.add('a1');
  await server.findings.change('a1', { what: 'closed', why: 'a\n\nevent: forged' }, 'ann');
  const [opened, closed] = [await next(stream), await next(stream)];
  expect([opened.event, JSON.parse(opened.data!).kept.uid]).toEqual(['finding', 'a1']);
  expect(JSON.parse(closed.data!).event).toMatchObject({
    what: 'closed',
    who: 'ann',
    why: 'a\n\nevent: forged',
  });
  server.live.status = { ...liveStatus(), ready: false };
  const status = await next(stream);
  expect([status.event, JSON.parse(status.data!).ready]).toEqual(['status', false]);
});

test('tells that a strategy which has fired sees less', async () => {
  const [strategy] = liveStatus().strategies;
  const fired = { ...strategy!, state: 'fired' as const, sight: 'whole' as const };
  server.live.status = { ...liveStatus(), strategies: [fired] };
  const stream = await follow();
  await next(stream);
  server.live.status = { ...liveStatus(), strategies: [{ ...fired, sight: 'blind' }] };
  for (let sight = 'whole'; sight !== 'blind'; ) {
    const { event, data } = await next(stream);
    expect(event).toBe('status');
    [{ sight }] = JSON.parse(data!).strategies;
  }
});

test('goes on where a client left off, and says when it cannot', async () => {
  const first = await follow();
  const hello = await next(first);
  server.findings.add('a1');
  const one = await next(first);
  await first.return(undefined);
  server.findings.add('a2');
  const again = await follow(one.id);
  expect(JSON.parse((await next(again)).data!).kept.uid).toBe('a2');
  await again.return(undefined);
  const all = await follow(hello.id);
  expect([
    JSON.parse((await next(all)).data!).kept.uid,
    JSON.parse((await next(all)).data!).kept.uid,
  ]).toEqual(['a1', 'a2']);
  await all.return(undefined);
  for (const stranger of ['other-1', `${one.id}9`, 'x', '-', 'x-NaN']) {
    const lost = await follow(stranger);
    expect((await next(lost)).event).toBe('reset');
    await lost.return(undefined);
  }
});

test('more than are taken have to wait', async () => {
  const streams = [await follow(), await follow()];
  const answer = await server.call('/api/v1/stream', server.admin);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  for (const stream of streams) await stream.return(undefined);
});

test('ends when the server does', async () => {
  const stream = await follow();
  await next(stream);
  await server.server.close();
  expect(await next(stream)).toMatchObject({ event: 'dropped', data: '{"reason":"the server ends"}' });
  expect((await stream.next()).done).toBe(true);
});

test('a client that does not read is let go, and the others are not', async () => {
  const findings = new MemoryFindings();
  const status = liveStatus;
  const metrics = buildMetrics({
    ...{ findings, status, journal: new MemoryJournal() },
    ...{ investigations: { precision: async () => [] }, outbox: noNotifications },
  });
  const stream = openStream({
    findings,
    status,
    metrics,
    tokens: server.tokens,
    responder: noResponses(),
    limits: LIMITS,
    now: () => new Date(),
  });
  const token = server.tokens.list()[0]!;
  const sleeping = stream.follow(token, undefined);
  const awake = messages(stream.follow(token, undefined));
  await next(awake);
  for (let n = 0; n < 200; n += 1) {
    findings.add(`a${n}`, { why: 'x'.repeat(10_000) });
    expect((await next(awake)).event).toBe('finding');
  }
  const seen: Message[] = [];
  for await (const message of messages(sleeping)) seen.push(message);
  expect(seen.at(-1)).toMatchObject({ event: 'dropped' });
  expect(seen.at(-1)!.data).toContain('too slow');
  expect(seen.length).toBeLessThan(120);
  expect(await metrics.registry.getSingleMetricAsString('stowaway_streams_dropped_total')).toContain(' 1');
  expect(await metrics.registry.getSingleMetricAsString('stowaway_streams')).toContain(' 1');
  stream.end();
});
