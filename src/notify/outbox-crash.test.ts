import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Severity } from '../model/hunt-result.js';
import type { KeptFinding, Notice } from '../model/live.js';
import { SEVERITIES } from '../output/summary.js';
import type { Channel, Grouping, Receipt } from './channel.js';
import type { Parcel } from './message.js';
import { noticesOf } from './notices.js';
import { openOutbox } from './outbox.js';
import { alertOf, at, named, START } from './testing/alerts.js';
import { MemoryTable } from './testing/memory-table.js';

/** What happens, step by step: an alert changes, time passes, the process is killed at the nth thing it stores or sends. */
const step = fc.oneof(
  fc.record({
    do: fc.constant('change' as const),
    uid: fc.constantFrom('a', 'b', 'c', 'd'),
    incident: fc.constantFrom('i', 'j'),
    severity: fc.constantFrom<Severity>('critical', 'high', 'medium'),
    state: fc.constantFrom<KeptFinding['state']>('open', 'open', 'closed'),
  }),
  fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 400 }) }),
  fc.record({
    do: fc.constant('kill' as const),
    at: fc.integer({ min: 0, max: 6 }),
    when: fc.constantFrom('before' as const, 'after' as const),
  }),
);

type Answer = 'taken' | 'lost' | 'later';

/** A receiver that outlives the process. `lost`: it took the parcel, and its answer did not arrive. */
class Receiver implements Channel {
  readonly canJoin = true;
  /** Everything that arrived, and what a receiver that knows ids made of it. */
  arrived: Parcel[] = [];
  kept: Parcel[] = [];
  lostAnswers = 0;
  onArrival: () => boolean = () => false;

  constructor(
    readonly grouping: Grouping,
    readonly answers: Answer[],
  ) {}

  async send(parcel: Parcel): Promise<Receipt> {
    const answer = this.answers.shift() ?? 'taken';
    if (answer === 'later') return { outcome: 'later', answer: 'busy' };
    this.arrived.push(parcel);
    if (!this.kept.some(({ id }) => id === parcel.id)) this.kept.push(parcel);
    const isKilled = this.onArrival();
    if (answer === 'lost') this.lostAnswers += 1;
    // A killed process does not go on.
    if (isKilled) return new Promise(() => {});
    return answer === 'lost' ? { outcome: 'later', answer: 'no answer' } : { outcome: 'taken', answer: 'ok' };
  }
}

const messagesOf = (parcels: readonly Parcel[]) => parcels.flatMap(({ messages }) => messages);

/** The alerts, as they are stored before anything is offered: what a process that starts again finds. */
class World {
  readonly table = new MemoryTable();
  readonly alerts = new Map<string, KeptFinding>();
  now = START;
  kills = 0;

  constructor(readonly receiver: Receiver) {}

  async start() {
    this.table.fault = () => null;
    this.receiver.onArrival = () => false;
    const channels = [named(this.receiver, { per_minute: 4 })];
    const outbox = await openOutbox({ table: this.table, channels, now: () => this.now, random: () => 0.5 });
    await outbox.catchUp([...this.alerts.values()]);
    return outbox;
  }

  change(to: { uid: string; incident: string; severity: Severity; state: KeptFinding['state'] }): Notice[] {
    const before = this.alerts.get(to.uid) ?? null;
    const rank = (severity: Severity) => SEVERITIES.indexOf(severity);
    const worst =
      before === null || rank(to.severity) < rank(before.finding.severity)
        ? to.severity
        : before.finding.severity;
    const after = alertOf({ ...to, severity: worst, version: (before?.version ?? 0) + 1 });
    this.alerts.set(to.uid, after);
    const event = {
      uid: to.uid,
      version: after.version,
      at: at(this.now),
      what: 'grew',
      who: 's',
      why: '',
    } as const;
    return noticesOf(before, after, event);
  }

  /** Arms one kill: at the nth thing that is stored or arrives, nothing of the process runs on. */
  arm(nth: number, when: 'before' | 'after'): Promise<void> {
    let left = nth;
    return new Promise((die) => {
      const isNow = (): boolean => {
        if (left-- !== 0) return false;
        this.kills += 1;
        die();
        return true;
      };
      this.receiver.onArrival = isNow;
      this.table.fault = () => (isNow() ? when : null);
    });
  }
}

