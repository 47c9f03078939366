import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { NamedChannel } from './channel.js';
import type { Outbox } from './outbox.js';
import { openOutbox } from './outbox.js';
import { alertOf, at, FakeChannel, named, noticeOf, START, strategyOf } from './testing/alerts.js';
import { MemoryTable } from './testing/memory-table.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let table: MemoryTable;
let now: number;
beforeEach(() => {
  table = new MemoryTable();
  now = START;
});

const open = (...channels: NamedChannel[]): Promise<Outbox> =>
  openOutbox({ table, channels, now: () => now, random: () => 1 });

const states = (): string[] =>
  [...table.rows.values()].map(({ notice, state }) => `${notice} ${state}`).sort();

const later = (seconds?: number) => () => ({
  outcome: 'later' as const,
  answer: 'busy',
  ...(seconds !== undefined && { retryAfterSeconds: seconds }),
});
const taken = () => ({ outcome: 'taken' as const, answer: 'ok' });

describe('what is offered', () => {
  test('is told once, however often it is offered, also after a restart', async () => {
    const receiver = new FakeChannel();
    const outbox = await open(named(receiver));
    await outbox.offer([noticeOf('opened'), noticeOf('opened')]);
    await outbox.offer([noticeOf('opened')]);
    await outbox.deliver();
    const again = await open(named(receiver));
    await again.offer([noticeOf('opened')]);
    await again.deliver();
    expect(receiver.told).toEqual(['opened a1:1']);
  });

  test('goes to the channels that want it', async () => {
    const all = { minimum_severity: 'informational' };
    const wants = {
      severe: { minimum_severity: 'critical' },
      strategy: { ...all, strategies: ['T1567*'] },
      technique: { ...all, strategies: ['T1567'] },
      elsewhere: { ...all, workloads: ['prod/*'] },
      here: { ...all, workloads: ['shop/*'] },
      states: { ...all, workloads: ['nobody'], states: true },
    };
    const channels = Object.entries(wants).map(([name, stated]) =>
      named(new FakeChannel(), { name, ...stated }),
    );
    const outbox = await open(...channels);
    const state = {
      id: 's',
      what: 'state' as const,
      alert: null,
      strategy: strategyOf('blind'),
      at: at(now),
    };
    await outbox.offer([noticeOf('opened'), state]);
    await outbox.deliver();
    const told = Object.fromEntries(
      channels.map(({ config, channel }) => [config.name, (channel as FakeChannel).told.join()]),
    );
    expect(told).toEqual({
      severe: '',
      strategy: 'opened a1:1',
      technique: 'opened a1:1',
      elsewhere: '',
      here: 'opened a1:1',
      states: 'state s',
    });
  });

  test('reaches a channel when it has become severe enough, and is told closed only where it was told', async () => {
    const severe = new FakeChannel();
    const outbox = await open(named(severe, { minimum_severity: 'critical' }));
    await outbox.offer([
      noticeOf('opened', { uid: 'mild' }),
      noticeOf('closed', { uid: 'mild', version: 2 }),
    ]);
    await outbox.offer([noticeOf('opened', { uid: 'worse' })]);
    await outbox.offer([noticeOf('escalated', { uid: 'worse', version: 2, severity: 'critical' })]);
    await outbox.offer([noticeOf('closed', { uid: 'worse', version: 3 })]);
    await outbox.deliver();
    expect(severe.told).toEqual(['escalated worse:2', 'closed worse:3']);
  });
});

describe('the newest state is told', () => {
  test('an escalation takes the place of what waits', async () => {
    const receiver = new FakeChannel();
    const outbox = await open(named(receiver));
    await outbox.offer([noticeOf('opened')]);
    await outbox.offer([noticeOf('escalated', { version: 2, severity: 'critical' })]);
    await outbox.deliver();
    expect(receiver.told).toEqual(['escalated a1:2']);
    expect(states()).toEqual(['a1:1 replaced', 'a1:2 sent']);
  });

  test('an older state that is offered late is not told', async () => {
    const receiver = new FakeChannel();
    const outbox = await open(named(receiver));
    await outbox.offer([noticeOf('escalated', { version: 2 })]);
    await outbox.offer([noticeOf('opened')]);
    await outbox.deliver();
    expect(receiver.told).toEqual(['escalated a1:2']);
  });

  test('what opened and closed while the receiver was away is told in that order', async () => {
    const receiver = new FakeChannel();
    receiver.answer = later();
    const outbox = await open(named(receiver));
    await outbox.offer([noticeOf('opened')]);
    await outbox.deliver();
    await outbox.offer([noticeOf('closed', { version: 2 })]);
    receiver.answer = taken;
    now += HOUR;
    await outbox.deliver();
    expect(receiver.told).toEqual(['opened a1:1', 'closed a1:2']);
  });

  test('an alert that opened again is told open, and its waiting end is not', async () => {
    const receiver = new FakeChannel();
    const outbox = await open(named(receiver));
    await outbox.offer([noticeOf('opened')]);
    await outbox.deliver();
    await outbox.offer([noticeOf('closed', { version: 2 }), noticeOf('opened', { version: 3 })]);
    await outbox.deliver();
    expect(receiver.told).toEqual(['opened a1:1', 'opened a1:3']);
  });
});

