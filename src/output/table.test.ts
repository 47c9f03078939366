import { describe, expect, it } from 'vitest';
import { renderTable } from './table.js';
import { sampleReport, sampleResult } from './testing/sample-result.js';
import { displayWidth } from './text-layout.js';

describe('renderTable', () => {
  it('answers the five questions, in order, then what to do next', () => {
    const titles = renderTable(sampleResult())
      .split('\n')
      .filter((line) => /^(WHAT|REJECTED|PROBLEMS|CLOCKS|PERIODIC) ?/.test(line));
    expect(titles.map((title) => title.replace(/ \(.*/, ''))).toEqual([
      'WHAT WAS READ',
      'WHAT COUNTS AS INSIDE, AND WHAT WAS ASSUMED',
      'WHAT WAS FOUND',
      'WHAT COULD NOT BE SEEN, AND WHAT WAS QUIET',
      'WHAT WAS SUPPRESSED',
      'REJECTED LINES',
      'PROBLEMS',
      'CLOCKS ALIGNED',
      'PERIODIC CONTACTS',
      'WHAT TO DO NEXT',
    ]);
  });

  it('has the why sentence in a column, wrapped under itself', () => {
    const lines = renderTable(sampleResult(), { width: 140 }).split('\n');
    const heading = lines.find((line) => line.startsWith('SEV'))!;
    const first = lines.findIndex((line) => line.startsWith('CRIT'));
    const column = heading.indexOf('WHY');
    expect(lines[first]!.slice(column)).toMatch(/^17\.6 MB to files\.example\.org/);
    expect(lines[first + 1]!.slice(column - 1, column + 1)).toMatch(/^ \S$/);
    expect(lines.join('\n')).toContain('= 0.98');
    expect(lines.join('\n')).toContain('by ip+time, confidence 0.95');
  });

  it('keeps to the width for findings and text, whatever it is', () => {
    for (const width of [60, 80, 117, 118, 200]) {
      const text = renderTable(sampleResult(), { width, all: true });
      const found = text.slice(text.indexOf('WHAT WAS FOUND'), text.indexOf('REJECTED'));
      for (const line of found.split('\n').filter((l) => !l.includes('(UTC)'))) {
        expect(displayWidth(line)).toBeLessThanOrEqual(Math.max(width, 82));
      }
    }
  });

  it('says the date once when all findings lie on one day', () => {
    const report = { ...sampleReport(), findings: sampleReport().findings.slice(0, 2) };
    const text = renderTable(sampleResult({ report }));
    expect(text).toContain('WHAT WAS FOUND ON 2026-07-20');
    expect(text).toContain('14:02:07–14:19:41');
    expect(renderTable(sampleResult())).toContain('–2026-07-21 00:04:10');
  });

  it('does not call silence an all-clear while a strategy is blind', () => {
    const report = { ...sampleReport(), findings: [] };
    expect(renderTable(sampleResult({ report }))).toContain(
      'that says little for T1020 (degraded), T1567.001 (blind)',
    );
    const seen = report.strategies.map((s) => ({ ...s, state: 'quiet' as const, reasons: [] }));
    expect(renderTable(sampleResult({ report: { ...report, strategies: seen } }))).toContain(
      'nothing, and every strategy could look',
    );
  });

  it('lists candidates only with all, and marks contacts that are no uploads', () => {
    expect(renderTable(sampleResult())).not.toContain('shop/web             2026');
    expect(renderTable(sampleResult(), { all: true })).toContain('cand. 0.40');
    const text = renderTable(sampleResult(), { width: 160 });
    expect(text).toMatch(/shop\/web .*\(not an upload\)/);
    expect(text).not.toMatch(/shop\/metrics .*not an upload/);
  });

  it('is the same text with and without colour, colours apart', () => {
    const coloured = renderTable(sampleResult(), { colour: true });
    expect(coloured).toContain('\x1b[1;97;41mCRIT\x1b[0m');
    expect(coloured.replaceAll(/\p{Cc}\[[0-9;]*m/gu, '')).toBe(renderTable(sampleResult()));
  });
});
