import { isIP } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding, HuntResult } from '../src/model/hunt-result.js';
import { hunting } from './hunting.js';
import { type Deed, deedsOf, flowBytes, RECORDINGS, type Recording } from './recorded.js';

const { hunt } = hunting();

/**
 * Real containers, real sensors: what was done is found and told rightly, what was harmless is left alone.
 *
 * `must` and `may` name open findings as "technique workload"; anything else in a recording is a false alarm.
 */
const EXPECTED: Record<string, { must: string[]; may?: string[] }> = {
  'a-http-upload': { must: ['T1567 app1'] },
  'a-http-upload-podman': { must: ['T1567 app1'] },
  'b-ftp': { must: ['T1020 app1'] },
  'b-ftp-podman': { must: ['T1020 app1'] },
  'c-git-registry': { must: ['T1567.001 dev1', 'T1567.001 img1'] },
  'd-staging': { must: ['T1074.002 stage1', 'T1567 stage1'] },
  'd-staging-podman': { must: ['T1074.002 stage1', 'T1567 stage1'] },
  // A flood is no upload, whichever logs are read.
  'e-flood': { must: ['T1498.001 bot1'] },
  'e2-ddos-slow': { must: [1, 2, 3, 4, 5].map((bot) => `T1498.001 bot${bot}`) },
  'f-periodic': { must: ['T1020 cron1'] },
};

const single = new Map<string, HuntResult>();
let together: HuntResult;
beforeAll(async () => {
  for (const { name, folder } of RECORDINGS) single.set(name, await hunt([folder]));
  together = await hunt(RECORDINGS.map(({ folder }) => folder));
});
afterAll(() => single.clear());

const openIn = (result: HuntResult): Finding[] =>
  result.report.findings.filter((finding) => finding.status === 'open');
const label = (finding: Finding): string => `${finding.technique} ${finding.entity.name}`;
const labels = (result: HuntResult): string[] => [...new Set(openIn(result).map(label))].sort();

test('every recording has an expectation', () => {
  expect(RECORDINGS.map(({ name }) => name).sort()).toEqual(Object.keys(EXPECTED).sort());
});

test('a flood that five containers share is one incident', () => {
  const incidents = openIn(single.get('e2-ddos-slow')!).map(({ incident }) => incident);
  expect(incidents).toHaveLength(5);
  expect(new Set(incidents).size).toBe(1);
});

describe.each(RECORDINGS)('$name', (recorded: Recording) => {
  const { must, may = [] } = EXPECTED[recorded.name] ?? { must: [] };
  const result = (): HuntResult => single.get(recorded.name)!;

  test('is read whole', () => {
    expect(result().mismatches).toEqual([]);
    expect(result().deadLetters.sample).toEqual([]);
    expect(result().problems).toEqual([]);
  });

  test('gives the findings of what was done, and no other', () => {
    const found = labels(result());
    expect(found).toEqual(expect.arrayContaining(must));
    expect(found.filter((one) => !must.includes(one) && !may.includes(one))).toEqual([]);
  });

  test('a finding names the destinations, bytes and times of what was done', () => {
    for (const finding of openIn(result())) expectTruth(recorded, finding);
  });

  test('a finding is about a workload known by address and time', () => {
    for (const { entity, attribution } of openIn(result())) {
      expect(entity.kind).toBe('workload');
      expect(entity.container_uid).toMatch(/^[0-9a-f]{64}$/);
      expect(attribution.method).toBe('ip+time');
      expect(attribution.confidence).toBeGreaterThanOrEqual(0.9);
    }
  });
});

/** `bot1-5` stands for bot1 to bot5. */
function isBy(by: string, name: string): boolean {
  const [, stem, first, last] = /^(.*?)(\d+)-(\d+)$/.exec(by) ?? [];
  if (stem === undefined) return by === name;
  const number = Number(name.slice(stem.length));
  return name.startsWith(stem) && number >= Number(first) && number <= Number(last);
}

function expectTruth(recorded: Recording, finding: Finding): void {
  const deeds = deedsOf(recorded).filter(
    ({ ev, by, to }) => ev === 'done' && isBy(by, finding.entity.name) && isIP(to) !== 0,
  );
  expect(deeds.length).toBeGreaterThan(0);
  const destinations = new Set(finding.destinations.map(({ ip }) => ip));
  expect(deeds.map(({ to }) => to)).toEqual(expect.arrayContaining([...destinations]));
  const isTold = ({ to }: Deed): boolean => EXPECTED[recorded.name]!.must.length > 0 || destinations.has(to);
  for (const { to, t, note } of deeds.filter(isTold)) {
    expect(destinations, `${label(finding)}: ${note}`).toContain(to);
    const told = finding.destinations
      .filter(({ ip }) => ip === to)
      .reduce((sum, { bytes_out }) => sum + bytes_out, 0);
    const counted = flowBytes(recorded, finding.entity.ip!, to);
    expect(Math.abs(told - counted) / counted, `${note}: ${told} told, ${counted} counted`).toBeLessThan(
      0.02,
    );
    expect(t, note).toBeGreaterThan(Date.parse(finding.window.from) / 1000 - 5);
    expect(t, note).toBeLessThan(Date.parse(finding.window.to) / 1000 + 5);
  }
  expectSentence(finding);
}

/** The sentence names the largest destination, and how much went out in all. */
function expectSentence({ why, destinations }: Finding): void {
  const largest = destinations[0]!;
  expect(why).toContain(`to ${largest.domain || largest.ip}:${largest.port}`);
  const [, amount, unit] = /^([\d.]+) (B|KiB|MiB|GiB) to /.exec(why)!;
  const scale = 1024 ** ['B', 'KiB', 'MiB', 'GiB'].indexOf(unit!);
  const sent = destinations.reduce((sum, { bytes_out }) => sum + bytes_out, 0);
  expect(Number(amount)).toBeCloseTo(sent / scale, 1);
}

describe('all recordings hunted together', () => {
  test('give the findings that each gives alone', () => {
    expect(labels(together)).toEqual([...new Set([...single.values()].flatMap(labels))].sort());
  });

  test('blame none of the bystanders', () => {
    const blamed = new Set(
      together.report.findings
        .filter(({ status }) => status !== 'candidate')
        .map(({ entity }) => entity.name),
    );
    for (const bystander of ['norm1', 'src1', 'src2', 'src3', 'src4', 'shared1']) {
      expect(blamed).not.toContain(bystander);
    }
  });

  // Containers of one name are one workload: its findings within the correlation window are one, and name one of them.
  test('tell the containers that had one address after another apart', () => {
    expect(together.mismatches).toEqual([]);
    const guilty = [...single.values()]
      .flatMap(openIn)
      .map(({ entity }) => `${entity.name} ${entity.container_uid}`);
    for (const { entity, attribution } of openIn(together)) {
      expect(attribution.method).toBe('ip+time');
      expect(guilty).toContain(`${entity.name} ${entity.container_uid}`);
    }
  });
});
