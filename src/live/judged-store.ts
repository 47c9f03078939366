import { OPEN } from '../detect/open-connections.js';
import type { Strategy } from '../model/strategy.js';
import { TIMED_TABLES } from '../store/schema.js';
import { localPart } from '../store/sharding.js';
import { type Store, tableFilters, withSettings } from '../store/store.js';

/** What is judged: events of this span, both ends in it. */
export interface Span {
  since: Date;
  until: Date;
  /** Of sums by the minute, those before are judged only where connections that began in them still grow or came late. */
  minutesSince: Date;
}

/** What happens within this time from now is judged: clocks are not that exact. */
const AHEAD_MS = 300_000;
/** Ticks are not exact. */
const SLACK_MS = 900_000;

/** Minutes are judged for as long as a finding may be silent and still go on: else it would seem to have vanished. */
export function spanBefore(now: Date, hours: number, strategies: readonly Strategy[]): Span {
  const longest = Math.max(0, ...strategies.map((one) => one.correlationWindowSeconds));
  return {
    since: new Date(now.getTime() - hours * 3_600_000),
    until: new Date(now.getTime() + AHEAD_MS),
    minutesSince: new Date(now.getTime() - longest * 1000 - SLACK_MS),
  };
}

/**
 * The store as it is judged: rows told twice count once, sealed and open parts of a sum are one, nothing from before the span is
 * looked at but in sums, and what says that it happens later waits until then.
 */
export function judgedStore(store: Store, span: Span): Store {
  return withSettings(store, { final: 1, additional_table_filters: tableFilters(filtersOf(store, span)) });
}

/** What can be looked at is told by what came lately: connections of last week show nothing of today. */
export const lately = (store: Store, span: Span): Store =>
  withSettings(store, {
    additional_table_filters: tableFilters({
      ...filtersOf(store, span),
      connection: `end_time >= ${momentOf(span.since)}`,
    }),
  });

// No quotes: the setting is quoted text itself.
const momentOf = (at: Date): string => `fromUnixTimestamp64Milli(${at.getTime()})`;

function filtersOf({ shards }: Store, { since, until, minutesSince }: Span): Record<string, string> {
  const hasBegun = `time <= ${momentOf(until)}`;
  // On each shard, where they choose what is read, rather than over what all of them sent.
  const timed = shards === null ? TIMED_TABLES : TIMED_TABLES.map(localPart);
  return Object.fromEntries([
    ...timed.map((table) => [table, `time >= ${momentOf(since)} AND ${hasBegun}`]),
    ...[OPEN.network, OPEN.http].map((table) => [table, hasBegun]),
    ['contact_judged', lateMinutes(minutesSince)],
    ...['connection_judged', 'egress'].map((table) => [table, `end_time >= ${momentOf(since)}`]),
    // Who held an address last week says nothing of today.
    ...['hour_judged', 'inflow_judged', 'sensed_source'].map((table) => [
      table,
      `hour >= toStartOfHour(${momentOf(since)})`,
    ]),
    ['window_judged', lateWindows(since, minutesSince)],
  ]);
}

const secondsOf = (at: Date): number => Math.floor(at.getTime() / 1000);

/** Windows that reach into the span; of those of a minute, the same as above. */
const lateWindows = (since: Date, minutesSince: Date): string =>
  `bucket + scale >= ${secondsOf(since)} AND (scale > 60 AND bucket >= ${secondsOf(since) - 86_400} OR bucket >= ${secondsOf(minutesSince)}
   OR (scale, bucket, entity_id) IN (SELECT toUInt32(60), toUInt32(toStartOfMinute(time)), arrayJoin([entity_id, dst_entity_id]) FROM connection WHERE is_open))`;

/** The latest minutes, and those in which connections began that still grow or came late. In the words of the table's key, so that nothing else is read. */
const lateMinutes = (minutesSince: Date): string =>
  `toStartOfHour(minute) >= toStartOfHour(${momentOf(minutesSince)})
   OR (toStartOfHour(minute), entity_id, minute) IN (SELECT toStartOfHour(time), entity_id, toStartOfMinute(time) FROM connection WHERE is_open)`;
