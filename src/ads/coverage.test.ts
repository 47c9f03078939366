import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, expect, test } from 'vitest';
import { readSources } from '../ingest/sources.js';
import type { HuntResult } from '../model/hunt-result.js';
import { contentFolder } from '../model/paths.js';
import type { Source } from '../model/source.js';
import { formatCoverage, measureCoverage } from './coverage.js';
import { type Ads, readAllAds } from './folder.js';
import { toNavigatorLayer } from './navigator.js';
import type { ScenarioOutcome } from './test.js';

let all: Ads[];
let sources: Source[];
beforeAll(async () => {
  all = await readAllAds(contentFolder('strategies'));
  sources = await readSources(contentFolder('sources'));
});

const T1567 = 'T1567-exfiltration-over-web-service';
const outcome = (scenario: string, passed: boolean, ...read: string[]): ScenarioOutcome => ({
  strategy: T1567,
  scenario,
  sentence: '',
  passed,
  reasons: [],
  elapsedSeconds: 0,
  sources: read,
});
const OUTCOMES = [
  outcome('fires-a', true, 'zeek-conn', 'zeek-http'),
  outcome('quiet-b', false, 'zeek-http'),
  outcome('misses-c', true, 'falco'),
];
const INPUT = {
  report: {
    inputs: [
      { source: 'zeek-conn', events: 5 },
      { source: 'falco', events: 0 },
    ],
    strategies: [{ id: T1567, state: 'degraded' }],
  },
} as unknown as HuntResult;

const cellsOf = (input: HuntResult | null) => {
  const own = measureCoverage(all, sources, { outcomes: OUTCOMES, input }).find(
    (each) => each.strategy === T1567,
  )!;
  return new Map(own.cells.map(({ source, ...cell }) => [source, cell]));
};

test('designed is what analytics need, tested what fires and stays quiet, working what this input holds', () => {
  const cells = cellsOf(INPUT);
  const [none, one, failed] = [
    { passed: 0, failed: 0 },
    { passed: 1, failed: 0 },
    { passed: 0, failed: 1 },
  ];
  expect(cells.get('zeek-conn')).toEqual({
    ...{ designed: true, passed: 1, failed: 0, working: 'degraded' },
    scenarios: { fires: one, quiet: none, misses: none },
  });
  expect(cells.get('zeek-http')).toEqual({
    ...{ designed: true, passed: 1, failed: 1, working: null },
    scenarios: { fires: one, quiet: failed, misses: none },
  });
  // A scenario that is known to be missed shows nothing, and no events are no work.
  expect(cells.get('falco')).toMatchObject({
    passed: 0,
    failed: 0,
    working: null,
    scenarios: { misses: one },
  });
  expect(cellsOf(null).get('zeek-conn')).toMatchObject({ working: null });
});

test('every source that a strategy is designed for fills what one of its analytics needs', () => {
  for (const { cells, strategy } of measureCoverage(all, sources, { outcomes: [], input: null })) {
    const designed = cells.filter((cell) => cell.designed).map((cell) => cell.source);
    expect(designed.length, strategy).toBeGreaterThan(3);
    expect(designed.length, strategy).toBeLessThan(sources.length);
  }
});

test('as a table', () => {
  const text = formatCoverage(measureCoverage(all, sources, { outcomes: OUTCOMES, input: INPUT }));
  expect(text).toMatch(/^SOURCE +T/);
  expect(text).toMatch(/^zeek-conn .*tested 1 \+ degraded/m);
  expect(text).toMatch(/^zeek-http .*tested 1\/2/m);
});

/** After the published description of layer format 4.5; an unknown property is a mistake here. */
const strict = (properties: object, required: string[] = Object.keys(properties)) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
const string = { type: 'string' };
const colour = { type: 'string', pattern: '^#[0-9a-fA-F]{6}$' };
const metadata = {
  type: 'array',
  items: { anyOf: [strict({ name: string, value: string }), strict({ divider: { type: 'boolean' } })] },
};
const LAYER = strict(
  {
    name: string,
    description: string,
    domain: { enum: ['enterprise-attack', 'mobile-attack', 'ics-attack'] },
    versions: strict(
      {
        attack: { type: 'string', pattern: '^\\d+$' },
        navigator: { type: 'string', pattern: '^(4\\.9|[5-9])\\.' },
        layer: { const: '4.5' },
      },
      ['navigator', 'layer'],
    ),
    filters: strict({ platforms: { type: 'array', items: string } }, []),
    sorting: { enum: [0, 1, 2, 3] },
    hideDisabled: { type: 'boolean' },
    layout: strict(
      {
        layout: { enum: ['side', 'flat', 'mini'] },
        showID: { type: 'boolean' },
        showName: { type: 'boolean' },
        expandedSubtechniques: { enum: ['none', 'all', 'annotated'] },
      },
      [],
    ),
    techniques: {
      type: 'array',
      minItems: 1,
      items: strict(
        {
          techniqueID: { type: 'string', pattern: '^T\\d{4}(\\.\\d{3})?$' },
          tactic: { type: 'string', pattern: '^[a-z-]+$' },
          comment: string,
          enabled: { type: 'boolean' },
          score: { type: 'number', minimum: 0, maximum: 100 },
          color: colour,
          showSubtechniques: { type: 'boolean' },
          metadata,
          links: {
            type: 'array',
            items: strict({ label: string, url: { type: 'string', pattern: '^https://' } }),
          },
        },
        ['techniqueID'],
      ),
    },
    gradient: strict({
      colors: { type: 'array', minItems: 2, items: colour },
      minValue: { type: 'number' },
      maxValue: { type: 'number' },
    }),
    legendItems: { type: 'array', items: strict({ label: string, color: colour }) },
    metadata,
  },
  ['name', 'domain'],
);

test('as a Navigator layer: format 4.5, the pinned release, MITRE’s ids', () => {
  const layer = JSON.parse(
    toNavigatorLayer(measureCoverage(all, sources, { outcomes: OUTCOMES, input: INPUT }), '1.2.3'),
  );
  const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
  ajv.validate(LAYER, layer);
  expect(ajv.errorsText()).toBe('No errors');
  expect(layer.versions.attack).toBe('19');
  const own = layer.techniques.find((each: { techniqueID: string }) => each.techniqueID === 'T1567');
  expect(own).toMatchObject({ tactic: 'exfiltration' });
  expect(own.metadata).toEqual(
    expect.arrayContaining([
      { name: 'MITRE detection strategy', value: 'DET0548' },
      { name: 'tested with', value: 'zeek-conn' },
      { name: 'on this input', value: 'degraded' },
    ]),
  );
  expect(own.score).toBeGreaterThan(0);
});
