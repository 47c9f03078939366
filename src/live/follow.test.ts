import { describe, expect, test } from 'vitest';
import type { Finding } from '../model/hunt-result.js';
import type { KeptFinding } from '../model/live.js';
import type { Strategy } from '../model/strategy.js';
import { sampleFindings } from '../output/testing/sample-findings.js';
import { follow } from './follow.js';

const upload = sampleFindings[0]!;
const END = Date.parse(upload.window.to);
/** Minutes after the end of the upload. */
const minute = (minutes: number) => new Date(END + minutes * 60_000);
const strategies = [{ id: upload.strategy, correlationWindowSeconds: 900 }] as Strategy[];

const judged = (change: Partial<Finding> = {}): Finding => ({ ...upload, ...change });
const at = (minutes: number, lastJudged = new Map<string, Date>()) => ({
  strategies,
  now: minute(minutes),
  lastJudged,
});

/** Lays one judgement after the other beside what is kept, and tells what happened. */
function live(...steps: [minutes: number, findings: Finding[]][]) {
  const kept = new Map<string, KeptFinding>();
  const lastJudged = new Map<string, Date>();
  const events = steps.map(([minutes, findings]) => {
    const { changes, judged } = follow([...kept.values()], findings, at(minutes, lastJudged));
    for (const uid of judged.keys()) lastJudged.set(uid, minute(minutes));
    for (const change of changes) kept.set(change.kept.uid, change.kept);
    return changes.flatMap(({ event }) => event?.what ?? []);
  });
  return { events, kept: [...kept.values()] };
}

const goesOn = (minutes: number, change: Partial<Finding> = {}) =>
  judged({ window: { from: upload.window.from, to: minute(minutes).toISOString() }, ...change });

