import type { EvidenceClass, Term } from '../model/hunt-result.js';
import type { Hit } from '../model/strategy.js';
import type { Episode } from './episodes.js';

/** Likelihoods under this add nothing: many weak hints are not a strong one. */
export const MIN_LIKELIHOOD = 0.2;

export interface Score {
  /** 1 − ∏(1 − p) over the counted terms. */
  score: number;
  terms: Term[];
  /** Classes with a counted term. */
  classes: EvidenceClass[];
  /** True when the strategy's own threshold and conditions are met. */
  isOpen: boolean;
}

/**
 * Noisy-or over classes. Hits of one class look at the same thing, so the strongest counts. What is said of a destination
 * counts only where bytes went to that destination.
 */
export function scoreEpisode(episode: Episode): Score {
  const roles = new Map(episode.strategy.analytics.map((analytic) => [analytic.id, analytic.role]));
  const relevant = linkDestinations(episode.hits, roles);
  const best = new Map<EvidenceClass, Hit>();
  for (const hit of relevant) {
    const current = best.get(hit.class);
    if (hit.likelihood >= MIN_LIKELIHOOD && (!current || hit.likelihood > current.likelihood))
      best.set(hit.class, hit);
  }
  const counted = new Set(best.values());
  const score = round(1 - [...counted].reduce((product, hit) => product * (1 - hit.likelihood), 1));
  const terms = strongestPerAnalytic(relevant).map((hit) => toTerm(hit, counted.has(hit)));
  return {
    score,
    terms,
    classes: [...best.keys()].sort(),
    isOpen: meetsConditions(episode, [...counted], score, roles),
  };
}

function meetsConditions(
  episode: Episode,
  counted: Hit[],
  score: number,
  roles: Map<string, string>,
): boolean {
  const { openAt, openAtSingleClass, requires } = episode.strategy;
  const hasTrigger = counted.some((hit) => roles.get(hit.analytic) === 'trigger');
  const isThisTechnique = episode.hits.some(
    (hit) => requires.includes(hit.analytic) && hit.likelihood >= MIN_LIKELIHOOD,
  );
  return hasTrigger && isThisTechnique && score >= (counted.length >= 2 ? openAt : openAtSingleClass);
}

/** Drops hits about destinations that no trigger of the episode is about. A hit about no destination stays. */
function linkDestinations(hits: Hit[], roles: Map<string, string>): Hit[] {
  const triggered = new Set(
    hits
      .filter((hit) => roles.get(hit.analytic) === 'trigger' && hit.likelihood >= MIN_LIKELIHOOD)
      .flatMap((hit) => hit.destinations),
  );
  if (triggered.size === 0) return hits;
  return hits.filter(
    (hit) =>
      roles.get(hit.analytic) === 'trigger' ||
      hit.destinations.length === 0 ||
      hit.destinations.some((peer) => triggered.has(peer)),
  );
}

/** The strongest hit of each analytic, strongest first: what a reader wants to see. */
function strongestPerAnalytic(hits: Hit[]): Hit[] {
  const best = new Map<string, Hit>();
  for (const hit of hits) {
    const current = best.get(hit.analytic);
    if (!current || hit.likelihood > current.likelihood) best.set(hit.analytic, hit);
  }
  return [...best.values()].sort(
    (a, b) => b.likelihood - a.likelihood || a.analytic.localeCompare(b.analytic),
  );
}

const toTerm = (hit: Hit, counted: boolean): Term => ({
  analytic: hit.analytic,
  class: hit.class,
  likelihood: hit.likelihood,
  counted,
  measured: hit.measured,
  says: hit.says,
  window: { from: hit.from, to: hit.to },
});

const round = (value: number): number => Math.round(value * 10_000) / 10_000;
