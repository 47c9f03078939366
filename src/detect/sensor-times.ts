import type { InputProblem } from '../model/hunt-result.js';
import { EVENT_TABLES } from '../store/schema.js';
import type { Store } from '../store/store.js';

/** Two sensors' clocks, told by connections that both saw. */
export interface Skew {
  source: string;
  against: string;
  /** By how much `source` is ahead of `against`: the median over connections. */
  offset_seconds: number;
  /** The 90th percentile of what single connections differ from that. */
  error_seconds: number;
  matches: number;
}

/** A stretch in which a source that usually has rows has none. */
export interface Gap {
  source: string;
  node: string;
  from: string;
  to: string;
  minutes: number;
  /** 99 of 100 pauses are at most so long. */
  usual_minutes: number;
}

/** Fewer connections seen by both say nothing about their clocks. */
const MIN_MATCHES = 5;
/** What more sensors than these saw is compared between none: pairs grow with the square, and a name of a node is easily made up. */
const MAX_SENSORS = 8;
/** Connections that are compared; of more a share, by their hash. */
const COMPARED = 500_000;
/** What single connections may differ by, for the median to be a clock's: polls and flow windows are no clocks. */
const MAX_ERROR_SECONDS = 30;

/**
 * How far the clocks of sources of connections are apart. A connection's first view in each source is compared, of ends that
 * were used once in that source; windows of flows are left out, since they begin when the exporter's timer says.
 */
export async function compareClocks(store: Store): Promise<Skew[]> {
  const [shape] = await store.rows<{ sources: number; rows: number }>(
    `SELECT uniqExact(source, node) AS sources, count() AS rows FROM network_activity WHERE ${COMPARABLE}`,
  );
  if (shape!.sources < 2) return [];
  return store.rows<Skew>(SKEWS, { share: Math.max(1, Math.ceil(shape!.rows / COMPARED)) });
}

const COMPARABLE = "view != 'window' AND src_endpoint_port != 0 AND dst_endpoint_port != 0";

const SKEWS = `
WITH firsts AS (
  SELECT concat(source, if(node = '', '', concat(' on ', node))) AS sensor, min(time) AS seen, dateDiff('second', min(time), max(time)) AS span,
    cityHash64(src_endpoint_ip, src_endpoint_port, dst_endpoint_ip, dst_endpoint_port, connection_info_protocol_name) AS ends
  FROM network_activity WHERE ${COMPARABLE} AND ends % {share:UInt32} = 0
  GROUP BY sensor, ends HAVING span < 3600
),
views AS (
  SELECT arraySort(groupArray((sensor, toUnixTimestamp64Micro(seen)))) AS seen_by FROM firsts GROUP BY ends HAVING length(seen_by) BETWEEN 2 AND ${MAX_SENSORS}
),
both AS (
  SELECT pair.1.1 AS source, pair.2.1 AS against, (pair.1.2 - pair.2.2) / 1e6 AS difference
  FROM views ARRAY JOIN arrayFlatten(arrayMap(i -> arrayMap(j -> (seen_by[i], seen_by[j]), range(i + 1, toUInt32(length(seen_by) + 1))), arrayEnumerate(seen_by))) AS pair
),
centre AS (SELECT source, against, quantileExact(0.5)(difference) AS median, count() AS matches FROM both GROUP BY source, against HAVING matches >= ${MIN_MATCHES})
SELECT source, against, any(median) AS offset_seconds, quantileExact(0.9)(abs(difference - median)) AS error_seconds, any(matches) AS matches
FROM both JOIN centre USING (source, against)
GROUP BY source, against HAVING error_seconds <= ${MAX_ERROR_SECONDS}
ORDER BY abs(offset_seconds) DESC, source, against LIMIT 20`;

/** Shorter pauses are told by nobody. */
const MIN_GAP_MINUTES = 10;
/** A pause is a gap when it is this many times as long as 99 of 100 others. */
const TIMES_USUAL = 10;
/** Fewer minutes with rows do not say what is usual. */
const MIN_ACTIVE_MINUTES = 60;

