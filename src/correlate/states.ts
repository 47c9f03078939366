import type { Visibility } from '../detect/visibility.js';
import type { Finding, StrategyState } from '../model/hunt-result.js';
import type { Strategy } from '../model/strategy.js';

/** Fired, quiet, degraded or blind, each with its reasons: silence is only innocence where somebody looked. */
export function judgeStates(
  strategies: Strategy[],
  visibility: Visibility[],
  failures: { strategy: string; reason: string }[],
  findings: Finding[],
): StrategyState[] {
  return strategies.map((strategy) => {
    const seen = visibility.find((candidate) => candidate.strategy === strategy.id)!;
    const failed = failures
      .filter((failure) => failure.strategy === strategy.id)
      .map((failure) => failure.reason);
    const reasons = [...failed, ...groupBlind(seen), ...seen.probes.map((probe) => probe.reason)];
    const hasFired = findings.some(
      (finding) => finding.strategy === strategy.id && finding.status === 'open',
    );
    const triggers = strategy.analytics.filter(
      (analytic) => analytic.role === 'trigger' && strategy.requires.includes(analytic.id),
    );
    const blind = new Set(seen.blindAnalytics.map((analytic) => analytic.id));
    const isBlind =
      triggers.every((analytic) => blind.has(analytic.id)) ||
      seen.probes.some((probe) => probe.effect === 'blind');
    const state = hasFired ? 'fired' : isBlind ? 'blind' : reasons.length > 0 ? 'degraded' : 'quiet';
    return {
      id: strategy.id,
      technique: strategy.technique,
      title: strategy.title,
      state,
      reasons: [...new Set(reasons)],
    };
  });
}

/** One reason names all the analytics it blinds. */
function groupBlind(seen: Visibility): string[] {
  const byReason = new Map<string, string[]>();
  for (const analytic of seen.blindAnalytics) {
    byReason.set(analytic.reason, [...(byReason.get(analytic.reason) ?? []), analytic.id]);
  }
  return [...byReason].map(([reason, ids]) => `${ids.join(', ')} could not look: ${reason}`);
}
