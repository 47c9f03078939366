import type { Readable } from 'node:stream';
import {
  type ClickHouseClient,
  type ClickHouseSettings,
  createClient,
  SettingsMap,
} from '@clickhouse/client';
import { shutStandardInput } from '../host/standard-input.js';
import { bindLiterals } from './literal.js';

/** Where the rows live: a directory for the embedded engine, or the URL of a ClickHouse server. */
export type StoreLocation =
  | {
      path: string;
      /** The engine may write and read backups, wherever they are asked for (store/backup.ts). */
      hasBackups?: boolean;
    }
  | { url: string; database?: string; cluster?: ClusterLocation };

/** Servers that keep a store together: events are spread over their shards, what is derived is on the node of the URL. */
export interface ClusterLocation {
  /** As `remote_servers` of the servers names it. */
  name: string;
  /** URLs of the other nodes. */
  others: string[];
  /** Each table is kept by all replicas of its shard; takes a Keeper, and the macros shard and replica. */
  isReplicated: boolean;
}

/** Where events are spread. */
export interface Shards {
  cluster: string;
  isReplicated: boolean;
  /** Every node by itself, the one with what is derived first. */
  nodes: Store[];
}

export type QueryParameters = Record<string, unknown>;

/** Same SQL, same rows, whichever engine answers (test/store-parity.test.ts holds this). */
export interface Store extends AsyncDisposable {
  readonly kind: 'embedded' | 'server';
  /** null: one engine holds everything. */
  readonly shards: Shards | null;
  /** Rows of a SELECT. Materialises the result: page or aggregate in SQL. 64-bit integers arrive as numbers. */
  rows<T>(sql: string, parameters?: QueryParameters, settings?: ClickHouseSettings): Promise<T[]>;
  /** A statement without a result. */
  run(sql: string, parameters?: QueryParameters, settings?: ClickHouseSettings): Promise<void>;
  /** Small tables of our own; logs are loaded with ingest/. */
  insert(table: string, rows: Record<string, unknown>[]): Promise<void>;
  /** INSERT … SELECT … FROM input() with the lines of a stream; server only. */
  insertLines(sql: string, parameters: QueryParameters, lines: Readable): Promise<void>;
  close(): Promise<void>;
}

/** Spilling thresholds that keep a hunt over any number of rows within its memory target. */
const SETTINGS: ClickHouseSettings = {
  output_format_json_quote_64bit_integers: 0,
  session_timezone: 'UTC',
  max_bytes_before_external_group_by: '268435456',
  max_bytes_before_external_sort: '268435456',
  optimize_aggregation_in_order: 1,
  join_use_nulls: 0,
  // An alias that repeats a column's name must not be used inside other aggregates.
  prefer_column_name_to_alias: 1,
  max_execution_time: 0,
  // Answers are small: threads that format them side by side cost more than they bring.
  output_format_parallel_formatting: 0,
  // A log may span any number of days, and a store that is kept has a partition for each.
  throw_on_max_partitions_per_insert_block: 0,
  min_insert_block_size_rows: '262144',
  min_insert_block_size_bytes: '67108864',
  // Two streams are enough for the machines this runs on beside other work, and each one holds a block of every column.
  max_threads: 2,
  // Statements are many and short: compiling what the engine has seen three times doubled the time of every hunt after the third.
  compile_expressions: 0,
  compile_aggregate_expressions: 0,
  compile_sort_description: 0,
  // Looking for constants to add to chains of comparisons took a third of the time of long statements, and found none.
  optimize_and_compare_chain: 0,
};

/** An embedded connection runs one statement at a time; planning small ones takes one core, so two keep two busy. */
const EMBEDDED_CONNECTIONS = 2;

/** Opens the store. The embedded engine is loaded only when it is asked for: it is half a gigabyte of library. */
export async function openStore(location: StoreLocation): Promise<Store> {
  if ('url' in location) return 'cluster' in location ? openCluster(location) : openServer(location);
  // The engine takes what is piped to this process for rows of the next INSERT.
  shutStandardInput();
  const { createChdbConnection } = await import('chdb/connection');
  // The first connection to a folder starts the engine, with the arguments it brings; the others join it.
  const first = location.hasBackups ? await openEngine(location.path) : null;
  const clients = Array.from({ length: EMBEDDED_CONNECTIONS }, () =>
    createClient({
      connection: createChdbConnection({ path: location.path }),
    } as unknown as Parameters<typeof createClient>[0]),
  );
  const close = async () => {
    for (const client of clients) await client.close();
    first?.close();
  };
  try {
    return embeddedStore(new Pool(await Promise.all(clients.map(Session.begin))), close);
  } catch (error) {
    await close();
    throw error;
  }
}

type ServerLocation = Extract<StoreLocation, { url: string }>;

function openServer({ url, database = 'default' }: ServerLocation, settings: ClickHouseSettings = {}): Store {
  const client = createClient({
    url,
    database,
    // A long statement sends headers all the while, so that nothing on the way takes the connection for dead.
    clickhouse_settings: {
      ...SETTINGS,
      send_progress_in_http_headers: 1,
      http_headers_progress_interval_ms: '110000',
      ...settings,
    },
    request_timeout: 3_600_000,
  });
  return serverStore(client);
}

/** What every statement to a cluster is under. */
const CLUSTER_SETTINGS: ClickHouseSettings = {
  // Rows are on their shards when an insert succeeds.
  distributed_foreground_insert: 1,
  // A condition that reads another table would be asked of the shards, where what is derived is empty.
  allow_push_predicate_ast_for_distributed_subqueries: 0,
  // Not all rows are no answer.
  skip_unavailable_shards: 0,
};

