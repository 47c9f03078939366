import type { Field } from '../../../src/model/event-query/tables.js';
import type { FieldValue } from '../../../src/model/explore.js';
import { formatBytes, formatDay, formatDuration } from '../../../src/output/format.js';
import { canAskFor, entityPath, Link } from '../router.js';
import { Logged } from '../text.js';

export const isNumeric = ({ type }: Field): boolean =>
  type === 'number' || type === 'bytes' || type === 'seconds';

/** A value as a reader meets it; `short` leaves out what the heading says. */
export function shownValue({ type }: Field, value: FieldValue, how: 'short' | 'whole' = 'whole'): string {
  if (type === 'time') return timeOf(String(value), how);
  if (type === 'bytes') return formatBytes(Number(value));
  if (type === 'seconds') return formatDuration(Number(value));
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' ? String(Number(value.toFixed(3))) : value;
}

const timeOf = (time: string, how: 'short' | 'whole'): string =>
  how === 'short'
    ? `${formatDay(time).slice(5)} ${time.slice(11, 23)}`
    : `${formatDay(time)} ${time.slice(11, -1)} UTC`;

/** `workload:prod/app1`, told apart. */
export function entityOf(id: string): { kind: string; name: string } {
  const colon = id.indexOf(':');
  return { kind: id.slice(0, colon), name: id.slice(colon + 1) };
}

/** An entity by its id, leading to what is known of it. */
export function Entity({ id, limit = 60 }: { id: string; limit?: number }) {
  if (id === '') return <span className="fine">not known</span>;
  const entity = entityOf(id);
  const name = <Logged text={entity.name} limit={limit} />;
  return canAskFor(entity.name) ? <Link to={entityPath(entity)}>{name}</Link> : name;
}
