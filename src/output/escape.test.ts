import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clip, forHtml, forJsonOutput, forTerminal } from './escape.js';

const nasty = fc.string({ unit: 'binary', maxLength: 60 });
const markup = fc
  .array(
    fc.constantFrom(
      '<script>',
      '"',
      "'",
      '`',
      '&lt;',
      '](javascript:x)',
      '**',
      '# ',
      '1. ',
      'https://e.org',
      'www.e.org',
      '@me',
      'a@b.org',
      '|',
      '\\',
      '---',
      '\n\n',
      '    ',
      '<!--',
      '![',
      '~~',
    ),
  )
  .map((parts) => parts.join(''));

describe('forTerminal', () => {
  it('makes escape sequences, newlines and bidi overrides visible', () => {
    expect(forTerminal('a\x1b[31m\nb\u202ec\u0085\u2066')).toBe('a\\x1b[31m\\nb\\u202ec\\x85\\u2066');
    expect(forTerminal('tag \u{e0041}')).toBe('tag \\u{e0041}');
  });

  it('leaves nothing a terminal obeys, and is stable when applied twice', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const safe = forTerminal(text);
        expect(safe).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(forTerminal(safe)).toBe(safe);
      }),
    );
  });

  it('leaves ordinary text alone', () => {
    expect(forTerminal('Größe 12 µs – 東京 👍')).toBe('Größe 12 µs – 東京 👍');
  });
});

describe('forHtml', () => {
  it('leaves no character that ends text or an attribute', () => {
    fc.assert(
      fc.property(fc.oneof(nasty, markup), (text) => {
        const safe = forHtml(text);
        expect(safe).not.toMatch(/[<>"'`]/);
        expect(safe.replace(/&(amp|lt|gt|quot|#39|#96);/g, '')).not.toContain('&');
        expect(safe).not.toMatch(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u);
      }),
    );
  });
});

describe('forJsonOutput', () => {
  it('keeps the value and prints nothing a terminal obeys', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const printed = forJsonOutput(JSON.stringify({ text }));
        expect(JSON.parse(printed)).toEqual({ text });
        expect(printed).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      }),
    );
  });
});

describe('clip', () => {
  it('never exceeds the limit and never splits a character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 50 }),
        fc.integer({ min: 1, max: 40 }),
        (text, n) => {
          const cut = clip(text, n);
          expect(Array.from(cut).length).toBeLessThanOrEqual(Math.max(n, 1));
          expect(cut).not.toMatch(/\p{Cs}/u);
        },
      ),
    );
    expect(clip('x'.repeat(1_000_000))).toHaveLength(400);
  });
});
