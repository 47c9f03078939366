import { EVENT_TABLES, TIMED_TABLES } from './schema.js';

/** Views of connections that are not sealed yet, and those that are being sealed, beside all that were ever seen. */
const STAGES: Record<string, string> = { network_activity: 'network', http_activity: 'http' };

/**
 * The statements that a statement of schema/ becomes in a store that is kept while events come: the same tables, by the day and
 * found by the load; their open and sealing parts; and a place for the connections that are worked out anew.
 */
export function shapeForServe(statement: string): string[] {
  const [, table] = /CREATE (?:TABLE|VIEW) IF NOT EXISTS (\w+)/.exec(statement) ?? [];
  if (table === 'connection' || table === 'egress') return [statement, ofFresh(statement)];
  if (table === undefined || !EVENT_TABLES.some((name) => name === table)) return [statement];
  const stage = STAGES[table];
  // By the day, what is old costs nothing and goes as a whole.
  const isByDay = TIMED_TABLES.some((name) => name === table);
  const kept = statement
    .replace(/\n\) ENGINE/, ',\n  INDEX by_load load_id TYPE minmax\n) ENGINE')
    .replace('ENGINE = ReplacingMergeTree', (engine) =>
      isByDay ? `${engine} PARTITION BY toDate(time)` : engine,
    );
  if (stage === undefined) return [kept];
  return [kept, ...['open', 'sealing'].map((part) => stageOf(statement, table, `${stage}_${part}`))];
}

const ofFresh = (statement: string): string =>
  statement
    .replace(/(TABLE|VIEW) IF NOT EXISTS (\w+)/, '$1 IF NOT EXISTS $2_fresh')
    .replaceAll('FROM connection', 'FROM connection_fresh');

const stageOf = (statement: string, table: string, name: string): string =>
  statement
    .replace(`IF NOT EXISTS ${table}`, `IF NOT EXISTS ${name}`)
    .replace('ENGINE = ReplacingMergeTree', 'ENGINE = MergeTree')
    .replace('\n  event_uid ', "\n  arrived DateTime64(3, 'UTC') DEFAULT now64(3),\n  event_uid ");
