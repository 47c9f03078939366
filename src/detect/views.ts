import type { Store } from '../store/store.js';

/** Sensors' clocks and whole-second timestamps differ by this much at most for one connection. */
export const SLACK = 'toIntervalSecond(2)';

/** Tables of views of connections. */
export interface ViewTables {
  network: string;
  http: string;
  /** Further columns of both, for who must find a view's row again: `, x AS name`. */
  marks: string;
}

export const ARCHIVE: ViewTables = { network: 'network_activity', http: 'http_activity', marks: '' };

export interface Shape {
  loads: number;
  only_ends: number;
  is_translated: number;
  is_guessed: number;
  has_http: number;
  /** Most views are the only one of their tuple. */
  is_mostly_lone: number;
}

const ENDS = ['src_endpoint_ip', 'src_endpoint_port', 'dst_endpoint_ip', 'dst_endpoint_port'] as const;

/** What the views at hand ask for. */
export async function shapeOf(store: Store, { network, http }: ViewTables): Promise<Shape> {
  const [shape] = await store.rows<Shape>(`
SELECT uniqExact(load_id) AS loads, countIf(view != 'end') = 0 AS only_ends,
  countIf(translated_src_ip != src_endpoint_ip OR translated_dst_ip != dst_endpoint_ip) > 0 AS is_translated,
  countIf(is_direction_guessed) > 0 AS is_guessed,
  (SELECT count() FROM ${http}) > 0 AS has_http,
  2 * uniq(${ENDS.join(', ')}, connection_info_protocol_name) > count() AS is_mostly_lone
FROM ${network}`);
  return shape!;
}

/** Both outer faces of a translated connection: as seen behind source NAT, and as seen before destination NAT. */
export const insertNatAliases = ({ network }: ViewTables, isOpen: 0 | 1): string => `
INSERT INTO nat_alias
SELECT seen.1, seen.2, seen.3, seen.4, protocol, min(time), max(end_time), src_ip, src_port, dst_ip, dst_port, ${isOpen}
FROM (
  SELECT time, end_time, connection_info_protocol_name AS protocol,
    src_endpoint_ip AS src_ip, src_endpoint_port AS src_port, translated_dst_ip AS dst_ip, translated_dst_port AS dst_port,
    arrayJoin(arrayFilter(t -> t != (src_ip, src_port, dst_ip, dst_port), [
      (translated_src_ip, translated_src_port, translated_dst_ip, translated_dst_port),
      (src_endpoint_ip, src_endpoint_port, dst_endpoint_ip, dst_endpoint_port)])) AS seen,
    session_uid
  FROM ${network} WHERE translated_src_ip != src_endpoint_ip OR translated_dst_ip != dst_endpoint_ip
)
GROUP BY seen, protocol, src_ip, src_port, dst_ip, dst_port, session_uid`;

/**
 * HTTP requests are views too: they name the host a connection was for, and where nothing counts the connection
 * itself, their bodies are the bytes known. Each request is a session of its own, so that bodies add up. Where a log
 * does not tell the client's port, the ends are those of many connections: the host that was asked for keeps them apart.
 */
const httpViews = ({ http, marks }: ViewTables) => `
SELECT time, time AS end_time, src_endpoint_ip AS s_ip, src_endpoint_port AS s_port, dst_endpoint_ip AS d_ip, dst_endpoint_port AS d_port,
  'tcp' AS protocol, toFloat32(0.5) AS time_error, request_body_bytes AS b_out, response_body_bytes AS b_in, toUInt64(0) AS p_out, toUInt64(0) AS p_in, toUInt8(0) AS counted, 'http' AS app_seen,
  '' AS state_seen, url_hostname AS name, is_proxied, '' AS ja3_seen, '' AS ja4_seen, concat(session_uid, ' ', toString(time)) AS session_uid, concat(source, ' ', file) AS sensor, source, load_id, toUInt8(0) AS is_connection, toUInt8(2) AS patience, toUInt8(0) AS is_guessed,
  if(src_endpoint_port = 0, url_hostname, '') AS lane, toUInt8(1) AS is_over${marks}
FROM ${http}`;

/** What a view of a connection says, whatever table it is from. */
const VIEW_COLUMNS = `time, end_time, s_ip, s_port, d_ip, d_port, protocol, time_error, b_out, b_in, p_out, p_in, counted, app_seen,
  state_seen, name, is_proxied, ja3_seen, ja4_seen, session_uid, sensor, source, load_id, is_connection, patience, lane, is_over`;

export const networkViews = (
  { network, marks }: ViewTables,
  destination: 'dst_endpoint' | 'translated_dst',
) => `
SELECT time, end_time, src_endpoint_ip AS s_ip, src_endpoint_port AS s_port, ${destination}_ip AS d_ip, ${destination}_port AS d_port,
  connection_info_protocol_name AS protocol, time_error, traffic_bytes_out AS b_out, traffic_bytes_in AS b_in, traffic_packets_out AS p_out,
  traffic_packets_in AS p_in, has_bytes AS counted, app_name AS app_seen, connection_state AS state_seen, dst_endpoint_domain AS name,
  toUInt8(0) AS is_proxied, ja3_hash AS ja3_seen, ja4 AS ja4_seen, session_uid, concat(source, ' ', if(node = '', file, node)) AS sensor, source, load_id, toUInt8(view != 'window') AS is_connection, toUInt8(if(view = 'window', 60, 2)) AS patience,
  is_direction_guessed AS is_guessed, '' AS lane, toUInt8(view IN ('end', 'window')) AS is_over${marks}
FROM ${network}`;

