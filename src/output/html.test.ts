import { describe, expect, it } from 'vitest';
import { renderHtml } from './html.js';
import { html, Markup } from './html-markup.js';
import { sampleResult } from './testing/sample-result.js';

describe('renderHtml', () => {
  const page = renderHtml(sampleResult());

  it('is one page that loads nothing and runs nothing', () => {
    expect(page).toContain('default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:');
    expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|form|base)\b/i);
    expect(page).not.toMatch(/\b(src|action|formaction|xlink:href)=/i);
    expect(page).not.toMatch(/url\(|@import/i);
    expect([...page.matchAll(/href="([^"]*)"/g)].every(([, target]) => target!.startsWith('#'))).toBe(true);
  });

  it('has each link lead somewhere and no id twice', () => {
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
  });

  it('closes what it opens', () => {
    const open: string[] = [];
    for (const [, slash, tag, selfClosed] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*?(\/?)>/g)) {
      if (selfClosed === '/' || ['meta', 'br'].includes(tag!)) continue;
      if (slash === '') open.push(tag!);
      else expect(open.pop()).toBe(tag);
    }
    expect(open).toEqual([]);
  });

  it('says every picture as text and as a table', () => {
    expect(page).toContain('The peak is 1.22 MB, at 2026-07-20 14:07:00 UTC, 19 times the upper end');
    expect(page).toContain('18 buckets of 100 lie above');
    expect(page).toContain('aria-label="Bytes out per bucket"');
    expect(page).toContain('9 rows from falco-alerts');
    for (const [picture] of page.matchAll(/<svg[^>]*role="img"[^>]*>/g))
      expect(picture).toMatch(/aria-label="[^"]+"/);
  });

  it('shows who hid what, what is blind, and what was lost', () => {
    for (const text of [
      'allowance nightly-backup',
      'no registry notifications',
      'data lost',
      '7 rejected lines',
    ]) {
      expect(page).toContain(text);
    }
  });

  it('has no headline without its cautions', () => {
    expect(renderHtml(sampleResult({ partial: true }))).toContain('<strong>Partial.</strong>');
    expect(page).toContain('Not everything could be seen.');
  });
});

describe('html', () => {
  it('escapes text, passes markup, and drops null and false', () => {
    expect(html`<p>${'<b>'}${html`<i>${1}</i>`}${null}${false}${[new Markup('&amp;')]}</p>`.text).toBe(
      '<p>&lt;b&gt;<i>1</i>&amp;</p>',
    );
  });
});
