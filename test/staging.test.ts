import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../src/model/config.js';
import type { Finding, HuntResult } from '../src/model/hunt-result.js';
import { hunting } from './hunting.js';
import { root } from './recorded.js';

const { hunt } = hunting();

/** What brings data together and what lets it out are one story, and a flood of logs is told as one. */
const folder = join(root, 'strategies', 'T1074.002-remote-data-staging');
const recorded = (emulation: string) => join(folder, 'emulations', emulation, 'recordings', 'docker', 'logs');

const openOf = (result: HuntResult): Finding[] =>
  result.report.findings.filter((finding) => finding.status === 'open');

test.each([
  ['gather-over-the-network', ['T1074.002 workload drop1', 'T1567 workload drop1']],
  ['gather-in-a-shared-volume', ['T1074.002 volume exchange', 'T1567 workload courier1']],
  ['dump-and-pack', ['T1074.002 workload db1', 'T1567 workload db1']],
])('%s: staging and upload are one incident', async (emulation, expected) => {
  const open = openOf(await hunt([recorded(emulation)]));
  const labels = open.map(({ technique, entity }) => `${technique} ${entity.kind} ${entity.name}`);
  expect(labels.sort()).toEqual(expected);
  expect(new Set(open.map(({ incident }) => incident)).size).toBe(1);
});

test('the evidence holds what came in, what packed it and what was written', async () => {
  let classes: string[] = [];
  await hunt([recorded('gather-over-the-network')], {
    inspect: async (store, result) => {
      const staging = openOf(result).find(({ technique }) => technique === 'T1074.002')!;
      const rows = await store.rows<{ class: string; text: string }>(staging.evidence_query);
      classes = [...new Set(rows.map((row) => row.class))].sort();
      expect(rows.some((row) => row.class === 'traffic' && row.text.includes(':8080'))).toBe(true);
      expect(rows.some((row) => row.class === 'process' && row.text.includes('tar cz'))).toBe(true);
      expect(rows.some((row) => row.class === 'file' && row.text.includes('/tmp/in/'))).toBe(true);
    },
  });
  expect(classes).toEqual(['file', 'orchestration', 'process', 'traffic']);
});

test('a misconfigured logger is told as a flood of logs, and opens nothing', async () => {
  const scenario = join(folder, 'scenarios', 'quiet-misconfigured-logger-floods-its-collector');
  const result = await hunt(
    ['inspect.json', 'engine-events.ndjson', 'conn.log'].map((name) => join(scenario, name)),
    {
      baseline: [join(scenario, 'baseline', 'conn.log')],
      config: { ...DEFAULT_CONFIG, container_cidrs: ['10.20.0.0/16'] },
    },
  );
  expect(openOf(result)).toEqual([]);
  const collector = result.report.findings.find(
    ({ technique, entity }) => technique === 'T1074.002' && entity.name === 'fluent',
  );
  expect(collector?.why).toMatch(/known ones send \d+ times the usual amount: a flood of logs/);
});