function openCluster({ cluster, ...home }: ServerLocation): Store {
  const { name, others, isReplicated } = cluster!;
  const nodes = [home.url, ...others.map((url) => asWhom(home.url, url))].map((url) =>
    openServer({ ...home, url }, CLUSTER_SETTINGS),
  );
  const close = async () => {
    for (const node of nodes) await node.close();
  };
  return {
    ...nodes[0]!,
    shards: { cluster: name, isReplicated, nodes },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A node whose URL names no user is asked as the first one is. */
function asWhom(first: string, other: string): string {
  const url = new URL(other);
  if (url.username !== '') return other;
  const { username, password } = new URL(first);
  return Object.assign(url, { username, password }).toString();
}

async function openEngine(path: string): Promise<{ close(): void }> {
  const { Session: Engine } = await import('chdb');
  return new Engine(path, { connectionArgs: ['--backups.allowed_path=/'] });
}

function serverStore(client: ClickHouseClient): Store {
  const close = () => client.close();
  return {
    kind: 'server',
    shards: null,
    rows: (sql, parameters = {}, settings = {}) => rowsOf(client, sql, { parameters, settings }),
    async run(sql, parameters = {}, settings = {}) {
      await client.command({ query: sql, query_params: parameters, clickhouse_settings: settings });
    },
    insert: (table, rows) => insertRows(client, table, rows),
    async insertLines(sql, parameters, lines) {
      const answer = await client.exec({
        query: `${sql} FORMAT LineAsString`,
        query_params: parameters,
        values: lines,
      });
      // An error after the headers is in the body: it must be read.
      for await (const _ of answer.stream);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function embeddedStore(pool: Pool<Session>, close: () => Promise<void>): Store {
  const bind = (sql: string, parameters: QueryParameters): string =>
    Object.keys(parameters).length === 0 ? sql : bindLiterals(sql, parameters);
  const using = <T>(settings: ClickHouseSettings, work: (client: ClickHouseClient) => Promise<T>) =>
    pool.use(async (session) => work(await session.under(settings)));
  return {
    kind: 'embedded',
    shards: null,
    rows: (sql, parameters = {}, settings = {}) =>
      using(settings, (client) => rowsOf(client, bind(sql, parameters), { settings })),
    run: (sql, parameters = {}, settings = {}) =>
      using(settings, async (client) => {
        await client.command({ query: bind(sql, parameters), clickhouse_settings: settings });
      }),
    insert: (table, rows) => using({}, (client) => insertRows(client, table, rows)),
    async insertLines() {
      throw new TypeError('insertLines needs a server: embedded input() loses inline rows');
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * An embedded connection keeps what a statement set. What all statements are under is set once: sent with each of them it cost
 * more than most statements do. What one sets besides must not be there for the next.
 */
class Session {
  #set: string[] = [];
  private constructor(readonly client: ClickHouseClient) {}

  static async begin(client: ClickHouseClient): Promise<Session> {
    await client.command({ query: `SET ${Object.keys(SETTINGS).map(usual).join(', ')}` });
    return new Session(client);
  }

  /** The client, as it is before it is given these settings. */
  async under(settings: ClickHouseSettings): Promise<ClickHouseClient> {
    const left = this.#set.filter((name) => !Object.hasOwn(settings, name));
    if (left.length > 0) await this.client.command({ query: `SET ${left.map(usual).join(', ')}` });
    this.#set = Object.keys(settings);
    return this.client;
  }
}

/** A setting as all statements have it. */
function usual(name: string): string {
  const value = SETTINGS[name as keyof ClickHouseSettings];
  return `${name} = ${value === undefined ? 'DEFAULT' : typeof value === 'number' ? value : `'${value}'`}`;
}

async function rowsOf<T>(
  client: ClickHouseClient,
  sql: string,
  { parameters = {}, settings = {} }: { parameters?: QueryParameters; settings?: ClickHouseSettings },
): Promise<T[]> {
  const answer = await client.query({
    query: sql,
    query_params: parameters,
    clickhouse_settings: settings,
    format: 'JSONEachRow',
  });
  return (await answer.json<T>()) as T[];
}

async function insertRows(
  client: ClickHouseClient,
  table: string,
  rows: Record<string, unknown>[],
): Promise<void> {
  if (rows.length > 0) await client.insert({ table, values: rows, format: 'JSONEachRow' });
}

/** Hands out connections, first come, first served. */
class Pool<C> {
  readonly #idle: C[];
  readonly #waiting: ((connection: C) => void)[] = [];

  constructor(connections: readonly C[]) {
    this.#idle = [...connections];
  }

  async use<T>(work: (connection: C) => Promise<T>): Promise<T> {
    const connection = this.#idle.pop() ?? (await new Promise<C>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(connection);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(connection);
      else this.#idle.push(connection);
    }
  }
}

/** The same store, each of whose statements runs under further settings. */
export const withSettings = (store: Store, more: ClickHouseSettings): Store => ({
  ...store,
  rows: (sql, parameters, settings) => store.rows(sql, parameters, { ...more, ...settings }),
  run: (sql, parameters, settings) => store.run(sql, parameters, { ...more, ...settings }),
});

/** Conditions that each reading of a table, by whatever view, is under: as a setting. */
export const tableFilters = (conditions: Record<string, string>): SettingsMap => SettingsMap.from(conditions);
