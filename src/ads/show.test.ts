import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { contentFolder } from '../model/paths.js';
import { type Ads, readAllAds } from './folder.js';
import { lastQuality } from './quality.js';
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
    const text = renderMarkdown(web, null);
    expect(text).toContain('| `outbound-volume` | traffic | trigger |');
    expect(text).toContain('```sql\n-- what: ');
    expect(text).not.toMatch(/\{(misses|quiet|fires|probe|step|analytic): /);
  });

  it('links only to headings that are there', () => {
    const text = renderMarkdown(web, null);
    const headings = new Set([...text.matchAll(/^#{1,6} (.*)$/gm)].map((match) => anchorOf(match[1]!)));
    for (const [, target] of text.matchAll(/\]\(#([^)]*)\)/g)) expect(headings).toContain(target);
    const html = renderHtml(web, null);
    const links = [...html.matchAll(/<a href="#([^"]*)"/g)].map((match) => match[1]!);
    expect(links.length).toBeGreaterThan(10);
    for (const target of links) expect(html).toContain(`id="${target}"`);
  });

  it('fills in what was last measured, and says when nothing was', async () => {
    expect(renderMarkdown(web, null)).toContain('have not been measured');
    const root = await mkdtemp(join(tmpdir(), 'quality-'));
    try {
      expect(await lastQuality(web.id, root)).toBeNull();
      const counts = {
        found: 30,
        missed: 6,
        blindSpots: 6,
        false: 0,
        precision: 1,
        recall: 0.8333,
        f1: 0.9091,
      };
      const measured = {
        command: 'x',
        corpus: { strategies: { [web.id]: { all: counts, wrong: [] } } },
        evasion: { score: 0.9, strategies: { [web.id]: { cells: 200, found: 185, score: 0.925 } } },
      };
      await mkdir(join(root, 'docs'));
      await writeFile(join(root, 'docs', 'quality.json'), JSON.stringify(measured));
      const text = renderMarkdown(web, await lastQuality(web.id, root));
      expect(text).toContain('**Last measured quality**');
      expect(text).toContain('| `recall` | 0.833 |');
      expect(text).toContain('| `missed` | 6, 6 of them declared blind spots |');
      expect(text).toContain('| `evasion score` | 0.925 (185 of 200 mutated attacks found) |');
      expect(text).not.toContain('have not been measured');
      expect(await lastQuality('T9999-another', root)).toBeNull();
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});

describe('renderHtml', () => {
  it('is one page without script, and leaves raw HTML as text', () => {
    const evil = structuredClone({ ...web, frontMatter: null, playbookYaml: null }) as unknown as Ads;
    evil.document.sections[0]!.text = '<script>alert(1)</script> [x](javascript:alert(1))';
    evil.strategy!.title = '</title><img src=x onerror=alert(1)>';
    const html = renderHtml(evil, null);
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toMatch(/<script|<img|href="javascript/);
    expect(html).toContain('<h3 id="outbound-volume">');
  });
});
