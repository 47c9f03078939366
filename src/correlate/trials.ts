import { createHash } from 'node:crypto';
import { askTrials } from '../detect/ask-trials.js';
import { type Answers, runAnalytics } from '../detect/run-analytics.js';
import type { Visibility } from '../detect/visibility.js';
import type { Authorisation } from '../model/allowance.js';
import type { Trial } from '../model/hunt-result.js';
import type { Strategy } from '../model/strategy.js';
import type { Store } from '../store/store.js';
import { findFindings } from './correlate.js';
import { judgeStates } from './states.js';

interface Judged {
  now: Strategy[];
  visibility: Visibility[];
  authorised: Authorisation;
  /** What was answered before, of the same rows. */
  known?: Answers;
}

/**
 * Judges the same rows under other parameters: one trial for each set of strategies. Hits that were judged before, under the same
 * thresholds, are not judged twice; with a store that remembers, only what differs is asked.
 */
export async function judgeTrials(
  store: Store,
  trials: Strategy[][],
  { now, visibility, authorised, known }: Judged,
): Promise<Trial[]> {
  const judged = new Map<string, Trial>();
  const results: Trial[] = [];
  const answers = await askTrials(store, { now, trials, visibility, ...(known && { known }) });
  const runs = await Promise.all(
    trials.map((strategies) => runAnalytics(store, strategies, visibility, answers)),
  );
  for (const [index, strategies] of trials.entries()) {
    const { hits, failures } = runs[index]!;
    const thresholds = strategies.map(({ openAt, openAtSingleClass }) => [openAt, openAtSingleClass]);
    const key = createHash('sha256')
      .update(JSON.stringify([hits, thresholds, failures]))
      .digest('hex');
    const known = judged.get(key);
    if (known) {
      results.push(known);
      continue;
    }
    const { findings } = await findFindings(store, hits, strategies, { now: authorised, proposed: null });
    const trial = { findings, strategies: judgeStates(strategies, visibility, failures, findings) };
    judged.set(key, trial);
    results.push(trial);
  }
  return results;
}
