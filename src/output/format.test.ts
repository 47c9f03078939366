import { describe, expect, it } from 'vitest';
import {
  countOf,
  formatBytes,
  formatDuration,
  formatMeasured,
  formatProbability,
  formatWindow,
} from './format.js';

describe('format', () => {
  it('gives bytes in decimal units', () => {
    expect([0, 999, 1000, 999_600, 17_640_000, 1.8e9].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1 kB',
      '1 MB',
      '17.6 MB',
      '1.8 GB',
    ]);
  });

  it('gives durations in the unit that reads best', () => {
    expect([0, 0.0015, -45, 300, 8280, 1_209_600].map(formatDuration)).toEqual([
      '0 s',
      '1.5 ms',
      '−45 s',
      '5 min',
      '2.3 h',
      '14 d',
    ]);
  });

  it('never rounds a probability to certainty', () => {
    expect([0, 0.2, 0.94, 0.847, 0.998, 0.99999, 1].map(formatProbability)).toEqual([
      '0.00',
      '0.20',
      '0.94',
      '0.85',
      '0.998',
      '>0.999',
      '1.00',
    ]);
  });

  it('says the date again only when the day differs', () => {
    const night = { from: '2026-07-20T23:50:00Z', to: '2026-07-21T00:10:00Z' };
    const noon = { from: '2026-07-20T12:00:00Z', to: '2026-07-20T12:10:00Z' };
    expect(formatWindow(night, '2026-07-20')).toBe('2026-07-20 23:50:00–2026-07-21 00:10:00');
    expect(formatWindow(noon)).toBe('2026-07-20 12:00:00–12:10:00');
    expect(formatWindow(noon, '2026-07-20')).toBe('12:00:00–12:10:00');
  });

  it('knows units by the name of a measurement', () => {
    expect(formatMeasured('bytes_out', 17_640_000)).toBe('17.6 MB');
    expect(formatMeasured('median_interval_seconds', 300)).toBe('5 min');
    expect(formatMeasured('times_usual', 79.98765)).toBe('79.99');
    expect(formatMeasured('megabytes', 3)).toBe('3');
    expect(countOf(1, 'entity', 'entities')).toBe('1 entity');
  });
});