/** Tables whose rows have a time of their own. */
const TIMED = EVENT_TABLES.filter((table) => !/inventory$|^monotonic_/.test(table));

/** Stretches without rows of sources that usually have some, the longest of each first; within the logs hunted, not those of a baseline. */
export async function findGaps(store: Store): Promise<Gap[]> {
  const minutes = TIMED.map(
    (table) =>
      `SELECT DISTINCT source, node, toStartOfMinute(time) AS minute FROM ${table} WHERE load_id NOT IN (SELECT load_id FROM load WHERE is_baseline)`,
  ).join(' UNION ALL ');
  // Only gaps leave the arrays of minutes: a row for each pause would carry them all along.
  return store.rows<Gap>(`
SELECT source, node, toString(gap.1) AS from, toString(gap.2) AS to, gap.3 AS minutes, usual AS usual_minutes FROM (
  SELECT source, node, arraySort(groupUniqArray(minute)) AS minutes, arrayPopFront(arrayDifference(arrayMap(m -> toInt64(intDiv(toUnixTimestamp(m), 60)), minutes))) AS pauses,
    arrayReduce('quantileExact(0.99)', pauses) AS usual, greatest(${MIN_GAP_MINUTES}, ${TIMES_USUAL} * usual) AS least,
    arrayFilter((gap, pause) -> pause >= least, arrayZip(arrayPopBack(minutes), arrayPopFront(minutes), pauses), pauses) AS gaps
  FROM (${minutes}) GROUP BY source, node HAVING length(minutes) >= ${MIN_ACTIVE_MINUTES}
) ARRAY JOIN gaps AS gap
ORDER BY gap.3 DESC, source, node LIMIT 3 BY source, node`);
}

/** Beyond this, views of one connection are no longer recognised as one (detect/connections.ts). */
const JOINED_SECONDS = 2;

/** What an analyst must know of clocks: those that disagree as problems, those that agree in one line. */
export function describeTimes(
  skews: Skew[],
  gaps: Gap[],
): { problems: InputProblem[]; assumptions: string[] } {
  const isOff = ({ offset_seconds, error_seconds }: Skew) =>
    Math.abs(offset_seconds) > Math.max(JOINED_SECONDS, 3 * error_seconds);
  const agreeing = skews.filter((skew) => !isOff(skew));
  return {
    problems: [
      ...skews.filter(isOff).map((skew) => ({
        where: `${skew.source}, ${skew.against}`,
        what: `their clocks are ${seconds(skew.offset_seconds)} apart (± ${seconds(skew.error_seconds)}, from ${skew.matches} connections that both saw; ${skew.offset_seconds > 0 ? skew.source : skew.against} is ahead)`,
        advice: `${isZone(skew.offset_seconds) ? 'one of them writes local time without saying so' : 'set the clocks'}: connections that both saw count twice, and what happened together seems apart`,
        level: 'note' as const,
      })),
      ...gaps.map(({ source, node, from, to, minutes, usual_minutes }) => ({
        where: node === '' ? source : `${source} on ${node}`,
        what: `no rows from ${from} to ${to} (${minutes} minutes; usually at most ${usual_minutes})`,
        advice: 'was the sensor down, or a file left out? What happened then was not seen',
        level: 'note' as const,
      })),
    ],
    assumptions: agreeing.length > 0 ? [describeAgreement(agreeing)] : [],
  };
}

function describeAgreement(agreeing: Skew[]): string {
  const sensors = [...new Set(agreeing.flatMap(({ source, against }) => [source, against]))].sort();
  const most = Math.max(...agreeing.map(({ offset_seconds }) => Math.abs(offset_seconds)));
  const matches = Math.min(...agreeing.map((skew) => skew.matches));
  return `clocks of ${sensors.join(', ')} agree within ${seconds(most)}, from ${matches} or more connections that two of them saw`;
}

const seconds = (value: number): string => `${Number(Math.abs(value).toPrecision(3))} s`;

/** Quarters of an hour, within some seconds. */
const isZone = (offset: number): boolean => {
  const rest = Math.abs(offset) % 900;
  return Math.abs(offset) > 890 && Math.min(rest, 900 - rest) < 5;
};
