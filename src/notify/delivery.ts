import type { Severity } from '../model/hunt-result.js';
import type { Notice } from '../model/live.js';

export type DeliveryState = 'waiting' | 'sending' | 'sent' | 'failed' | 'replaced' | 'held';

/** One notice on its way to one channel. Times are milliseconds since 1970; 0 is never. */
export interface Delivery {
  channel: string;
  notice: string;
  /** Rises by one with each change that is stored. */
  revision: number;
  thread: string;
  subject: string;
  what: Notice['what'];
  severity: Severity;
  version: number;
  place: number;
  state: DeliveryState;
  attempts: number;
  offered_at: number;
  since: number;
  due_at: number;
  attempted_at: number;
  rest_until: number;
  parcel: string;
  others: number;
  answer: string;
  body: string;
}

/** The delivery after a change, ready to be stored. */
export const changed = (delivery: Delivery, change: Partial<Delivery>): Delivery => ({
  ...delivery,
  ...change,
  revision: delivery.revision + 1,
});
