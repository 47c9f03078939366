import type { Hit, Strategy } from '../model/strategy.js';

/** Hits of one strategy on one entity that belong together. */
export interface Episode {
  strategy: Strategy;
  entityId: string;
  hits: Hit[];
  from: string;
  to: string;
}

/** Groups hits into episodes: a gap longer than the strategy's correlation window starts another. */
export function groupEpisodes(hits: Hit[], strategies: Strategy[]): Episode[] {
  return strategies.flatMap((strategy) => {
    const byEntity = new Map<string, Hit[]>();
    for (const hit of hits) {
      if (hit.strategy !== strategy.id) continue;
      byEntity.set(hit.entity_id, [...(byEntity.get(hit.entity_id) ?? []), hit]);
    }
    return [...byEntity].flatMap(([entityId, own]) =>
      splitByGap(own, strategy).map((part) => toEpisode(strategy, entityId, part)),
    );
  });
}

function splitByGap(hits: Hit[], strategy: Strategy): Hit[][] {
  const sorted = [...hits].sort(
    (a, b) => a.from.localeCompare(b.from) || a.analytic.localeCompare(b.analytic),
  );
  const parts: Hit[][] = [];
  let end = 0;
  for (const hit of sorted) {
    const current = parts.at(-1);
    const isSame =
      current !== undefined && Date.parse(hit.from) - end <= strategy.correlationWindowSeconds * 1000;
    if (isSame) current.push(hit);
    else parts.push([hit]);
    end = Math.max(isSame ? end : 0, Date.parse(hit.to));
  }
  return parts;
}

function toEpisode(strategy: Strategy, entityId: string, hits: Hit[]): Episode {
  return {
    strategy,
    entityId,
    hits,
    from: hits.map((hit) => hit.from).sort()[0]!,
    to: hits
      .map((hit) => hit.to)
      .sort()
      .at(-1)!,
  };
}
