import { expect, test } from 'vitest';
import type { Finding } from '../model/hunt-result.js';
import { joinIncidents } from './incidents.js';
import { finding } from './testing/made-up.js';

const at = (uid: string, name: string, hours: [number, number], values: Partial<Finding> = {}): Finding => {
  const time = (hour: number) => new Date(Date.UTC(2026, 10, 10, hour)).toISOString();
  return finding({
    uid,
    entity: { kind: 'workload', name, ip: null, container_uid: null, image: null },
    window: { from: time(hours[0]), to: time(hours[1]) },
    ...values,
  });
};

function incidentsOf(findings: Finding[], links: { a: string; b: string }[] = []): string[] {
  joinIncidents(findings, links);
  return findings.map((each) => each.incident);
}

const LINK = { a: 'volume:shared1', b: 'workload:stage1' };
const volume = at('v', 'shared1', [0, 1], {
  entity: { kind: 'volume', name: 'shared1', ip: null, container_uid: null, image: null },
});

test('findings of one entity within a day are one incident, that of the earliest', () => {
  expect(incidentsOf([at('b', 'app', [20, 21]), at('a', 'app', [0, 1]), at('c', 'app', [44, 46])])).toEqual([
    'a',
    'a',
    'a',
  ]);
  expect(incidentsOf([at('a', 'app', [0, 1]), at('b', 'app', [26, 27])])).toEqual(['a', 'b']);
});

test('a long finding reaches over a short one', () => {
  expect(incidentsOf([at('a', 'app', [0, 30]), at('b', 'app', [2, 3]), at('c', 'app', [50, 51])])).toEqual([
    'a',
    'a',
    'a',
  ]);
});

test('other entities are other incidents unless something links them', () => {
  const stage = at('s', 'stage1', [2, 3]);
  expect(incidentsOf([volume, stage])).toEqual(['v', 's']);
  expect(incidentsOf([volume, stage], [LINK])).toEqual(['v', 'v']);
});

test('a link joins whole stories, and only within a day', () => {
  const later = [at('s', 'stage1', [20, 21]), at('t', 'stage1', [40, 41])];
  expect(incidentsOf([volume, ...later], [LINK])).toEqual(['v', 'v', 'v']);
  expect(incidentsOf([volume, at('s', 'stage1', [26, 27])], [LINK])).toEqual(['v', 's']);
});

test('a candidate stands for itself', () => {
  const candidate = at('s', 'stage1', [2, 3], { status: 'candidate' });
  expect(incidentsOf([volume, candidate], [LINK])).toEqual(['v', 's']);
});
