import { EVENT_TABLES, TIMED_TABLES } from './schema.js';

/** Tables and views that stand there twice: what is worked out anew, beside what is kept. */
const FRESH = ['connection', 'egress'];

/** Views of connections that are not sealed yet, and those that are being sealed, beside all that were ever seen. */
const STAGES: Record<string, string> = { network_activity: 'network', http_activity: 'http' };

/**
 * Sums grow for as long as they are kept, and a tick adds to their end. By time first, what is old lies in parts of its own: FINAL merges
 * the latest parts alone, and what asks for lately reads nothing else. Smaller granules, since one entity's rows lie in each hour.
 */
const BY_TIME: Record<string, string> = {
  contact_minute: 'toStartOfHour(minute)',
  egress_hour: 'hour',
  egress_window: 'scale, bucket',
  inflow_hour: 'hour',
};

const byTime = (statement: string, table: string): string =>
  statement.replace(/ORDER BY \((.*)\)/, (_, key: string) => {
    const first = BY_TIME[table]!.split(', ');
    const others = key.split(', ').filter((column) => !first.includes(column));
    return `ORDER BY (${[...first, ...others].join(', ')}) SETTINGS index_granularity = 1024`;
  });

/** Those of the judged day lie by themselves, and so do those that go with the next. What is open is one partition, replaced as a whole. */
const BY_END = 'PARTITION BY if(is_open, 1, toYYYYMMDD(end_time))';

/**
 * The statements that a statement of schema/ becomes in a store that is kept while events come: the same tables, by time and
 * found by the load; their open and sealing parts; and a place for the connections that are worked out anew. What alters a table alters its twins.
 */
export function shapeForServe(statement: string): string[] {
  const [, altered] = /^ALTER TABLE (\w+)/m.exec(statement) ?? [];
  if (altered !== undefined)
    return [altered, ...twinsOf(altered)].map((name) =>
      statement.replace(/^ALTER TABLE \w+/m, `ALTER TABLE ${name}`),
    );
  const [, table] = CREATED.exec(statement) ?? [];
  if (table !== undefined && Object.hasOwn(BY_TIME, table)) return [byTime(statement, table)];
  if (table !== undefined && FRESH.includes(table)) {
    const kept = table === 'connection' ? statement.replace('PARTITION BY is_open', BY_END) : statement;
    return [kept, ofFresh(kept, table)];
  }
  if (table === undefined || !EVENT_TABLES.some((name) => name === table)) return [statement];
  // By the day, what is old costs nothing and goes as a whole.
  const isByDay = TIMED_TABLES.some((name) => name === table);
  const kept = statement
    .replace(/\n\) ENGINE/, ',\n  INDEX by_load load_id TYPE minmax\n) ENGINE')
    .replace('ENGINE = ReplacingMergeTree', (engine) =>
      isByDay ? `${engine} PARTITION BY toDate(time)` : engine,
    );
  return [kept, ...twinsOf(table).map((name) => stageOf(statement, table, name))];
}

const CREATED = /CREATE (?:(?:TABLE|VIEW) IF NOT EXISTS|OR REPLACE VIEW) (\w+)/;

/** The tables that have the columns of this one. */
function twinsOf(table: string): string[] {
  if (FRESH.includes(table)) return [`${table}_fresh`];
  const stage = STAGES[table];
  return stage === undefined ? [] : [`${stage}_open`, `${stage}_sealing`];
}

const ofFresh = (statement: string, table: string): string =>
  statement
    .replace(CREATED, (head) => head.replace(table, twinsOf(table)[0]!))
    .replaceAll('FROM connection', 'FROM connection_fresh');

const stageOf = (statement: string, table: string, name: string): string =>
  statement
    .replace(`IF NOT EXISTS ${table}`, `IF NOT EXISTS ${name}`)
    .replace('ENGINE = ReplacingMergeTree', 'ENGINE = MergeTree')
    .replace('\n  event_uid ', "\n  arrived DateTime64(3, 'UTC') DEFAULT now64(3),\n  event_uid ");
