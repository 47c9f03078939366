import type { FindingEvent, KeptFinding, Notice, StateChange } from '../model/live.js';
import { SEVERITIES } from '../output/summary.js';

/** Whether people are to know of it: an open alert that nothing suppresses. */
const isLoud = (alert: KeptFinding | null): alert is KeptFinding =>
  alert !== null && alert.state === 'open' && alert.finding.status === 'open';

/**
 * What an alert's change tells people; at most one notice.
 *
 * A suppressed alert tells nothing. One that people know of and that is suppressed afterwards counts as closed, else it would
 * stay open at receivers that keep a state; when that ends, it counts as opened. Growth tells only when the severity rises.
 *
 * @param before the alert as it was before the event; null when it is new
 */
export function noticesOf(before: KeptFinding | null, after: KeptFinding, event: FindingEvent): Notice[] {
  const what = changeOf(before, after);
  if (what === null) return [];
  return [{ id: `${after.uid}:${after.version}`, what, alert: after, strategy: null, at: event.at }];
}

function changeOf(before: KeptFinding | null, after: KeptFinding): Notice['what'] | null {
  if (!isLoud(before)) return isLoud(after) ? 'opened' : null;
  if (!isLoud(after)) return 'closed';
  const rank = (alert: KeptFinding): number => SEVERITIES.indexOf(alert.finding.severity);
  return rank(after) < rank(before) ? 'escalated' : null;
}

/**
 * What a strategy's change tells people: that its sight became worse or better, or that something else takes it; whether it found
 * something is another matter. One that was not known before tells nothing: that is a fresh start.
 */
export function stateNoticesOf({ before, after, news }: StateChange): Notice[] {
  if (before === null || (before.sight === after.sight && news === null)) return [];
  const id = `state:${after.id}:${after.since}:${after.sight}`;
  return [{ id, what: 'state', alert: null, strategy: after, at: after.since, ...(news && { news }) }];
}
