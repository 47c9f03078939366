import { type EventQuery, parseQuery, QueryError } from '../../model/event-query/parse.js';
import { fieldsOf, type QueryTableName } from '../../model/event-query/tables.js';
import type {
  AskedConnections,
  AskedEvents,
  AskedGraph,
  AskedRows,
  EventHistogram,
  EventRow,
  EventRows,
  Explorations,
  FieldValue,
  FieldValues,
  Pair,
  Pairs,
  Rhythm,
  ServiceGraph,
  Span,
} from '../../model/explore.js';
import { type Store, withSettings } from '../../store/store.js';
import { widthOf } from '../buckets.js';
import { iso, LONGEST_SECONDS, seconds } from '../look.js';
import { type Bound, bindQuery } from './conditions.js';
import { findingsOfRows } from './findings-of-rows.js';
import { readGraph } from './graph.js';

const ROWS = 100;
/** Rows behind these are not asked for one page after the other: each page sorts all before it. */
const REACHABLE = 10_000;
const VALUES = 25;
const MOST_CONTACTS = 2000;
const QUARTER_SECONDS = 900;
/** Fewer connections have no rhythm. */
const LEAST_CONTACTS = 6;
/** Pairs whose pauses are measured: those that talk most. */
const MOST_PAIRS = 300;
const SHOWN_PAIRS = 50;

/** What tells rows of the same moment apart. */
const ties = (table: QueryTableName): string =>
  table === 'connection' ? 'entity, peer, dst_port, src_ip, src_port' : 'file, line';

/** The field that counts what a row moved; '' where there is none. */
const bytesFieldOf = (table: QueryTableName): string =>
  Object.entries(fieldsOf(table)).find(([, { type, isShown }]) => type === 'bytes' && isShown)?.[0] ?? '';

/** Answers what a person asks of the stored events. Everything is bound, bounded and aggregated by the engine. */
export class Explore implements Explorations {
  readonly #store: Store;

  constructor(
    store: Store,
    readonly now: () => Date = () => new Date(),
  ) {
    this.#store = withSettings(store, { final: 1, max_execution_time: LONGEST_SECONDS });
  }

