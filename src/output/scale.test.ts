import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearScale, niceTicks, timeTicks } from './scale.js';

describe('scales', () => {
  it('puts round numbers on an axis that covers the largest value', () => {
    expect(niceTicks(1_220_000)).toEqual([0, 500_000, 1_000_000, 1_500_000]);
    expect(niceTicks(0)).toEqual([0, 1]);
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e15, noNaN: true }), (max) => {
        const ticks = niceTicks(max);
        expect(ticks.at(-1)!).toBeGreaterThanOrEqual(max * 0.999);
        expect(ticks.length).toBeLessThanOrEqual(6);
      }),
    );
  });

  it('puts round clock times within the domain, never too many', () => {
    const noon = Date.parse('2026-07-20T12:00:30Z');
    expect(timeTicks([noon, noon + 20 * 60_000]).map((tick) => tick.label)).toEqual([
      '12:05',
      '12:10',
      '12:15',
      '12:20',
    ]);
    const midnight = Date.parse('2026-07-20T23:30:00Z');
    expect(timeTicks([midnight, midnight + 3_600_000], 4).map((tick) => tick.label)).toEqual([
      '23:30',
      '07-21',
      '00:30',
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2e12 }), fc.integer({ min: 0, max: 1e12 }), (from, extent) => {
        expect(timeTicks([from, from + extent]).length).toBeLessThanOrEqual(8);
      }),
    );
  });

  it('maps a domain without extent to the middle', () => {
    expect(linearScale([5, 5], [0, 100])(5)).toBe(50);
    expect(linearScale([0, 10], [100, 0])(2)).toBe(80);
  });
});
