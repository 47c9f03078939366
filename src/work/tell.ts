import type { KeptFindings } from '../live/kept-findings.js';
import type { KeptFinding, Notice, StateChange } from '../model/live.js';
import type { Delivery } from '../notify/delivery.js';
import { stateNoticesOf } from '../notify/notices.js';
import type { Outbox } from '../notify/outbox.js';
import type { Logger } from '../server/log.js';

/** Offers what is to be told; what it returns settles when what is due was sent. */
export type Tell = () => Promise<{ sent: Promise<void> }>;

interface Telling {
  tell: Tell;
  /** To be told with the next call. */
  stateChanged(change: StateChange): void;
}

/**
 * Tells what changed since it was told last. Findings are in the store before anybody is told; the first call catches up with those of
 * which a crash kept the word back. What cannot be offered, since the store is away, is offered with the next call.
 */
export function openTelling(
  findings: Pick<KeptFindings, 'recent' | 'onChange'>,
  outbox: Outbox,
  log: Pick<Logger, 'error'>,
): Telling {
  const changed = new Map<string, KeptFinding>(findings.recent(new Date()).map((kept) => [kept.uid, kept]));
  findings.onChange((kept) => changed.set(kept.uid, kept));
  const states: Notice[] = [];
  const offerFindings = async (): Promise<void> => {
    const waiting = [...changed.values()];
    changed.clear();
    try {
      await outbox.catchUp(waiting);
    } catch (error) {
      for (const kept of waiting) if (!changed.has(kept.uid)) changed.set(kept.uid, kept);
      log.error({ error: String(error) }, 'notices');
    }
  };
  const offerStates = async (): Promise<void> => {
    const waiting = [...states];
    try {
      await outbox.offer(waiting);
      states.splice(0, waiting.length);
    } catch (error) {
      log.error({ error: String(error) }, 'notices of strategies');
    }
  };
  return {
    stateChanged: (change) => states.push(...stateNoticesOf(change)),
    async tell() {
      await offerFindings();
      await offerStates();
      // Not waited for in a tick: a slow receiver delays no judgement.
      const sent = outbox.deliver().catch((error) => log.error({ error: String(error) }, 'delivery'));
      return { sent };
    },
  };
}

const MOST_NAMED = 20;

/** One line for all that a channel gave up at once: what a receiver that is down for long leaves may be thousands. */
export const tellGivenUp =
  (log: Pick<Logger, 'error'>) =>
  (failed: readonly Delivery[]): void => {
    const { channel, answer: reason } = failed[0]!;
    const notices = failed.slice(0, MOST_NAMED).map(({ notice }) => notice);
    log.error({ channel, reason, count: failed.length, notices }, 'notifications given up');
  };