  async rows({ sort = 'time', limit = ROWS, offset = 0, ...asked }: AskedRows): Promise<EventRows> {
    const query = this.#read(asked);
    const { from, where, parameters } = bindQuery(query);
    const fields = Object.entries(fieldsOf(query.table));
    const order = `${fieldNamed(query.table, sort, isNumber)} DESC, time DESC, ${ties(query.table)}`;
    const rows = await this.#store.rows<Record<string, FieldValue>>(
      `SELECT entity AS entity_id, ${fields.map(([name, { type }]) => `${shownAs(name, type)} AS ${name}`).join(', ')}, ${iso('time')} AS at
       FROM (SELECT * FROM ${from} WHERE ${where} ORDER BY ${order} LIMIT {limit:UInt32} OFFSET {offset:UInt32}) ORDER BY ${order}`,
      { ...parameters, offset, limit: Math.max(0, Math.min(limit, REACHABLE - offset)) },
    );
    const found = await findingsOfRows(
      this.#store,
      rows.map((row) => ({ entity: String(row.entity_id), at: String(row.at) })),
    );
    return {
      ...spanOf(query),
      reachable: REACHABLE,
      rows: rows.map(
        ({ entity_id: _, at, ...row }, index): EventRow => ({
          time: String(at),
          fields: Object.fromEntries(
            fields.map(([name, { type }]) => [name, type === 'boolean' ? Boolean(row[name]) : row[name]!]),
          ),
          findings: found[index]!,
        }),
      ),
    };
  }

  async histogram(asked: AskedEvents): Promise<EventHistogram> {
    const query = this.#read(asked);
    const { from, where, parameters } = bindQuery(query);
    const width = widthOf(query.to - query.from);
    const bytesField = bytesFieldOf(query.table);
    const buckets = await this.#store.rows<EventHistogram['buckets'][number] & Span>(
      `SELECT ${iso('fromUnixTimestamp64Milli(bucket * {width:Int64})')} AS time, rows, bytes, ${iso('first')} AS from, ${iso('last')} AS to FROM (
         SELECT intDiv(toUnixTimestamp64Milli(time), {width:Int64}) AS bucket, count() AS rows, ${bytesSum(bytesField)} AS bytes, min(time) AS first, max(time) AS last
         FROM ${from} WHERE ${where} GROUP BY bucket
       ) ORDER BY bucket`,
      { ...parameters, width },
    );
    return {
      ...spanOf(query),
      bucket_seconds: width / 1000,
      total: buckets.reduce((sum, { rows }) => sum + rows, 0),
      buckets: buckets.map(({ time, rows, bytes }) => ({ time, rows, bytes })),
      bytes_field: bytesField,
      rows_span: buckets.length === 0 ? null : { from: buckets[0]!.from, to: buckets.at(-1)!.to },
    };
  }

  async values({ field, ...asked }: AskedEvents & { field: string }): Promise<FieldValues> {
    const query = this.#read(asked);
    const { from, where, parameters } = bindQuery(query);
    const name = fieldNamed(query.table, field, () => true);
    const { type } = fieldsOf(query.table)[name]!;
    const value = type === 'list' ? `arrayJoin(${name})` : shownAs(name, type);
    const values = await this.#store.rows<FieldValues['values'][number] & { distinct: number }>(
      `SELECT value, counted AS rows, moved AS bytes, count() OVER () AS distinct FROM (
         SELECT toString(${value}) AS value, count() AS counted, ${bytesSum(bytesFieldOf(query.table))} AS moved FROM ${from} WHERE ${where} GROUP BY value
       ) ORDER BY counted DESC, moved DESC, value LIMIT ${VALUES}`,
      parameters,
    );
    return {
      ...spanOf(query),
      field: name,
      values: values.map(({ distinct: _, ...one }) => one),
      distinct: values[0]?.distinct ?? 0,
    };
  }

  async pairs(asked: AskedConnections): Promise<Pairs> {
    const query = this.#read({ ...asked, table: 'connection' });
    const pairs = await this.#store.rows<Pair>(pairsSql(bindQuery(query)), bindQuery(query).parameters);
    return { ...spanOf(query), pairs };
  }

  async rhythm(asked: AskedConnections): Promise<Rhythm> {
    const query = this.#read({ ...asked, table: 'connection' });
    const { from, where, parameters } = bindQuery(query);
    const [contacts, quarters] = await Promise.all([
      this.#store.rows<Rhythm['contacts'][number]>(
        `SELECT ${iso('c.time')} AS time, c.bytes_out AS bytes_out, c.bytes_in AS bytes_in FROM ${from} AS c WHERE ${where}
         ORDER BY c.time, ${ties('connection')} LIMIT ${MOST_CONTACTS}`,
        parameters,
      ),
      this.#store.rows<Rhythm['quarters'][number]>(
        `SELECT ${seconds("toDateTime(quarter * {width:UInt32}, 'UTC')")} AS time, connections, bytes_out FROM (
           SELECT intDiv(toUnixTimestamp(c.time), {width:UInt32}) AS quarter, count() AS connections, sum(c.bytes_out) AS bytes_out
           FROM ${from} AS c WHERE ${where} GROUP BY quarter) ORDER BY quarter`,
        { ...parameters, width: QUARTER_SECONDS },
      ),
    ]);
    const total = quarters.reduce((sum, { connections }) => sum + connections, 0);
    return { ...spanOf(query), contacts, total, quarters };
  }

  async graph({ edges = 'unusual', ...asked }: AskedGraph): Promise<ServiceGraph> {
    const query = this.#read({ ...asked, table: 'connection' });
    return readGraph(this.#store, query, edges);
  }

  #read({ table, filter, now }: AskedEvents): EventQuery {
    return parseQuery(table, filter, now === undefined ? this.now().getTime() : Date.parse(now));
  }
}

const spanOf = ({ from, to }: EventQuery): Span => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});

const isNumber = (type: string): boolean => ['number', 'bytes', 'seconds', 'time'].includes(type);

/** A name that is ours. @throws QueryError */
function fieldNamed(table: QueryTableName, name: string, isFit: (type: string) => boolean): string {
  const fields = fieldsOf(table);
  if (Object.hasOwn(fields, name) && isFit(fields[name]!.type)) return name;
  const fit = Object.keys(fields).filter((field) => isFit(fields[field]!.type));
  throw new QueryError([{ column: 1, says: `there is no such field to go by; there are ${fit.join(', ')}` }]);
}

const shownAs = (name: string, type: string): string =>
  type === 'address' ? `ip_text(${name})` : type === 'time' ? iso(name) : name;

const bytesSum = (field: string): string => (field === '' ? '0' : `sum(${field})`);

const pairsSql = ({ from, where }: Bound): string => `
WITH busiest AS (
  SELECT entity, peer FROM ${from} WHERE (${where}) AND entity != '' GROUP BY entity, peer HAVING count() >= ${LEAST_CONTACTS}
  ORDER BY count() DESC, entity, peer LIMIT ${MOST_PAIRS}
)
SELECT entity, peer, connections, sent AS bytes_out, pause AS pause_seconds, deviation AS deviation_seconds,
  round(if(pause > 0, greatest(0, 1 - deviation / pause), 0), 3) AS regularity
FROM (
  SELECT entity, peer, count() AS connections, sum(c.bytes_out) AS sent,
    array_gaps(arraySort(groupArray(20000)(toUnixTimestamp64Micro(c.time) / 1e6))) AS gaps,
    arrayReduce('quantileExactInclusive(0.5)', gaps) AS pause, array_mad(gaps) AS deviation
  FROM ${from} AS c WHERE (${where}) AND (entity, peer) IN busiest GROUP BY entity, peer
) ORDER BY regularity DESC, connections DESC, entity, peer LIMIT ${SHOWN_PAIRS}`;
