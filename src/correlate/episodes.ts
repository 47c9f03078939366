import type { Hit, Strategy } from '../model/strategy.js';
import { MIN_LIKELIHOOD } from './score.js';

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

/**
 * When the hits that can open a finding last began after a silence of the correlation window, ISO 8601. What only strengthens them fills no
 * silence, since a place that is new is new all day; nor does a hit longer than the window, as the sum of a day. Null where nobody knows of
 * a silence: `wholeSince` says from when on all hits are known.
 */
export function latestBeginning({ strategy, hits }: Episode, wholeSince: Date): string | null {
  const triggers = new Set(strategy.analytics.filter(({ role }) => role === 'trigger').map(({ id }) => id));
  const windowMs = strategy.correlationWindowSeconds * 1000;
  const opening = hits.filter(
    ({ analytic, likelihood, from, to }) =>
      triggers.has(analytic) && likelihood >= MIN_LIKELIHOOD && Date.parse(to) - Date.parse(from) <= windowMs,
  );
  const stretches = splitByGap(opening, strategy);
  const from = stretches.at(-1)?.[0]?.from;
  if (from === undefined) return null;
  const isSilenceKnown = stretches.length > 1 || Date.parse(from) - wholeSince.getTime() > windowMs;
  return isSilenceKnown ? from : null;
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
