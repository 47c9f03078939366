import { expect, test } from 'vitest';
import { groupEpisodes } from './episodes.js';
import { deedLinks } from './links.js';
import { hit, strategy } from './testing/made-up.js';

const linksOf = (hits: ReturnType<typeof hit>[]) => deedLinks(groupEpisodes(hits, [strategy()]));
const member = (name: string, deed: string, likelihood = 0.5) =>
  hit('volume', likelihood, { entity_id: `workload:${name}`, measured: { deed } });

test('members of one deed are linked to its first', () => {
  expect(linksOf([member('a', 'x'), member('b', 'x'), member('c', 'x')])).toEqual([
    { a: 'workload:a', b: 'workload:b' },
    { a: 'workload:a', b: 'workload:c' },
  ]);
});

test('other deeds, hits too weak to count and hits of one entity link nothing', () => {
  expect(linksOf([member('a', 'x'), member('b', 'y')])).toEqual([]);
  expect(linksOf([member('a', 'x'), member('b', 'x', 0.1)])).toEqual([]);
  expect(linksOf([member('a', 'x'), member('a', 'x'), hit('volume', 0.5)])).toEqual([]);
});