describe('an incident', () => {
  const story = (uid: string, version = 1, severity: 'high' | 'critical' = 'high') => ({
    uid,
    version,
    severity,
    incident: 'i',
  });

  test('is told a person once, again when it gets worse, and closed with its last alert', async () => {
    const person = new FakeChannel('hold');
    const outbox = await open(named(person));
    await outbox.offer([noticeOf('opened', story('a')), noticeOf('opened', story('b'))]);
    await outbox.deliver();
    await outbox.offer([noticeOf('opened', story('c', 1, 'critical')), noticeOf('closed', story('a', 2))]);
    await outbox.deliver();
    await outbox.offer([noticeOf('closed', story('c', 2, 'critical'))]);
    await outbox.deliver();
    await outbox.offer([noticeOf('closed', story('b', 2))]);
    await outbox.deliver();
    expect(person.told).toEqual(['opened a:1', 'opened c:1', 'closed b:2']);
    const incident = person.arrived.at(-1)!.messages[0]!.facts.find(({ label }) => label === 'Incident');
    expect(incident?.value).toBe('i, with 2 further findings');
  });

  test('is still told when its first alert closes before that was told', async () => {
    const person = new FakeChannel('hold');
    const outbox = await open(named(person));
    await outbox.offer([noticeOf('opened', story('a')), noticeOf('opened', story('b'))]);
    await outbox.offer([noticeOf('closed', story('a', 2))]);
    await outbox.deliver();
    expect(person.told).toEqual(['opened a:1']);
  });

  test('is one key where a receiver joins by key, resolved with its last alert', async () => {
    const pager = new FakeChannel('update');
    const outbox = await open(named(pager));
    await outbox.offer([noticeOf('opened', story('a')), noticeOf('opened', story('b'))]);
    await outbox.offer([noticeOf('closed', story('a', 2))]);
    await outbox.deliver();
    expect(pager.told).toEqual(['opened a:1', 'opened b:1']);
    await outbox.offer([noticeOf('closed', story('b', 2))]);
    await outbox.deliver();
    expect(pager.told.at(-1)).toBe('closed b:2');
    expect(new Set(pager.arrived.map(({ messages }) => messages[0]!.thread))).toEqual(
      new Set(['incident:i']),
    );
  });

  test('that becomes part of another keeps the key under which it was told', async () => {
    const pager = new FakeChannel('update');
    const outbox = await open(named(pager));
    await outbox.offer([noticeOf('opened', story('a'))]);
    await outbox.deliver();
    await outbox.offer([noticeOf('closed', { ...story('a', 2), incident: 'other' })]);
    await outbox.deliver();
    expect(pager.arrived.map(({ messages }) => messages[0]!.thread)).toEqual(['incident:i', 'incident:i']);
  });

  test('is told alert by alert to a program', async () => {
    const program = new FakeChannel('each');
    const outbox = await open(named(program));
    await outbox.offer([noticeOf('opened', story('a')), noticeOf('opened', story('b'))]);
    await outbox.deliver();
    expect(program.told).toEqual(['opened a:1', 'opened b:1']);
  });
});

