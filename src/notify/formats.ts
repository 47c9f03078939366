import type { LiveStrategy } from '../model/live.js';
import { toOcsf } from '../output/ocsf.js';
import { recordOf } from './alert-record.js';
import { cutToFit, safeJson } from './clean.js';
import { toEcs } from './ecs.js';
import type { Message } from './message.js';

export type RecordFormat = 'alert' | 'ocsf' | 'ecs';

/** One message as one line of JSON; `idIn` finds its id again. */
export function formatRecord(message: Message, format: RecordFormat, version: string): string {
  if (format === 'ecs') return safeJson(cutToFit(toEcs(message, version)));
  if (format === 'ocsf') return safeJson(cutToFit(ocsfOf(message, version)));
  return safeJson(recordOf(message));
}

/** The id that a line of any format carries; '' when it has none. */
export function idIn(line: string): string {
  try {
    const record = JSON.parse(line) as { id?: string; event?: { id?: string }; metadata?: { uid?: string } };
    return record.id ?? record.event?.id ?? record.metadata?.uid ?? '';
  } catch {
    return '';
  }
}

const ACTIVITIES = {
  opened: {
    activity_id: 1,
    activity_name: 'Create',
    type_uid: 200401,
    type_name: 'Detection Finding: Create',
  },
  escalated: {
    activity_id: 2,
    activity_name: 'Update',
    type_uid: 200402,
    type_name: 'Detection Finding: Update',
  },
  closed: { activity_id: 3, activity_name: 'Close', type_uid: 200403, type_name: 'Detection Finding: Close' },
} as const;

function ocsfOf(message: Message, version: string): object {
  const { alert, what, id, at } = message;
  const product = { name: 'Stowaway', vendor_name: 'Stowaway', version };
  if (alert === null || what === 'state' || what === 'test') return eventOf(message, product);
  const finding = toOcsf(alert.finding, { startedAt: alert.opened_at, version, details: [] });
  return {
    ...finding,
    ...ACTIVITIES[what],
    time: Date.parse(at),
    ...(what === 'closed' && { status_id: 4, status: 'Resolved' }),
    finding_info: { ...finding.finding_info, modified_time: Date.parse(alert.updated_at) },
    metadata: { ...finding.metadata, uid: id },
  };
}

/** Not a finding: Base Event, whose `unmapped` says the rest. */
function eventOf({ id, at, title, why, strategy }: Message, product: object): object {
  return {
    activity_id: 99,
    activity_name: strategy === null ? 'Test' : 'Sight',
    category_uid: 0,
    category_name: 'Uncategorized',
    class_uid: 0,
    class_name: 'Base Event',
    type_uid: 99,
    type_name: 'Base Event: Other',
    severity_id: strategy === null ? 1 : severityOf(strategy),
    time: Date.parse(at),
    message: `${title}: ${why}`,
    metadata: { version: '1.8.0', product, uid: id },
    ...(strategy && { unmapped: { stowaway: strategy } }),
  };
}

const severityOf = ({ sight }: LiveStrategy): number => ({ blind: 4, degraded: 3, whole: 1 })[sight];
