import type { Source } from '../model/source.js';
import type { Strategy } from '../model/strategy.js';
import type { Store } from '../store/store.js';
import { needsMet, tablesBehind } from './visibility.js';

/** What could look on this input, and what another product's logs would open. */
export interface Outlook {
  strategies: { id: string; able: Able }[];
  /** Products that would open something, the most helpful first. */
  additions: Addition[];
}

export interface Able {
  triggers: number;
  triggersInAll: number;
  context: number;
  contextInAll: number;
}

export interface Addition {
  product: string;
  sources: string[];
  /** Analytics that could look then, by strategy. */
  opens: { strategy: string; analytics: string[] }[];
  /** One for each piece of context, two for each trigger, three for one without which its strategy can say nothing; half of it where no such source was run on what its product wrote. */
  weight: number;
}

/** Asks the store which needs of the strategies' analytics are met, and the sources' declarations which they would meet. */
export async function lookOut(store: Store, strategies: Strategy[], sources: Source[]): Promise<Outlook> {
  const needs = new Set(strategies.flatMap(({ analytics }) => analytics.flatMap((one) => one.needs)));
  const met = await needsMet(store, [...needs], sources);
  const isAble = ({ needs }: { needs: string[] }) => needs.every((need) => met.get(need));
  return {
    strategies: strategies.map(({ id, analytics }) => {
      const count = (role: string) => analytics.filter((one) => one.role === role);
      const [triggers, context] = [count('trigger'), count('context')];
      return {
        id,
        able: {
          triggers: triggers.filter(isAble).length,
          triggersInAll: triggers.length,
          context: context.filter(isAble).length,
          contextInAll: context.length,
        },
      };
    }),
    additions: [...new Set(sources.map(({ product }) => product))]
      .map((product) => additionOf(product, sources, strategies, met))
      .filter(({ weight }) => weight > 0)
      .sort((a, b) => b.weight - a.weight || a.product.localeCompare(b.product)),
  };
}

function additionOf(
  product: string,
  all: Source[],
  strategies: Strategy[],
  met: Map<string, boolean>,
): Addition {
  const sources = all.filter((source) => source.product === product);
  const useful = new Set<string>();
  let weight = 0;
  const opens = strategies.flatMap(({ id, analytics, requires }) => {
    const opened = analytics.filter((analytic) => {
      const missing = analytic.needs.filter((need) => !met.get(need));
      const feeding = missing.map((need) =>
        sources.filter(({ fills }) => tablesBehind(need).some((table) => fills.includes(table))),
      );
      if (missing.length === 0 || feeding.some((each) => each.length === 0)) return false;
      for (const source of feeding.flat()) useful.add(source.id);
      const isProven = feeding.every((each) => each.some(({ status }) => status !== 'designed'));
      weight +=
        (analytic.role === 'context' ? 1 : requires.includes(analytic.id) ? 3 : 2) * (isProven ? 1 : 0.5);
      return true;
    });
    return opened.length > 0 ? [{ strategy: id, analytics: opened.map((analytic) => analytic.id) }] : [];
  });
  return { product, sources: [...useful].sort(), opens, weight };
}