describe('a finding', () => {
  test('opens once, and says nothing while nothing changes', () => {
    expect(live([1, [judged()]], [2, [judged()]]).events).toEqual([['opened'], []]);
  });

  test('grows when it gets surer, and keeps its name when its episode begins at another moment', () => {
    const surer = judged({
      uid: 'another',
      score: 0.99,
      window: { ...upload.window, from: '2026-07-20T13:59:00Z' },
    });
    const { events, kept } = live([1, [judged()]], [2, [surer]]);
    expect(events).toEqual([['opened'], ['grew']]);
    expect(kept.map(({ uid, finding, version }) => [uid, finding.uid, version])).toEqual([
      [upload.uid, upload.uid, 2],
    ]);
  });

  test('keeps its beginning where that is not judged any more, and only there', () => {
    const first = judged();
    const later = judged({ window: { from: minute(300).toISOString(), to: minute(301).toISOString() } });
    const kept = {
      ...{ uid: first.uid, state: 'open', version: 1, closed_at: null, verdict: null, assignee: null },
      ...{ opened_at: first.window.from, updated_at: first.window.to },
      finding: judged({ window: { from: first.window.from, to: minute(299).toISOString() } }),
    } as KeptFinding;
    const fromAfter = (wholeSince: Date) =>
      follow([kept], [later], { ...at(302), wholeSince }).changes.map(({ kept }) => kept.finding.window.from);
    expect(fromAfter(minute(200))).toEqual([first.window.from]);
    expect(fromAfter(new Date(first.window.from))).toEqual([later.window.from]);
  });

  test('closes after its window in silence, and opens again when it goes on', () => {
    const { events, kept } = live([1, [judged()]], [16, [judged()]], [17, [judged()]], [18, [goesOn(14)]]);
    expect(events).toEqual([['opened'], ['closed'], [], ['reopened']]);
    expect(kept).toHaveLength(1);
  });

  test('is another one when more than its window lies between', () => {
    const later = judged({
      uid: 'later',
      window: { from: minute(20).toISOString(), to: minute(21).toISOString() },
    });
    expect(live([1, [judged()]], [22, [judged(), later]]).kept.map(({ uid }) => uid)).toEqual([
      upload.uid,
      'later',
    ]);
  });

  test('that somebody gave a verdict opens again only when it gets worse', () => {
    const known: KeptFinding = {
      ...live([1, [judged({ severity: 'medium' })]]).kept[0]!,
      state: 'closed',
      verdict: 'benign',
    };
    const more = (severity: Finding['severity']) => follow([known], [goesOn(5, { severity })], at(6));
    // More of the same is kept, and said to nobody.
    expect(more('medium').changes.map(({ kept, event }) => [kept.state, event])).toEqual([['closed', null]]);
    expect(more('high').changes.map(({ event }) => event?.what)).toEqual(['reopened']);
  });

  test('that somebody gave a verdict opens again when it begins anew after a silence', () => {
    const known: KeptFinding = {
      ...live([1, [judged()]]).kept[0]!,
      ...{ state: 'closed', verdict: 'true_positive', closed_at: minute(5).toISOString() },
    };
    // What joins them, a place that is new to both, reaches from the first to the last.
    const began = (minutes: number) => ({
      ...at(41),
      beginnings: new Map([[upload.uid, minute(minutes).toISOString()]]),
    });
    expect(follow([known], [goesOn(40)], began(4)).changes.map(({ event }) => event)).toEqual([null]);
    const { changes } = follow([known], [goesOn(40)], began(30));
    expect(changes.map(({ kept, event }) => [kept.uid, kept.state, event?.what])).toEqual([
      [upload.uid, 'open', 'reopened'],
    ]);
    // Judged again, it is quiet until the next time.
    const again = { ...changes[0]!.kept, state: 'closed' as const, closed_at: minute(41).toISOString() };
    expect(follow([again], [goesOn(42)], began(30)).changes.map(({ event }) => event)).toEqual([null]);
  });

  test('that is not judged so any more gets a minute to come back', () => {
    const { events } = live(
      ...([
        [1, [judged()]],
        [1.5, []],
        [1.8, [judged()]],
        [2.7, []],
        [2.9, []],
        [3, []],
      ] as [number, Finding[]][]),
    );
    expect(events).toEqual([['opened'], [], [], [], ['closed'], []]);
  });

  test('that was closed because it was not judged so opens again when it is', () => {
    const { events } = live([1, [judged()]], [2.5, []], [3, [judged()]], [4, [judged()]]);
    expect(events).toEqual([['opened'], ['closed'], ['reopened'], []]);
  });

  test('stays open while its strategy could not be asked', () => {
    const [open] = live([1, [judged()]]).kept;
    const unasked = new Set([upload.strategy]);
    expect(follow([open!], [], { ...at(5), unasked }).changes).toEqual([]);
    expect(follow([open!], [], { ...at(17), unasked }).changes).toHaveLength(1);
  });

  test('that is open goes on when its episode grows together with one that has a verdict', () => {
    const [first] = live([1, [judged()]]).kept;
    const known: KeptFinding = { ...first!, state: 'closed', verdict: 'benign' };
    const later = judged({
      uid: 'later',
      window: { from: minute(20).toISOString(), to: minute(21).toISOString() },
    });
    const [second] = live([22, [later]]).kept;
    const { changes } = follow([known, second!], [goesOn(22)], at(23));
    expect(changes.map(({ kept }) => [kept.uid, kept.state])).toEqual([['later', 'open']]);
  });

  test('of an address is that of the workload it turns out to be', () => {
    const unnamed = judged({ entity: { ...upload.entity, kind: 'address', name: upload.entity.ip! } });
    const { kept } = live([1, [unnamed]], [2, [judged()]]);
    expect(kept.map(({ finding }) => finding.entity.name)).toEqual([upload.entity.name]);
  });

  test('that an allowance hides is kept and said to be hidden', () => {
    const hidden = judged({ status: 'suppressed', suppressed_by: 'the nightly backup, by ops' });
    const { events, kept } = live([1, [judged()]], [2, [hidden]], [3, [judged()]]);
    expect(events).toEqual([['opened'], ['suppressed'], ['unsuppressed']]);
    expect(kept[0]!.finding.status).toBe('open');
  });
});

test('candidates are kept by nobody', () => {
  expect(live([1, [judged({ status: 'candidate' })]]).kept).toEqual([]);
});

test('a story keeps the name it was first told under', () => {
  const other = judged({ uid: 'other', strategy: 'other', incident: upload.uid });
  const [first] = live([1, [judged({ incident: upload.uid })]]).kept;
  // The upload now seems to begin earlier, under another name, and the story is called after that.
  const renamed = judged({ uid: 'renamed', incident: 'renamed' });
  const { changes } = follow([first!], [renamed, { ...other, incident: 'renamed' }], at(2));
  // The upload itself says nothing new.
  expect(changes.map(({ kept }) => [kept.uid, kept.finding.incident])).toEqual([['other', upload.uid]]);
});