/** Runs work until it ends or the process is killed; whatever it still does then reaches neither table nor receiver. */
async function untilKilled(work: Promise<unknown>, death: Promise<void>): Promise<boolean> {
  return Promise.race([
    work.then(
      () => false,
      () => true,
    ),
    death.then(() => true),
  ]);
}

test.each<Grouping>(['each', 'hold', 'update'])(
  'over crashes, lost answers and failures nothing is lost, and nothing is told twice to who knows ids (%s)',
  async (grouping) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.array(fc.constantFrom<Answer>('taken', 'taken', 'lost', 'later'), { maxLength: 30 }),
        async (steps, answers) => {
          const world = new World(new Receiver(grouping, answers));
          let outbox = await world.start();
          let death: Promise<void> = new Promise(() => {});
          for (const each of steps) {
            if (each.do === 'kill') death = world.arm(each.at, each.when);
            if (each.do === 'wait') world.now += each.seconds * 1000;
            const work = each.do === 'change' ? outbox.offer(world.change(each)) : outbox.deliver();
            if (await untilKilled(work, death)) {
              outbox = await world.start();
              death = new Promise(() => {});
            }
          }
          // All is well from here on: what is due goes out.
          outbox = await world.start();
          for (let minute = 0; minute < 60; minute += 1) {
            world.now += 60_000;
            await outbox.deliver();
          }
          check(world);
        },
      ),
      { numRuns: 400 },
    );
  },
);

function check({ table, receiver, alerts, kills }: World): void {
  const rows = [...table.rows.values()];
  // Every delivery ended, and what counts as sent is what arrived.
  expect(
    rows.map(({ state }) => state).filter((state) => !['sent', 'replaced', 'held'].includes(state)),
  ).toEqual([]);
  const sent = rows.filter(({ state }) => state === 'sent').map(({ notice }) => notice);
  const kept = messagesOf(receiver.kept).map(({ id }) => id);
  expect(new Set(kept).size).toBe(kept.length);
  expect(sent.filter((id) => !kept.includes(id))).toEqual([]);
  // Arrived and not recorded: a newer state took its place while nobody knew whether it had arrived.
  const unrecorded = kept.filter((id) => !sent.includes(id));
  expect(unrecorded.filter((id) => rows.find(({ notice }) => notice === id)?.state !== 'replaced')).toEqual(
    [],
  );
  // Who does not know ids hears no more repetitions than answers or processes were lost.
  expect(receiver.arrived.length - receiver.kept.length).toBeLessThanOrEqual(receiver.lostAnswers + kills);
  for (const alert of alerts.values()) {
    const told = messagesOf(receiver.kept).filter((message) => message.alert?.uid === alert.uid);
    const versions = told.map((message) => message.alert!.version);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    const last = told.at(-1);
    // A program knows of each alert whether it is open, and how bad it is.
    if (receiver.grouping === 'each' && last) {
      expect(last.what === 'closed' ? 'closed' : 'open').toBe(alert.state);
      if (alert.state === 'open') expect(last.severity).toBe(alert.finding.severity);
    }
    if (receiver.grouping === 'each' && alert.state === 'open') expect(last).toBeDefined();
  }
  if (receiver.grouping !== 'each') checkThreads(receiver, rows);
}

/** Who is told of incidents knows of each whether it is open. */
function checkThreads(
  receiver: Receiver,
  rows: readonly { thread: string; subject: string; place: number; what: string }[],
): void {
  for (const thread of new Set(rows.map((row) => row.thread))) {
    const last = new Map(
      rows
        .filter((row) => row.thread === thread)
        .sort((a, b) => a.place - b.place)
        .map((row) => [row.subject, row.what]),
    );
    const isOpen = [...last.values()].some((what) => what !== 'closed');
    const told = messagesOf(receiver.kept).filter((message) => message.thread === thread);
    expect(told.at(-1)?.what !== 'closed').toBe(isOpen);
  }
}
