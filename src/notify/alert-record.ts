import { cutToFit } from './clean.js';
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

/** @param mostBytes far above what a finding has; a hostile log cannot make it longer */
export function recordOf(message: Message, mostBytes?: number): AlertRecord {
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
    alert: cutToFit(alert, mostBytes),
    strategy: cutToFit(strategy, mostBytes),
  };
}
