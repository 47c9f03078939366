/**
 * Logs other people wrote, read in place where they lie beside the checkout (../shared/data/external), never copied.
 * Their ground truth is in their folders' own notes; docs/quality.md has the figures.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { HuntResult } from '../src/model/hunt-result.js';
import { PACKAGE_ROOT } from '../src/model/paths.js';
import { hunt } from '../src/pipeline.js';

const EXTERNAL = join(PACKAGE_ROOT, '..', 'shared', 'data', 'external');
const isHere = existsSync(EXTERNAL);
if (!isHere) console.log('SKIP: no folder of external logs beside the checkout; conformance is not tested');

interface Expectation {
  set: string;
  /** Files read per source: every log of these kinds that is there. */
  files: Record<string, number>;
  /** Rows stored and rejected together, per source, at least: nothing may go missing. */
  maxRejected: number;
  open: { technique: string; entity: string }[];
  /** Entities that must be among the candidates, ahead of every other. */
  first?: string[];
  beacon?: string;
}

const EXPECTATIONS: Expectation[] = [
  {
    set: 'rita/proxy',
    files: { 'zeek-conn': 1, 'zeek-http': 1, 'zeek-ssl': 1, 'zeek-dns': 1 },
    maxRejected: 0,
    open: [],
    beacon: 'www.honestimnotevil.com',
  },
  {
    set: 'rita/proxy_rolling',
    files: { 'zeek-conn': 2, 'zeek-http': 2, 'zeek-ssl': 2, 'zeek-dns': 2 },
    maxRejected: 0,
    open: [],
  },
  { set: 'rita/valid_json', files: { 'zeek-http': 1 }, maxRejected: 0, open: [], beacon: 'www.alexa.com' },
  {
    set: 'corelight',
    files: { 'zeek-conn': 8, 'zeek-http': 7, 'zeek-ssl': 4, 'zeek-dns': 4 },
    maxRejected: 0,
    open: [],
    first: ['172.18.0.3', '192.168.100.134'],
  },
  {
    set: 'stratosphere',
    files: { 'zeek-conn': 8, 'zeek-http': 5, 'zeek-ssl': 3, 'zeek-dns': 4 },
    maxRejected: 0,
    open: [{ technique: 'T1567', entity: '10.8.0.61' }],
  },
  {
    set: 'slips',
    files: { 'argus-csv': 5, 'zeek-conn': 7, 'zeek-http': 2, 'zeek-ssl': 3, 'zeek-dns': 2 },
    maxRejected: 0,
    open: [],
  },
  {
    set: 'vast-m57',
    files: { 'zeek-conn': 7, 'zeek-http': 5, 'zeek-ssl': 2, 'zeek-dns': 4 },
    maxRejected: 1,
    open: [],
  },
  { set: 'zed', files: { 'zeek-ssl': 2, 'zeek-dns': 2, 'zeek-ftp': 2 }, maxRejected: 0, open: [] },
];

describe.skipIf(!isHere).each(EXPECTATIONS)('$set', (expected) => {
  let result: HuntResult;
  beforeAll(async () => {
    result = await hunt([join(EXTERNAL, expected.set)]);
  });

  test('every log of a known kind is read, and every row is accounted for', () => {
    const files = Object.fromEntries(result.report.inputs.map((input) => [input.source, input.files]));
    expect(files).toMatchObject(expected.files);
    expect(result.mismatches).toEqual([]);
    expect(result.deadLetters.total).toBeLessThanOrEqual(expected.maxRejected);
  });

  test('alerts are the documented uploads and nothing else', () => {
    const open = result.report.findings.filter((finding) => finding.status === 'open');
    expect(open.map((finding) => ({ technique: finding.technique, entity: finding.entity.name }))).toEqual(
      expected.open,
    );
  });

  test('uploads too small for an alert rank above everything benign; beacons without upload are only shown', () => {
    const candidates = result.report.findings.filter((finding) => finding.status === 'candidate');
    const first = expected.first ?? [];
    expect(candidates.slice(0, first.length).map((finding) => finding.entity.name)).toEqual(first);
    const shown = result.beacons.map((beacon) => beacon.destination).join(' ');
    expect(shown).toContain(expected.beacon ?? '');
  });
});