describe('a receiver that fails', () => {
  test('is left alone longer each time, and as long as it asks', async () => {
    const receiver = new FakeChannel();
    let tries = 0;
    receiver.answer = () => {
      tries += 1;
      return tries === 3 ? later(1000)() : later()();
    };
    const outbox = await open(named(receiver));
    await outbox.offer([noticeOf('opened')]);
    const waits = [];
    for (let second = 0; second < 1100; second += 1) {
      const before = tries;
      await outbox.deliver(START + second * 1000);
      if (tries > before) waits.push(second);
    }
    expect(waits).toEqual([0, 5, 15, 1015, 1055]);
  });

  test('that asked for rest is left alone after a restart, too, and for what is new', async () => {
    const receiver = new FakeChannel();
    receiver.answer = later(600);
    const outbox = await open(named(receiver));
    await outbox.offer([noticeOf('opened')]);
    await outbox.deliver();
    receiver.answer = taken;
    const again = await open(named(receiver));
    await again.offer([noticeOf('opened', { uid: 'new' })]);
    now += 599_000;
    await again.deliver();
    expect(receiver.told).toEqual([]);
    now += 1000;
    await again.deliver();
    expect(receiver.told).toEqual(['opened new:1', 'opened a1:1']);
  });

  test('holds up no other, also while it does not answer', async () => {
    const [dead, hanging, well] = [new FakeChannel(), new FakeChannel(), new FakeChannel()];
    dead.answer = later();
    let release = () => {};
    hanging.answer = () => new Promise((resolve) => (release = () => resolve(taken())));
    const outbox = await open(
      named(dead, { name: 'dead' }),
      named(hanging, { name: 'hanging' }),
      named(well),
    );
    await outbox.offer([noticeOf('opened')]);
    const first = outbox.deliver();
    await outbox.offer([noticeOf('opened', { uid: 'b' })]);
    await vi.waitFor(async () => {
      await outbox.deliver();
      expect(new Set(well.told)).toEqual(new Set(['opened a1:1', 'opened b:1']));
    });
    expect(hanging.told).toEqual([]);
    hanging.answer = taken;
    release();
    await first;
    expect(hanging.told).toEqual(['opened a1:1', 'opened b:1']);
  });

  test('a message that fails again and again does not hold up the others of its channel', async () => {
    const receiver = new FakeChannel();
    receiver.answer = ({ messages }) => (messages[0]!.id === 'bad:1' ? later()() : taken());
    const outbox = await open(named(receiver));
    await outbox.offer([noticeOf('opened', { uid: 'bad', severity: 'critical' })]);
    for (let second = 0; second < 120; second += 1) {
      now += 1000;
      await outbox.offer([noticeOf('opened', { uid: `g${second}` })]);
      await outbox.deliver();
    }
    now += 10_000;
    await outbox.deliver();
    expect(receiver.told).toHaveLength(120);
  });

  test('for longer than stated fails what waits for it; by hand it is tried again', async () => {
    const receiver = new FakeChannel();
    receiver.answer = later();
    const outbox = await open(named(receiver, { retry_for: '1h' }));
    await outbox.offer([noticeOf('opened'), noticeOf('opened', { uid: 'b' })]);
    await outbox.deliver();
    now += HOUR;
    await outbox.deliver();
    expect(states()).toEqual(['a1:1 failed', 'b:1 failed']);
    expect((await outbox.failed()).map(({ answer }) => answer)).toEqual(['busy', 'busy']);
    expect((await outbox.status())[0]!.counts.failed).toBe(2);
    receiver.answer = taken;
    expect(await outbox.retry('c')).toEqual({ again: 2, left_out: 0, why: null });
    await outbox.deliver();
    expect(new Set(receiver.told)).toEqual(new Set(['opened a1:1', 'opened b:1']));
  });

  test('an alert that closed since it failed is not told open by hand', async () => {
    const receiver = new FakeChannel();
    receiver.answer = () => ({ outcome: 'refused', answer: 'HTTP 400' });
    const outbox = await open(named(receiver));
    await outbox.offer([noticeOf('opened')]);
    await outbox.deliver();
    expect(states()).toEqual(['a1:1 failed']);
    receiver.answer = taken;
    await outbox.offer([noticeOf('closed', { version: 2 })]);
    await outbox.deliver();
    expect(await outbox.failed()).toMatchObject([{ notice: 'a1:1', final: 'a newer state is told instead' }]);
    expect(await outbox.retry('c')).toEqual({ again: 0, left_out: 1, why: 'a newer state is told instead' });
    expect(receiver.told).toEqual(['closed a1:2']);
  });

  test('a channel that throws is one that fails', async () => {
    const receiver = new FakeChannel();
    receiver.answer = () => Promise.reject(new Error('a bug'));
    const outbox = await open(named(receiver));
    await outbox.offer([noticeOf('opened')]);
    await outbox.deliver();
    expect((await outbox.status())[0]!.last_answer).toContain('a bug');
    receiver.answer = taken;
    now += HOUR;
    await outbox.deliver();
    expect(receiver.told).toEqual(['opened a1:1']);
  });
});

