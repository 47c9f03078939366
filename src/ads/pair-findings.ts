import type { Finding } from '../model/hunt-result.js';

export interface Pair {
  before: Finding | null;
  after: Finding | null;
}

const seconds = (time: string): number => Date.parse(time) / 1000;

/** How long two findings of one strategy on one entity lie over each other, in seconds; -1 when they are not about the same. */
function overlapSeconds(a: Finding, b: Finding): number {
  if (a.strategy !== b.strategy || a.entity.kind !== b.entity.kind || a.entity.name !== b.entity.name)
    return -1;
  const from = Math.max(seconds(a.window.from), seconds(b.window.from));
  const to = Math.min(seconds(a.window.to), seconds(b.window.to));
  return from <= to ? to - from : -1;
}

/** Whether both are about the same strategy, entity and time. */
export const isSameEpisode = (a: Finding, b: Finding): boolean =>
  a.uid === b.uid || overlapSeconds(a, b) >= 0;

/**
 * Which finding is which, under two sets of parameters: the same uid, else the same strategy and entity and the longest common time. An
 * episode may start elsewhere when an analytic falls silent, and its uid with it. What has no partner stands alone.
 */
export function pairFindings(before: readonly Finding[], after: readonly Finding[]): Pair[] {
  const free = new Map(after.map((finding) => [finding.uid, finding]));
  const partners = new Map<string, Finding>();
  const take = (finding: Finding, partner: Finding | undefined): void => {
    if (!partner) return;
    partners.set(finding.uid, partner);
    free.delete(partner.uid);
  };
  for (const finding of before) take(finding, free.get(finding.uid));
  for (const finding of before) {
    if (partners.has(finding.uid)) continue;
    const candidates = [...free.values()]
      .map((partner) => ({ partner, overlap: overlapSeconds(finding, partner) }))
      .filter(({ overlap }) => overlap >= 0)
      .sort((a, b) => b.overlap - a.overlap || b.partner.score - a.partner.score);
    take(finding, candidates[0]?.partner);
  }
  return [
    ...before.map((finding) => ({ before: finding, after: partners.get(finding.uid) ?? null })),
    ...[...free.values()].map((finding) => ({ before: null, after: finding })),
  ];
}
