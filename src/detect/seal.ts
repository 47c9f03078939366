import type { Store } from '../store/store.js';
import { addConnections, OPEN, shapeWithAliases } from './open-connections.js';
import { episodesOf, TUPLE_COLUMNS, type ViewTables, viewsOf } from './views.js';

const SEALING: ViewTables = { network: 'network_sealing', http: 'http_sealing', marks: '' };

export interface SealOptions {
  /** ISO 8601 UTC */
  now: string;
  /** A connection that ended is sealed when nothing was told of it for so long: events may come this late. */
  quietSeconds: number;
  /** One that nobody saw end is sealed after this long. */
  endlessSeconds: number;
}

/**
 * Seals connections that will not grow any more: they and their sums are added once to what is kept, and their views leave what
 * is worked out anew at each tick. Whether something may still come is told by when it arrived, never by its own clock.
 *
 * A pass that a crash cut short is ended by the next one: what it moved lies in the tables of its name, and what it added
 * carries its number. Returns how many views were sealed.
 */
export async function sealConnections(store: Store, options: SealOptions): Promise<number> {
  const [last] = await store.rows<{ pass: number; state: string }>(
    'SELECT pass, toString(max(state)) AS state FROM sealing_pass GROUP BY pass ORDER BY pass DESC LIMIT 1',
  );
  if (last && last.state !== 'done') await endPass(store, last.pass, last.state);
  const moved = await moveSealable(store, options);
  if (moved === 0) return 0;
  // By the clock: noted passes expire, and a number used again would be one whose insert the engine remembers, and drops.
  const pass = Math.max((last?.pass ?? 0) + 1, Math.floor(Date.now() / 1000));
  await record(store, pass, 'moved');
  await endPass(store, pass, 'moved');
  return moved;
}

const record = (store: Store, pass: number, state: string) => store.insert('sealing_pass', [{ pass, state }]);

async function endPass(store: Store, pass: number, state: string): Promise<void> {
  if (state === 'moved') {
    await addConnections(store, SEALING, { isOpen: 0, token: `pass ${pass}` });
    await record(store, pass, 'added');
  }
  for (const part of ['network', 'http'])
    await store.run(`DELETE FROM ${part}_open WHERE event_uid IN (SELECT event_uid FROM ${part}_sealing)`);
  await record(store, pass, 'done');
}

/** Views of every episode that is over, up to the first of its tuple that is not: what is sealed lies before what is open. */
async function moveSealable(
  store: Store,
  { now, quietSeconds, endlessSeconds }: SealOptions,
): Promise<number> {
  await Promise.all(
    ['sealable', SEALING.network, SEALING.http].map((table) => store.run(`TRUNCATE TABLE ${table}`)),
  );
  const views = viewsOf(await shapeWithAliases(store, OPEN), OPEN);
  await store.run(
    `
INSERT INTO sealable
SELECT ${TUPLE_COLUMNS}, max(until)
FROM (
  SELECT *, told + toIntervalSecond(if(is_over, {quiet:UInt32}, {endless:UInt32})) <= parseDateTime64BestEffort({now:String}, 3, 'UTC') AS is_done,
    minIf(since, NOT is_done) OVER (PARTITION BY ${TUPLE_COLUMNS}) AS first_open, countIf(NOT is_done) OVER (PARTITION BY ${TUPLE_COLUMNS}) AS opens
  FROM (
    SELECT ${TUPLE_COLUMNS}, episode, min(v.time) AS since, max(v.end_time) AS until, max(v.arrived) AS told, max(v.is_over) AS is_over
    FROM (${episodesOf(views, ', max(v.arrived) AS arrived, max(v.is_over) AS is_over')}) AS v
    GROUP BY ${TUPLE_COLUMNS}, episode
  )
)
WHERE is_done AND (opens = 0 OR until < first_open)
GROUP BY ${TUPLE_COLUMNS}`,
    { now, quiet: quietSeconds, endless: endlessSeconds },
  );
  const sealed = `SELECT v.uid FROM (${views}) AS v JOIN sealable AS s USING (${TUPLE_COLUMNS}) WHERE v.time <= s.until`;
  for (const part of ['network', 'http'])
    await store.run(`INSERT INTO ${part}_sealing SELECT * FROM ${part}_open WHERE event_uid IN (${sealed})`);
  const [moved] = await store.rows<{ views: number }>(
    `SELECT (SELECT count() FROM ${SEALING.network}) + (SELECT count() FROM ${SEALING.http}) AS views`,
  );
  return moved!.views;
}
