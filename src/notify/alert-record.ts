import { bounded } from './clean.js';
import type { Message } from './message.js';

/** One message as our own JSON: the alert as it is kept, beside the sentences that people read. */
export interface AlertRecord {
  version: 1;
  /** The same whenever the same state is told. */
  id: string;
  what: Message['what'];
  at: string;
  title: string;
  why: string;
  severity: Message['severity'];
  next: string;
  alert: Message['alert'];
  strategy: Message['strategy'];
}

/** Far above what a finding has; a hostile log cannot make it longer. */
const LIMITS = { limit: 4000, most: 200 };

export function recordOf(message: Message): AlertRecord {
  const { id, what, at, title, why, severity, next, alert, strategy } = message;
  return {
    version: 1,
    id,
    what,
    at,
    title,
    why,
    severity,
    next,
    alert: bounded(alert, LIMITS),
    strategy: bounded(strategy, LIMITS),
  };
}
