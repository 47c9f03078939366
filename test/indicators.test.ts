import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../src/model/config.js';
import { contentFolder } from '../src/model/paths.js';
import { hunting } from './hunting.js';

const { hunt } = hunting();

const scenario = (strategy: string, id: string): string =>
  join(contentFolder('strategies'), strategy, 'scenarios', id);
const LISTED = scenario('T1567-exfiltration-over-web-service', 'fires-on-upload-to-a-threat-listed-address');
const PUTS = scenario('T1020-automated-exfiltration', 'fires-on-repeated-put');

/** 10.20.0.64 sends 3 MB to 203.0.113.75; 10.20.0.33 puts 40 times to 203.0.113.66, first to /u/a1000. */
test('indicators match by address, network and URL while they are valid, and bytes count once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'intel-'));
  try {
    const stix = (id: string, pattern: string, more: object) => ({
      type: 'indicator',
      id: `indicator--${id}`,
      pattern,
      pattern_type: 'stix',
      valid_from: '2026-01-01T00:00:00Z',
      ...more,
    });
    const objects = [
      stix('1', "[ipv4-addr:value = '203.0.113.66']", { valid_until: '2026-02-01T00:00:00Z' }),
      stix('2', "[url:value = 'http://203.0.113.66/u/a1000']", {}),
      stix('3', "[ipv4-addr:value ISSUBSET '203.0.113.72/29']", {}),
      stix('4', "[domain-name:value LIKE 'x']", {}),
    ];
    await writeFile(
      join(folder, 'feed.json'),
      JSON.stringify({ type: 'bundle', id: 'bundle--1', objects }, null, 1),
    );
    await writeFile(join(folder, 'plain.txt'), '203.0.113.75\nnonsense here\n');
    const { report, problems } = await hunt([join(LISTED, 'conn.log'), PUTS], {
      config: { ...DEFAULT_CONFIG, container_cidrs: ['10.20.0.0/16'], intel: ['feed.json', 'plain.txt'] },
      configFolder: folder,
    });
    const terms = report.findings.flatMap(({ entity, terms }) =>
      terms
        .filter((term) => term.analytic === 'threat-intel-destination')
        .map(({ measured }) => [
          entity.name,
          measured.peer,
          measured.list,
          Number(measured.bytes_out) > 3_000_000,
        ]),
    );
    const unique = [...new Set(terms.map((term) => term.slice(0, 2).join(' ')))].sort();
    expect(unique).toEqual(['10.20.0.33 203.0.113.66', '10.20.0.64 203.0.113.75']);
    for (const { entity, terms: own } of report.findings)
      for (const term of own.filter((each) => each.analytic === 'threat-intel-destination')) {
        // The address of .33 is listed only until February: its URL is what matched, one request of 62,591 bytes.
        if (entity.name === '10.20.0.33')
          expect(term.measured).toMatchObject({ indicator: '203.0.113.66/u/a1000', bytes_out: 62591 });
        // Listed as address and as network: counted once.
        else expect(Number(term.measured.bytes_out)).toBeLessThan(3_500_000);
      }
    expect(
      problems
        .filter(({ where }) => /feed|plain/.test(where))
        .map(({ where, level }) => [where.replace(/:\d+$/, ''), level]),
    ).toEqual([
      ['feed.json', 'unread'],
      ['plain.txt', 'unread'],
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
