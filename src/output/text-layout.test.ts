import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth, hanging, layoutTable, wrap } from './text-layout.js';

describe('text layout', () => {
  it('never exceeds the width and loses nothing but spaces', () => {
    const text = fc.array(fc.constantFrom('a', 'bc', '東', ' ', 'x'.repeat(30), 'é'), { maxLength: 30 });
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 40 }), (parts, width) => {
        const lines = wrap(parts.join(''), width);
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        expect(lines.join('').replace(/ /g, '')).toBe(parts.join('').replace(/ /g, ''));
      }),
    );
  });

  it('hangs later lines under the first', () => {
    expect(hanging('to  ', 'one two three', 11)).toEqual(['to  one two', '    three']);
  });

  it('fits columns to their content and wraps within them', () => {
    const columns = [
      { title: 'A', width: 5 },
      { title: 'N', width: 9, align: 'right' as const },
      { title: 'WHY', width: 7 },
    ];
    expect(layoutTable([['one', '12', 'this is long']], columns)).toEqual([
      'A    N WHY',
      'one 12 this is',
      '       long',
    ]);
  });
});
