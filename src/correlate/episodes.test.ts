import { describe, expect, test } from 'vitest';
import type { Hit } from '../model/strategy.js';
import { groupEpisodes, latestBeginning } from './episodes.js';
import { hit, strategy } from './testing/made-up.js';

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const during = (from: number, to: number, values: Partial<Hit> = {}): Hit =>
  hit('volume', 0.5, { from: at(from), to: at(to), ...values });
const spans = (...hits: Hit[]) =>
  groupEpisodes(hits, [strategy()]).map((episode) => [episode.from, episode.to, episode.hits.length]);

test('hits up to the correlation window apart are one episode', () => {
  expect(spans(during(0, 5), during(65, 70))).toEqual([[at(0), at(70), 2]]);
});

test('a longer gap starts another', () => {
  expect(spans(during(0, 5), during(66, 70))).toEqual([
    [at(0), at(5), 1],
    [at(66), at(70), 1],
  ]);
});

test('the gap counts from the latest end, not from the last hit', () => {
  expect(spans(during(0, 100), during(10, 20), during(150, 160))).toEqual([[at(0), at(160), 3]]);
});

test('the order of the hits does not matter', () => {
  const hits = [during(0, 5), during(200, 210), during(30, 40)];
  expect(spans(...[...hits].reverse())).toEqual(spans(...hits));
});

test('entities and strategies have episodes of their own', () => {
  const other = strategy({ id: 'T2-b', correlationWindowSeconds: 60 });
  const hits = [
    during(0, 1),
    during(5, 6),
    during(0, 1, { entity_id: 'workload:db' }),
    during(0, 1, { strategy: 'T2-b' }),
    during(5, 6, { strategy: 'T2-b' }),
  ];
  const episodes = groupEpisodes(hits, [strategy(), other]);
  expect(episodes.map((episode) => [episode.strategy.id, episode.entityId, episode.hits.length])).toEqual([
    ['T1-a', 'workload:app', 2],
    ['T1-a', 'workload:db', 1],
    ['T2-b', 'workload:app', 1],
    ['T2-b', 'workload:app', 1],
  ]);
});

test('no hits, no episodes', () => {
  expect(spans()).toEqual([]);
});

describe('the latest beginning', () => {
  const firstSeen = hit('first-seen', 0.4, { from: at(0), to: at(300) });
  const latest = (wholeSince: number, ...hits: Hit[]) =>
    groupEpisodes(hits, [strategy()]).map((episode) => latestBeginning(episode, new Date(at(wholeSince))));

  test('is of what can open a finding, whatever joins it to what was before', () => {
    expect(latest(0, during(0, 5), during(200, 210), during(260, 270), firstSeen)).toEqual([at(200)]);
    expect(latest(0, during(0, 5), during(200, 210), during(0, 210))).toEqual([at(200)]);
    expect(latest(0, firstSeen)).toEqual([null]);
  });

  test('is not of what is too weak to count', () => {
    expect(latest(-70, during(0, 5), during(200, 210, { likelihood: 0.1 }), firstSeen)).toEqual([at(0)]);
  });

  test('is not known where what was before may not be', () => {
    expect(latest(60, during(130, 140), firstSeen)).toEqual([at(130)]);
    expect(latest(80, during(130, 140), firstSeen)).toEqual([null]);
  });
});
