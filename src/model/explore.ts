import type { QueryTableName } from './event-query/tables.js';
import type { FindingContacts } from './live.js';

/** Questions about stored events that a person puts together, answered by the rows; and who talks to whom. */

export interface AskedEvents {
  table: QueryTableName;
  /** In the filter language (src/model/event-query/). */
  filter: string;
  /** ISO 8601 UTC: what `time>-1h` counts from, and where a question without an end ends. Default: now. */
  now?: string;
}

/** A time, as it was understood. */
export interface Span {
  /** ISO 8601 UTC */
  from: string;
  to: string;
}

export interface EventHistogram extends Span {
  bucket_seconds: number;
  /** Rows in all. */
  total: number;
  /** By the moment at which they begin; those that are not there are empty. */
  buckets: { time: string; rows: number; bytes: number }[];
  /** Which field of the table `bytes` sums; '' where it has none. */
  bytes_field: string;
  /** From the first row to the last; null where there is none. */
  rows_span: Span | null;
}

export type FieldValue = string | number | boolean | string[];

export interface EventRow {
  time: string;
  fields: Record<string, FieldValue>;
  /** Findings about its entity at its time. */
  findings: { uid: string; technique: string }[];
}

export interface EventRows extends Span {
  rows: EventRow[];
  /** As many of the first as can be asked for; what is behind them is found by narrowing the filter. */
  reachable: number;
}

export interface AskedRows extends AskedEvents {
  /** A field that is a number; the largest come first. Default: time, the latest first. */
  sort?: string;
  /** 1..500; default 100 */
  limit?: number;
  offset?: number;
}

/** Which values a field has, most rows first. */
export interface FieldValues extends Span {
  field: string;
  values: { value: string; rows: number; bytes: number }[];
  /** Different values in all, about. */
  distinct: number;
}

/** Two that talk often, and how regularly. */
export interface Pair {
  /** Id of the entity. */
  entity: string;
  peer: string;
  connections: number;
  bytes_out: number;
  /** The middle one of the pauses between two connections, and how far half of them lie from it at most. */
  pause_seconds: number;
  deviation_seconds: number;
  /** 1: as a clock; 0: half of the pauses differ by a whole one, or more. */
  regularity: number;
}

export interface Pairs extends Span {
  /** The most regular first. */
  pairs: Pair[];
}

/** How connections come: each one's moment, and how they lie over days. */
export interface Rhythm extends Span {
  /** The earliest, at most some thousands. */
  contacts: FindingContacts['contacts'];
  total: number;
  /** Connections and bytes by the quarter of an hour. */
  quarters: { time: string; connections: number; bytes_out: number }[];
}

export interface GraphNode {
  id: string;
  /** entity: by its id (`workload:prod/app1`). destination: outside, by the name or address it was talked to by. */
  kind: 'entity' | 'destination' | 'group';
  name: string;
  is_inside: boolean;
  /** How many a group stands for; 1 of others. */
  members: number;
  /** Open findings about it, or about those it stands for. */
  findings: number;
  /** What finds the connections from it, and those to it. */
  filter_from: string;
  filter_to: string;
}

export interface GraphEdge {
  /** Ids of nodes. */
  from: string;
  to: string;
  connections: number;
  bytes_out: number;
  bytes_in: number;
  ports: number[];
  apps: string[];
  /** ISO 8601 UTC: the first of all that is kept, and the last within the time asked for. */
  first: string;
  last: string;
  is_new: boolean;
  /** It sent in an hour more than three times of what it had ever sent in one. */
  is_loud: boolean;
}

export interface ServiceGraph extends Span {
  nodes: GraphNode[];
  edges: GraphEdge[];
  /** Edges and nodes in all, before anything was left out or put together. */
  edges_total: number;
  nodes_total: number;
  /** Edges that are new or loud. */
  unusual_total: number;
  /** Nodes stand for all of a namespace, domain or network. */
  is_grouped: boolean;
  /** ISO 8601 UTC: what is kept begins here; what is older is not known. Null when nothing is kept. */
  history_from: string | null;
}

export type AskedConnections = Omit<AskedEvents, 'table'>;

export interface AskedGraph extends AskedConnections {
  /** Default `unusual`: only edges that are new or loud. */
  edges?: 'unusual' | 'all';
}

export interface Explorations {
  /** @throws QueryError, as all that take a filter */
  rows(asked: AskedRows): Promise<EventRows>;
  histogram(asked: AskedEvents): Promise<EventHistogram>;
  values(asked: AskedEvents & { field: string }): Promise<FieldValues>;
  /** Of the connections that a filter leaves. */
  pairs(asked: AskedConnections): Promise<Pairs>;
  rhythm(asked: AskedConnections): Promise<Rhythm>;
  graph(asked: AskedGraph): Promise<ServiceGraph>;
}
