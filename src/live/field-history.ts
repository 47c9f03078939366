import type { Store } from '../store/store.js';
import type { Field, Seen } from './field-health.js';

/** So many of a source's last rows say what it usually fills; what came longer ago says nothing of today. */
const LAST_ROWS = 20_000;
const LAST_DAYS = 2;

/** The first of the last loads of each source that have so many rows between them. */
const FIRST_LOADS = `
SELECT source, min(load_id) AS first FROM (
  SELECT source, load_id, sum(rows_stored) OVER (PARTITION BY source ORDER BY load_id DESC) - rows_stored AS later
  FROM load WHERE source != '' AND rows_stored > 0 AND load.at > now() - INTERVAL ${LAST_DAYS} DAY
) WHERE later < ${LAST_ROWS} GROUP BY source`;

type Told = Omit<Seen, 'filledAt'> & { place: number; last: number };

/** What the rows that are stored say of fields: a field may vanish while the server is started anew with what it reads. */
export async function fieldHistory(store: Store, fields: readonly Field[]): Promise<(Field & Seen)[]> {
  // Over a cluster, numbers of loads do not tell which came last.
  if (store.shards !== null) return [];
  const firsts = await store.rows<{ source: string; first: number }>(FIRST_LOADS);
  const asked = fields.flatMap(({ source, field }) => {
    const first = firsts.find((one) => one.source === source)?.first;
    return first === undefined ? [] : [{ source, field, first }];
  });
  if (asked.length === 0) return [];
  const parameters = asked.flatMap(({ source, first }, place) => [
    [`source${place}`, source],
    [`first${place}`, first],
  ]);
  const told = await store.rows<Told>(
    asked.map(({ field }, place) => questionOf(field, place)).join('\nUNION ALL\n'),
    Object.fromEntries(parameters),
  );
  const times = await timesOf(
    store,
    told.map(({ last }) => last),
  );
  return told
    .filter(({ rows }) => rows > 0)
    .map(({ place, last, ...seen }) => {
      const { source, field } = asked[place]!;
      return { source, field, ...seen, filledAt: times.get(last) ?? '' };
    });
}

function questionOf(name: string, place: number): string {
  const [table, column] = name.split('.');
  return `SELECT ${place} AS place, sum(n) AS rows, sum(f) AS filled, maxIf(load_id, f > 0) AS last,
    arraySum((l, r) -> if(l > last, r, 0), groupArray(load_id), groupArray(n)) AS emptySince
  FROM (
    SELECT load_id, count() AS n, countIf(${column} != defaultValueOfArgumentType(${column})) AS f FROM ${table}
    WHERE load_id >= {first${place}:UInt32} AND source = {source${place}:String} GROUP BY load_id
  )`;
}

/** When loads were noted, ISO 8601 UTC. */
async function timesOf(store: Store, loads: readonly number[]): Promise<Map<number, string>> {
  const rows = await store.rows<{ load_id: number; noted: string }>(
    `SELECT load_id, formatDateTime(max(load.at), '%FT%TZ', 'UTC') AS noted FROM load
     WHERE load_id IN {loads:Array(UInt32)} GROUP BY load_id`,
    { loads: [...new Set(loads)] },
  );
  return new Map(rows.map(({ load_id, noted }) => [load_id, noted]));
}
