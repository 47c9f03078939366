import { describe, expect, it } from 'vitest';
import { FORMAT_DESCRIPTIONS, isOutputFormat, OUTPUT_FORMATS, renderOutput } from './render.js';
import { ATTACKS, hostileResult } from './testing/hostile-result.js';
import { sampleResult } from './testing/sample-result.js';

const HARMFUL_TO_TERMINALS = /(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;
const MEGABYTE = `<b>\x1b[31m${'A'.repeat(1_000_000)}`;

describe('renderOutput', () => {
  it.each(OUTPUT_FORMATS)('%s is deterministic and ends with a newline', (format) => {
    const text = renderOutput(format, sampleResult());
    expect(text).toBe(renderOutput(format, sampleResult()));
    expect(text.endsWith('\n')).toBe(true);
    expect(FORMAT_DESCRIPTIONS[format]).not.toBe('');
  });

  it('knows its formats by name', () => {
    expect(isOutputFormat('ocsf')).toBe(true);
    expect(isOutputFormat('toString')).toBe(false);
  });

  it.each(OUTPUT_FORMATS)('%s renders an empty hunt', (format) => {
    const report = { version: 1 as const, inputs: [], strategies: [], findings: [], suppressed: 0 };
    const nothing = { details: [], assumptions: [], problems: [], clocks: [], beacons: [], paths: [] };
    const text = renderOutput(
      format,
      sampleResult({ report, ...nothing, deadLetters: { total: 0, sample: [] } }),
    );
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('hostile content', () => {
  it.each(OUTPUT_FORMATS)('%s prints nothing a terminal obeys', (format) => {
    for (const attack of ATTACKS) {
      expect(renderOutput(format, hostileResult(attack), { all: true })).not.toMatch(HARMFUL_TO_TERMINALS);
    }
  });

  it('forges no line in the table: each stays behind a label', () => {
    const text = renderOutput('table', hostileResult(ATTACKS[10]!), { all: true, width: 400 });
    expect(text).not.toMatch(/^CRIT {2}1\.00/m);
  });

  it('opens no element in the page and leaves no attribute', () => {
    const tags = (text: string) => new Set(text.match(/<\/?[a-z][a-z0-9]*/gi));
    const known = tags(renderOutput('html', hostileResult('harmless')));
    for (const attack of ATTACKS) {
      const page = renderOutput('html', hostileResult(attack));
      expect([...tags(page)].filter((tag) => !known.has(tag))).toEqual([]);
      const bare = page.replaceAll(/"[^"]*"/g, '""');
      expect(bare.match(/<[^>]*\s(on[a-z]+|href|src|style)\s*=(?!"")/gi)).toBeNull();
      expect(bare.match(/<[^>]*\son[a-z]+\s*=/gi)).toBeNull();
    }
  });

  it('keeps one JSON value a line in the line formats', () => {
    for (const attack of ATTACKS) {
      for (const format of ['jsonl', 'ocsf'] as const) {
        const lines = renderOutput(format, hostileResult(attack)).trimEnd().split('\n');
        expect(lines.map((line) => typeof JSON.parse(line))).toEqual(lines.map(() => 'object'));
      }
      const parsed = JSON.parse(renderOutput('json', hostileResult(attack)));
      expect(parsed.findings[0].why).toBe(attack);
    }
  });

  it.each(['table', 'html'] as const)('%s cuts a megabyte at what a reader can take', (format) => {
    const started = performance.now();
    const text = renderOutput(format, hostileResult(MEGABYTE), { all: true });
    expect(text.length).toBeLessThan(400_000);
    expect(text).toContain('…');
    expect(text).not.toMatch(/A{4001}/);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