const TUPLE = `(${ENDS.join(', ')}, connection_info_protocol_name)`;
const REVERSED = `(${[...ENDS.slice(2), ...ENDS.slice(0, 2)].join(', ')}, connection_info_protocol_name)`;
const IS_AGAINST_THE_PORTS = `NOT is_likely_client(${ENDS.join(', ')})`;

/**
 * Turns a view round whose direction was guessed, where another view of the same ends saw it begin the other way. A tuple seen
 * to begin in both ways stays as guessed: else one forged packet of the far end would turn an upload into an answer.
 */
const oriented = (views: string, { network }: ViewTables) => {
  const beginnings = `FROM ${network} WHERE NOT is_direction_guessed`;
  return `
SELECT v.* EXCEPT (s_ip, s_port, d_ip, d_port, b_out, b_in, p_out, p_in, is_guessed),
  is_guessed AND (v.s_ip, v.s_port, v.d_ip, v.d_port, v.protocol) IN (
    SELECT ${REVERSED} ${beginnings} AND ${IS_AGAINST_THE_PORTS}
      AND ${REVERSED} NOT IN (SELECT ${TUPLE} ${beginnings} AND NOT ${IS_AGAINST_THE_PORTS}
        AND ${TUPLE} IN (SELECT ${REVERSED} ${beginnings} AND ${IS_AGAINST_THE_PORTS}))) AS is_turned,
  if(is_turned, v.d_ip, v.s_ip) AS s_ip, if(is_turned, v.d_port, v.s_port) AS s_port, if(is_turned, v.s_ip, v.d_ip) AS d_ip, if(is_turned, v.s_port, v.d_port) AS d_port,
  if(is_turned, v.b_in, v.b_out) AS b_out, if(is_turned, v.b_out, v.b_in) AS b_in, if(is_turned, v.p_in, v.p_out) AS p_out, if(is_turned, v.p_out, v.p_in) AS p_in
FROM (${views}) AS v`;
};

/** Replaces the tuple of a view by the real ends, where a sensor with both tuples knows them. */
const canonical = (views: string) => `
SELECT v.* EXCEPT (s_ip, s_port, d_ip, d_port),
  (a.valid_to + ${SLACK} >= v.time AND a.valid_from > toDateTime64(1, 6, 'UTC')) AS is_alias,
  if(is_alias, a.src_ip, v.s_ip) AS s_ip, if(is_alias, a.src_port, v.s_port) AS s_port,
  if(is_alias, a.dst_ip, v.d_ip) AS d_ip, if(is_alias, a.dst_port, v.d_port) AS d_port
FROM (SELECT *, time + ${SLACK} AS at FROM (${views})) AS v
ASOF LEFT JOIN (SELECT * FROM nat_alias) AS a
ON v.s_ip = a.seen_src_ip AND v.s_port = a.seen_src_port AND v.d_ip = a.seen_dst_ip AND v.d_port = a.seen_dst_port
  AND v.protocol = a.protocol AND v.at >= a.valid_from`;

/** Every view by the real ends of its connection, the initiator first. */
export function viewsOf(shape: Shape, tables: ViewTables): string {
  const isTranslated = shape.is_translated === 1;
  const told = networkViews(tables, isTranslated ? 'translated_dst' : 'dst_endpoint');
  const columns = `${VIEW_COLUMNS}${tables.marks.replace(/\S+ AS /g, '')}`;
  const views = `SELECT ${columns} FROM (${shape.is_guessed ? oriented(told, tables) : told}) UNION ALL SELECT ${columns} FROM (${httpViews(tables)})`;
  return isTranslated ? canonical(views) : views;
}

/** What views of one connection have in common. */
export const TUPLE_COLUMNS = 's_ip, s_port, d_ip, d_port, protocol, lane';

/**
 * Sessions with the episode each belongs to. A session is what one sensor says under one id of the producer's: it counts its highest
 * counters once. An episode of a tuple ends where nothing overlaps for longer than the slack, or a minute where records tell
 * windows: ports are used again. `more` names further columns of a session.
 */
export const episodesOf = (views: string, more = ''): string => `
SELECT *, sum(is_fresh) OVER (PARTITION BY ${TUPLE_COLUMNS} ORDER BY time, end_time, session_uid ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS episode
FROM (
  SELECT *, time > max(end_time) OVER (PARTITION BY ${TUPLE_COLUMNS} ORDER BY time, end_time, session_uid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + toIntervalSecond(patience) AS is_fresh
  FROM (
    SELECT ${TUPLE_COLUMNS}, session, any(session_uid) AS session_uid, sensor, argMin(v.time, (v.time_error, v.time)) AS time, min(v.time_error) AS time_error, max(v.end_time) AS end_time, max(v.b_out) AS b_out, max(v.b_in) AS b_in,
      max(v.p_out) AS p_out, max(v.p_in) AS p_in, max(v.counted) AS counted, argMax(v.app_seen, (v.app_seen != '', v.app_seen = 'ssh-git')) AS app_seen,
      argMax(v.state_seen, (v.state_seen != '', v.end_time)) AS state_seen, anyIf(v.name, v.name != '') AS name, max(v.is_proxied) AS is_proxied,
      anyIf(v.ja3_seen, v.ja3_seen != '') AS ja3_seen, anyIf(v.ja4_seen, v.ja4_seen != '') AS ja4_seen, any(v.source) AS source, max(v.is_connection) AS is_connection, max(v.patience) AS patience, max(v.load_id IN (SELECT load_id FROM load WHERE is_baseline)) AS is_baseline${more}
    FROM (SELECT *, if(session_uid = '', toString(time), session_uid) AS session FROM (${views})) AS v
    GROUP BY ${TUPLE_COLUMNS}, sensor, session
  )
)`;