describe('the cap', () => {
  const flood = (count: number) =>
    Array.from({ length: count }, (_, n) =>
      noticeOf('opened', { uid: `f${n}`, severity: n === 7 ? 'critical' : 'high' }),
    );

  test('joins what is beyond it into one digest, the worst told by themselves', async () => {
    const person = new FakeChannel('hold');
    const outbox = await open(named(person, { per_minute: 3 }));
    await outbox.offer(flood(10));
    await outbox.deliver();
    expect(person.arrived.map(({ messages }) => messages.length)).toEqual([1, 1, 8]);
    expect(person.arrived[0]!.messages[0]!.id).toBe('f7:1');
    await outbox.offer([noticeOf('opened', { uid: 'next' })]);
    await outbox.deliver();
    expect(person.arrived).toHaveLength(3);
    now += MINUTE;
    await outbox.deliver();
    expect(person.told.at(-1)).toBe('opened next:1');
    expect(new Set(person.told).size).toBe(11);
  });

  test('lets wait what cannot be joined', async () => {
    const pager = new FakeChannel('update', false);
    const outbox = await open(named(pager, { per_minute: 3 }));
    await outbox.offer(flood(7));
    for (let minute = 0; minute < 3; minute += 1) await outbox.deliver(now + minute * MINUTE);
    expect(pager.arrived.map(({ messages }) => messages.length)).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  test('holds over a restart', async () => {
    const person = new FakeChannel('hold');
    await (await open(named(person, { per_minute: 1 }))).offer(flood(1));
    await (await open(named(person, { per_minute: 1 }))).deliver();
    const again = await open(named(person, { per_minute: 1 }));
    await again.offer([noticeOf('opened', { uid: 'next' })]);
    await again.deliver(now + 59_999);
    expect(person.arrived).toHaveLength(1);
  });

  test('a digest that failed goes again as it was', async () => {
    const person = new FakeChannel('hold');
    const ids: string[] = [];
    person.answer = ({ id }) => {
      ids.push(id);
      return ids.length < 3 ? later()() : taken();
    };
    const outbox = await open(named(person, { per_minute: 1 }));
    await outbox.offer(flood(5));
    await outbox.deliver();
    await outbox.offer([noticeOf('opened', { uid: 'next' })]);
    // What is new comes first, then the digest.
    for (let minute = 1; minute < 5; minute += 1) await outbox.deliver(now + minute * MINUTE);
    expect(ids.filter((id) => id.startsWith('digest:'))).toHaveLength(2);
    expect(new Set(ids.filter((id) => id.startsWith('digest:'))).size).toBe(1);
    expect(new Set(person.told).size).toBe(6);
    expect(person.told).toHaveLength(6);
  });
});

describe('a table that fails', () => {
  test('while it is told what was sent: that is not sent again, and told later', async () => {
    const receiver = new FakeChannel();
    const outbox = await open(named(receiver));
    await outbox.offer([noticeOf('opened')]);
    table.fault = () => (receiver.arrived.length > 0 ? 'before' : null);
    await expect(outbox.deliver()).rejects.toThrow('killed');
    await expect(outbox.deliver()).rejects.toThrow('killed');
    table.fault = () => null;
    await outbox.deliver();
    expect(receiver.told).toEqual(['opened a1:1']);
    expect(states()).toEqual(['a1:1 sent']);
  });

  test('before sending: nothing is sent until it works', async () => {
    const receiver = new FakeChannel();
    const outbox = await open(named(receiver));
    await outbox.offer([noticeOf('opened')]);
    table.fault = () => 'after';
    await expect(outbox.deliver()).rejects.toThrow('killed');
    expect(receiver.told).toEqual([]);
    table.fault = () => null;
    await outbox.deliver();
    expect(receiver.told).toEqual(['opened a1:1']);
  });
});

describe('after a crash between storing an alert and offering its notice', () => {
  test('catching up tells what was missed, once', async () => {
    const receiver = new FakeChannel();
    const outbox = await open(named(receiver));
    await outbox.offer([noticeOf('opened', { uid: 'told' }), noticeOf('opened', { uid: 'ended' })]);
    await outbox.deliver();
    const alerts = [
      alertOf({ uid: 'told', version: 5 }),
      alertOf({ uid: 'ended', version: 2, state: 'closed' }),
      alertOf({ uid: 'new', version: 3 }),
      alertOf({ uid: 'never', version: 2, state: 'closed' }),
    ];
    for (const _ of [1, 2]) {
      const again = await open(named(receiver));
      await again.catchUp(alerts);
      await again.deliver();
    }
    expect(receiver.told.slice(2).sort()).toEqual(['closed ended:2', 'opened new:3']);
  });
});

test('a test message says so, reaches the receiver and is not kept', async () => {
  const receiver = new FakeChannel();
  const outbox = await open(named(receiver));
  expect(await outbox.sendTest('c')).toEqual({ outcome: 'taken', answer: 'ok' });
  expect(await outbox.sendTest('nobody')).toBeNull();
  expect(receiver.arrived[0]!.messages[0]!.title).toMatch(/^TEST/);
  expect(table.rows.size).toBe(0);
});
