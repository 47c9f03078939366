import { describe, expect, it } from 'vitest';
import { bindingsOf, parseAds, sectionOf, withoutMarkers } from './document.js';

const BODY = `
## Goals

One sentence.

## Limitations

### Blind spot

- First, over
  two lines. {misses: misses-one}
  - nested, part of the first
- Second. {misses: misses-two} {misses: misses-three}

### Assumptions

1. Numbered. {probe: alive}

\`\`\`sh
## no heading
- no bullet
\`\`\`

#### deeper
- Last {probe: last}
`;

describe('parseAds', () => {
  const document = parseAds(BODY, 10);

  it('accepts other headings for the ten sections', () => {
    expect(document.sections.map((section) => section.id)).toEqual([
      'goal',
      null,
      'blind-spots',
      'assumptions',
    ]);
  });

  it('keeps lines and columns of bullets and bindings', () => {
    const [first, second] = sectionOf(document, 'blind-spots')!.bullets;
    expect(first).toMatchObject({
      text: 'First, over two lines. - nested, part of the first',
      line: 19,
      column: 1,
    });
    expect(first!.bindings).toEqual([{ kind: 'misses', target: 'misses-one', line: 20, column: 14 }]);
    expect(second!.bindings.map((binding) => binding.target)).toEqual(['misses-two', 'misses-three']);
  });

  it('sees no headings and bullets in code', () => {
    expect(sectionOf(document, 'assumptions')!.bullets.map((bullet) => bullet.text)).toEqual([
      'Numbered.',
      'Last',
    ]);
  });

  it('lists all bindings with their section', () => {
    expect(bindingsOf(document).at(-1)).toMatchObject({ target: 'last', section: 'assumptions' });
  });

  it('takes markers out of text', () => {
    expect(withoutMarkers('Small. {quiet: quiet-x}\nNext')).toBe('Small.\nNext');
  });
});
