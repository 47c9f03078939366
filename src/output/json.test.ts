import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { renderJson, renderJsonLines } from './json.js';
import { sampleReport } from './testing/sample-result.js';

const schema = JSON.parse(
  readFileSync(new URL('../../docs/hunt-report.schema.json', import.meta.url), 'utf8'),
);
const isReport = new Ajv2020({
  strict: true,
  strictTypes: false,
  allErrors: true,
  strictRequired: false,
}).compile(schema);

describe('renderJson', () => {
  it('prints what the published schema describes', () => {
    isReport(JSON.parse(renderJson(sampleReport())));
    expect(isReport.errors ?? []).toEqual([]);
  });

  it('is stable: same text whatever the order of keys in memory, and nothing beyond the contract', () => {
    const report = sampleReport();
    const { version, inputs, ...rest } = report;
    const shuffled = { ...rest, extra: 1, inputs, version };
    expect(renderJson(shuffled)).toBe(renderJson(report));
    expect(Object.keys(JSON.parse(renderJson(shuffled)))).toEqual([
      'version',
      'inputs',
      'strategies',
      'findings',
      'suppressed',
      'problems',
    ]);
  });

  it.each([
    ['an unknown severity', (f: Record<string, unknown>) => Object.assign(f, { severity: 'fatal' })],
    ['a score above one', (f: Record<string, unknown>) => Object.assign(f, { score: 1.2 })],
    ['a missing window', (f: Record<string, unknown>) => Reflect.deleteProperty(f, 'window')],
    [
      'suppressed by nobody',
      (f: Record<string, unknown>) => Object.assign(f, { status: 'suppressed', suppressed_by: null }),
    ],
  ])('the schema refuses %s', (_, spoil) => {
    const report = JSON.parse(renderJson(sampleReport()));
    spoil(report.findings[0]);
    expect(isReport(report)).toBe(false);
  });

  it('the schema refuses a blind strategy without reasons', () => {
    const report = JSON.parse(renderJson(sampleReport()));
    report.strategies[0] = { ...report.strategies[0], state: 'blind', reasons: [] };
    expect(isReport(report)).toBe(false);
  });
});

describe('renderJsonLines', () => {
  it('prints one finding a line', () => {
    const lines = renderJsonLines(sampleReport()).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(sampleReport().findings);
  });
});
