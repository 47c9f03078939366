import { createHash } from 'node:crypto';
import { SEVERITIES } from '../output/summary.js';
import type { Delivery } from './delivery.js';

/** Most messages of one digest; what is beyond goes into the next. */
const MOST_IN_DIGEST = 500;

interface Choice {
  /** Unfinished deliveries of one channel. */
  waiting: readonly Delivery[];
  now: number;
  /** Messages that may go out now. */
  slots: number;
  canJoin: boolean;
}

/** What goes to a channel next, all of it in one parcel; null when nothing is due or nothing may go. */
export function pickParcel({
  waiting,
  now,
  slots,
  canJoin,
}: Choice): { id: string; deliveries: Delivery[] } | null {
  if (slots < 1) return null;
  // What was never tried waits for nothing, whatever the clock said when it was offered.
  const due = firstOfThreads(waiting).filter(
    ({ state, attempts, due_at }) => state === 'waiting' && (attempts === 0 || due_at <= now),
  );
  const first = [...due].sort(inOrder)[0];
  if (first === undefined) return null;
  // What went out together goes again together: the receiver knows it by the parcel's id.
  if (first.parcel !== '') {
    return { id: first.parcel, deliveries: due.filter(({ parcel }) => parcel === first.parcel) };
  }
  const fresh = due.filter(({ parcel }) => parcel === '').sort(inOrder);
  if (!canJoin || slots > 1 || fresh.length === 1) return { id: first.notice, deliveries: [first] };
  const deliveries = fresh.slice(0, MOST_IN_DIGEST);
  return { id: digestId(deliveries), deliveries };
}

/** Of each thread the earliest: nothing overtakes an older word on the same. */
function firstOfThreads(waiting: readonly Delivery[]): Delivery[] {
  const first = new Map<string, Delivery>();
  for (const each of waiting) {
    const other = first.get(each.thread);
    if (other === undefined || each.place < other.place) first.set(each.thread, each);
  }
  return [...first.values()];
}

/** What failed before comes after what was never tried, so that a message that cannot be taken holds up nobody; then the worst. */
const inOrder = (a: Delivery, b: Delivery): number =>
  a.attempts - b.attempts ||
  SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
  a.place - b.place;

const digestId = (deliveries: readonly Delivery[]): string =>
  `digest:${createHash('sha256')
    .update(JSON.stringify(deliveries.map(({ notice }) => notice).sort()))
    .digest('hex')
    .slice(0, 32)}`;
