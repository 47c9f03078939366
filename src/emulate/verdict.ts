import type { Emulation } from '../model/emulation.js';
import type { HuntReport } from '../model/hunt-result.js';
import { NOT_ASKED } from '../model/not-asked.js';
import type { SensorStatus } from '../sense/sense.js';

/** found and missed: of an attack. quiet and false alarm: of a twin. not run: nothing is known, and why. */
export type Verdict = 'found' | 'missed' | 'quiet' | 'false alarm' | 'not run';

interface Judged {
  verdict: Verdict;
  /** What an analyst must know to trust the verdict; null when there is nothing. */
  reason: string | null;
}

export interface Expected {
  strategy: string;
  entity: string;
}

/** What the last hunt of a run says of what the emulation expects. */
export interface Outcome {
  /** Expected findings that never came. */
  missing: Expected[];
  /** Open findings on entities that do nothing wrong, at any moment. */
  hasFalseFindings: boolean;
  /** Findings a sanction must have hidden, which are not there. */
  unhidden: Expected[];
  states: HuntReport['strategies'];
  sensors: SensorStatus[];
}

/**
 * Silence proves nothing when nobody looked: a twin is quiet only when every sensor that was asked for ran, its strategy was not
 * blind, and what had to be hidden was seen. An attack that was found was found, whatever was broken.
 */
export function judgeRun(emulation: Emulation, outcome: Outcome): Judged {
  const blindness = whyBlind(emulation, outcome);
  if (emulation.kind === 'attack') {
    if (outcome.missing.length === 0) return { verdict: 'found', reason: null };
    return { verdict: 'missed', reason: blindness };
  }
  if (outcome.hasFalseFindings) return { verdict: 'false alarm', reason: null };
  return blindness === null ? { verdict: 'quiet', reason: null } : { verdict: 'not run', reason: blindness };
}

function whyBlind(emulation: Emulation, { unhidden, states, sensors }: Outcome): string | null {
  const reasons = [
    ...sensors
      .filter((sensor) => sensor.state === 'off' && sensor.reason !== NOT_ASKED)
      .map((sensor) => `${sensor.name} did not look: ${sensor.reason}`),
    ...states
      .filter((strategy) => strategy.state === 'blind' && concerns(emulation, strategy.id))
      .map((strategy) => `${strategy.id} is blind: ${strategy.reasons.join('; ')}`),
    ...unhidden.map(
      ({ strategy, entity }) => `the suppressed finding of ${strategy} on ${entity} is not there`,
    ),
  ];
  return reasons.length === 0 ? null : reasons.join('. ');
}

function concerns(emulation: Emulation, strategy: string): boolean {
  const named = [...emulation.expect.findings, ...emulation.expect.suppressed];
  return strategy === emulation.strategy || named.some((each) => each.strategy === strategy);
}
