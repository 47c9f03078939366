import { beforeAll, describe, expect, it } from 'vitest';
import { contentFolder } from '../model/paths.js';
import { type Ads, readAllAds } from './folder.js';
import { anchorOf, renderHtml, renderMarkdown } from './render.js';
import { listStrategies, showStrategy } from './show.js';

let all: Ads[];
let web: Ads;

beforeAll(async () => {
  all = await readAllAds(contentFolder('strategies'));
  web = all.find((ads) => ads.id.startsWith('T1567-'))!;
});

describe('showStrategy', () => {
  it('shows facts, what code declares and the sections, without markers', () => {
    const text = showStrategy(web, { width: 90 });
    expect(text).toContain('DET0548, AN1512');
    expect(text).toMatch(/volume_floor_bytes +262144/);
    expect(text).toContain('BLIND SPOTS');
    expect(text).not.toMatch(/\{(misses|quiet|fires|probe|step|analytic): /);
  });

  it('lists one line a strategy', () => {
    expect(listStrategies(all).trim().split('\n')).toHaveLength(all.length);
  });
});

describe('renderMarkdown', () => {
  it('fills in analytics, parameters and queries from code', () => {
    const text = renderMarkdown(web);
    expect(text).toContain('| `outbound-volume` | traffic | trigger |');
    expect(text).toContain('```sql\n-- what: ');
    expect(text).not.toMatch(/\{(misses|quiet|fires|probe|step|analytic): /);
  });

  it('links only to headings that are there', () => {
    const text = renderMarkdown(web);
    const headings = new Set([...text.matchAll(/^#{1,6} (.*)$/gm)].map((match) => anchorOf(match[1]!)));
    for (const [, target] of text.matchAll(/\]\(#([^)]*)\)/g)) expect(headings).toContain(target);
  });
});

describe('renderHtml', () => {
  it('is one page without script, and leaves raw HTML as text', () => {
    const evil = structuredClone({ ...web, frontMatter: null, playbookYaml: null }) as unknown as Ads;
    evil.document.sections[0]!.text = '<script>alert(1)</script> [x](javascript:alert(1))';
    evil.strategy!.title = '</title><img src=x onerror=alert(1)>';
    const html = renderHtml(evil);
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toMatch(/<script|<img|href="javascript/);
    expect(html).toContain('<h3 id="outbound-volume">');
  });
});
