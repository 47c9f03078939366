import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measureCoverage, type StrategyCoverage } from '../ads/coverage.js';
import { type Ads, readAllAds } from '../ads/folder.js';
import { readValidations } from '../ads/kept-outcomes.js';
import { readQuality } from '../ads/quality.js';
import { factsOf, type Table, tablesOf } from '../ads/tables.js';
import { contentFolder } from '../model/paths.js';
import type { Source } from '../model/source.js';
import { type StrategyValidation, validationOf } from './validation.js';

/** A strategy as its author wrote it. */
export interface StrategyText {
  id: string;
  technique: string;
  title: string;
  facts: { name: string; value: string }[];
  /** Markdown; `{kind: name}` at the end of a bullet names what proves it. */
  sections: { id: string | null; heading: string; text: string }[];
  tables: Table[];
}

/** A source that can be read, whether or not anything came from it. */
export interface KnownSource {
  id: string;
  title: string;
  product: string;
  status: Source['status'];
  into: string;
  fills: string[];
  /** Ids of strategies of which an analytic needs what it fills. */
  feeds: string[];
}

/** How one product hands over its logs; Markdown with the server's address and token as placeholders. */
export interface Onboarding {
  product: string;
  text: string;
}

/** What is known without looking at a log. */
export interface Catalogue {
  strategies: StrategyText[];
  sources: KnownSource[];
  onboarding: Onboarding[];
  /** Designed and tested; nothing is said of what works here. */
  coverage: StrategyCoverage[];
  validation: StrategyValidation[];
}

export async function readCatalogue(sources: readonly Source[], own: string[] = []): Promise<Catalogue> {
  const [all, guide] = await Promise.all([
    readAllAds(contentFolder('strategies'), ...own),
    readFile(join(contentFolder('docs'), 'serve-ingest.md'), 'utf8').catch(() => ''),
  ]);
  const [validations, quality] = await Promise.all([readValidations(all), readQuality()]);
  const outcomes = validations.flatMap(({ strategy, outcomes }) =>
    outcomes.map((outcome) => ({ ...outcome, strategy })),
  );
  const coverage = measureCoverage(all, sources, { outcomes, input: null });
  return {
    strategies: all.map(textOf),
    sources: sources.map(({ id, title, product, status, into, fills }) => ({
      ...{ id, title, product, status, into, fills },
      feeds: coverage
        .filter(({ cells }) => cells.some((cell) => cell.source === id && cell.designed))
        .map(({ strategy }) => strategy),
    })),
    onboarding: onboardingOf(guide),
    coverage,
    validation: all.map((ads, index) => validationOf(ads, validations[index]!, quality.get(ads.id))),
  };
}

const textOf = (ads: Ads): StrategyText => ({
  id: ads.id,
  technique: ads.strategy?.technique ?? '',
  title: ads.strategy?.title ?? ads.id,
  facts: factsOf(ads).map(([name, value]) => ({ name, value })),
  sections: ads.document.sections.map(({ id, heading, text }) => ({ id, heading, text })),
  tables: tablesOf(ads).filter(({ rows }) => rows.length > 0),
});

/** The chapters of docs/serve-ingest.md that show a configuration: one place says how a product is connected. */
function onboardingOf(guide: string): Onboarding[] {
  return guide
    .split(/^## /m)
    .slice(1)
    .map((chapter) => {
      const [heading, ...lines] = chapter.split('\n');
      return { product: heading!.trim(), text: lines.join('\n').trim() };
    })
    .filter(({ product, text }) => text.includes('TOKEN') && !product.startsWith('A token'));
}
