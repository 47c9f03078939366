import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readAllAds } from '../ads/folder.js';
import { keepOutcomes } from '../ads/kept-outcomes.js';
import { scaffoldStrategy } from '../ads/scaffold.js';
import { readCatalogue } from './catalogue.js';
import type { LiveCoverage } from './coverage-api.js';
import { allSources, liveStatus, startTestServer, type TestServer } from './testing/stand-ins.js';
import type { StrategyValidation } from './validation.js';

const ID = 'T1048.003-sends-mail';
let folder: string;
let server: TestServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coverage-'));
  await scaffoldStrategy({
    technique: 'T1048.003',
    name: 'sends-mail',
    into: folder,
    tactic: 'exfiltration',
  });
});
afterEach(async () => {
  await server.end();
  await rm(folder, { recursive: true, force: true });
});

async function keep(): Promise<void> {
  const all = await readAllAds(folder);
  const outcomes = all[0]!.scenarios.map(({ id, sentence }) => ({
    ...{ strategy: ID, scenario: id, sentence, elapsedSeconds: 1, sources: ['zeek-conn'] },
    ...(id.startsWith('quiet-') ? { passed: false, reasons: ['it fired'] } : { passed: true, reasons: [] }),
  }));
  await keepOutcomes(all, outcomes, { version: '1.2.3' });
}

async function start(): Promise<void> {
  const catalogue = await readCatalogue(allSources, [folder]);
  const [source] = liveStatus().sources;
  const status = {
    ...liveStatus(),
    sources: [{ ...source!, source: 'zeek-conn' }],
    strategies: [{ ...liveStatus().strategies[0]!, id: ID, state: 'quiet' as const }],
  };
  server = await startTestServer({ catalogue, status: () => status });
}

const read = async <T>(path: string): Promise<T> =>
  (await (await server.call(`/api/v1${path}`, await server.secretOf('viewer'))).json()) as T;
const own = <T extends { strategy: string }>(all: T[]): T => all.find(({ strategy }) => strategy === ID)!;

test('without outcomes a strategy is not tested, rather than tested with nothing', async () => {
  await start();
  expect(own(await read<StrategyValidation[]>('/validation'))).toMatchObject({
    ...{ scenarios: 'not tested', at: null, passed: null, failures: null, total: 3, measured: null },
  });
  const { cells } = own(await read<LiveCoverage[]>('/coverage'));
  expect(cells.find(({ source }) => source === 'zeek-conn')).toEqual({
    ...{ source: 'zeek-conn', designed: true, tested: null, working: 'quiet' },
  });
});

test('kept outcomes are counted by what they claim, and say what failed', async () => {
  await keep();
  await start();
  const validation = own(await read<StrategyValidation[]>('/validation'));
  expect(validation).toMatchObject({ scenarios: 'current', passed: 2, version: '1.2.3' });
  expect(validation.failures).toEqual([{ scenario: 'quiet-large-download', why: 'it fired' }]);
  const { cells } = own(await read<LiveCoverage[]>('/coverage'));
  const cell = cells.find(({ source }) => source === 'zeek-conn')!;
  expect(cell.tested).toEqual({
    fires: { passed: 1, failed: 0 },
    quiet: { passed: 0, failed: 1 },
    misses: { passed: 1, failed: 0 },
  });
  expect(cells.every(({ designed, working }) => designed || working !== null)).toBe(true);
});

test('outcomes of other inputs count for nothing', async () => {
  await keep();
  await appendFile(join(folder, ID, 'strategy.md'), '\n');
  await start();
  const validation = own(await read<StrategyValidation[]>('/validation'));
  expect(validation).toMatchObject({ scenarios: 'other inputs', passed: null, failures: null });
  expect(validation.at).not.toBeNull();
  const { cells, scenarios } = own(await read<LiveCoverage[]>('/coverage'));
  expect(scenarios).toBe('other inputs');
  expect(cells.map(({ tested }) => tested)).toEqual(cells.map(() => null));
});

test('measured quality is told of ours', async () => {
  await start();
  const all = await read<StrategyValidation[]>('/validation');
  const { measured } = all.find(({ strategy }) => strategy === 'T1567-exfiltration-over-web-service')!;
  for (const share of [measured!.precision, measured!.recall, measured!.evasion])
    expect(share).toBeGreaterThan(0.5);
});

test('the layer for the Navigator is a download, with the states of this server', async () => {
  await start();
  const answer = await server.call('/api/v1/coverage/navigator', server.admin);
  expect(answer.headers.get('content-disposition')).toContain(
    'attachment; filename="stowaway-coverage.json"',
  );
  const layer = (await answer.json()) as { techniques: { techniqueID: string; metadata: object[] }[] };
  const technique = layer.techniques.find(({ techniqueID }) => techniqueID === 'T1048.003')!;
  expect(technique.metadata).toContainEqual({ name: 'on this server', value: 'quiet' });
  expect(technique.metadata).toContainEqual({ name: 'tested with', value: 'none' });
});
