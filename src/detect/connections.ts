import type { Store } from '../store/store.js';
import { contactMinutes } from './contacts.js';

/** Sensors' clocks and whole-second timestamps differ by this much at most for one connection. */
const SLACK = 'toIntervalSecond(2)';

/** Ports that name their protocol when no sensor recognised the content. */
const APP_BY_PORT = `multiIf(dst_port IN (80, 8080, 8000, 8008, 8888, 3128), 'http', dst_port IN (443, 8443, 4443), 'ssl', dst_port = 53, 'dns',
  dst_port = 22, 'ssh', dst_port = 21, 'ftp', dst_port = 990, 'ftps', dst_port = 989, 'ftps-data', dst_port = 20, 'ftp-data',
  dst_port IN (25, 465, 587), 'smtp', dst_port = 123, 'ntp', dst_port IN (67, 68), 'dhcp', '')`;

/**
 * Joins the views of each connection into one row of `connection`, and sums them by hour: all of it anew.
 *
 * A lone log of finished connections holds each connection once and is taken as it is; anything else goes through
 * the join, so that bytes count once whatever number of sensors saw them.
 */
export async function deriveConnections(store: Store): Promise<void> {
  const [shape] = await Promise.all([
    shapeOf(store, ARCHIVE),
    ...['nat_alias', 'connection', ...ROLL_UPS].map((table) => store.run(`TRUNCATE TABLE ${table}`)),
  ]);
  if (shape.is_translated) await store.run(insertNatAliases(ARCHIVE, 0));
  const isLone = shape.loads === 1 && shape.only_ends && !shape.has_http;
  const views = isLone ? LONE_LOG : joinedViews(shape, ARCHIVE);
  await store.run(insertConnections('connection', views, ARCHIVE, 0), {}, SMALL_BLOCKS);
  const sums: Sums = { connections: 'connection', egress: 'egress', isOpen: 0 };
  for (const statement of [
    ...egressHours(sums),
    ...egressMinutes(sums),
    ...egressDays('egress_hour', 0),
    inflowHours(sums),
    contactMinutes('connection', { isOpen: 0, isWhole: true }),
  ])
    await store.run(statement, {}, SMALL_BLOCKS);
}

/** Tables of views of connections. */
export interface ViewTables {
  network: string;
  http: string;
  /** Further columns of both, for who must find a view's row again: `, x AS name`. */
  marks: string;
}

const ARCHIVE: ViewTables = { network: 'network_activity', http: 'http_activity', marks: '' };

/** Sums over `connection`, in the order in which one needs the other. */
export const ROLL_UPS = ['egress_hour', 'egress_window', 'inflow_hour', 'contact_minute'] as const;

/** As in loading: a block holds forty columns of each of its rows, so small blocks take a quarter less memory, at the same speed. */
const SMALL_BLOCKS = {
  max_block_size: '16384',
  min_insert_block_size_rows: '65536',
  min_insert_block_size_bytes: '16000000',
} as const;

export interface Shape {
  loads: number;
  only_ends: number;
  is_translated: number;
  is_guessed: number;
  has_http: number;
}

/** What the views at hand ask for. */
export async function shapeOf(store: Store, { network, http }: ViewTables): Promise<Shape> {
  const [shape] = await store.rows<Shape>(`
SELECT uniqExact(load_id) AS loads, countIf(view != 'end') = 0 AS only_ends,
  countIf(translated_src_ip != src_endpoint_ip OR translated_dst_ip != dst_endpoint_ip) > 0 AS is_translated,
  countIf(is_direction_guessed) > 0 AS is_guessed,
  (SELECT count() FROM ${http}) > 0 AS has_http
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
  '' AS state_seen, url_hostname AS name, is_proxied, '' AS ja3_seen, concat(session_uid, ' ', toString(time)) AS session_uid, concat(source, ' ', file) AS sensor, source, load_id, toUInt8(0) AS is_connection, toUInt8(2) AS patience, toUInt8(0) AS is_guessed,
  if(src_endpoint_port = 0, url_hostname, '') AS lane, toUInt8(1) AS is_over${marks}
FROM ${http}`;

/** What a view of a connection says, whatever table it is from. */
const VIEW_COLUMNS = `time, end_time, s_ip, s_port, d_ip, d_port, protocol, time_error, b_out, b_in, p_out, p_in, counted, app_seen,
  state_seen, name, is_proxied, ja3_seen, session_uid, sensor, source, load_id, is_connection, patience, lane, is_over`;

const networkViews = ({ network, marks }: ViewTables, destination: 'dst_endpoint' | 'translated_dst') => `
SELECT time, end_time, src_endpoint_ip AS s_ip, src_endpoint_port AS s_port, ${destination}_ip AS d_ip, ${destination}_port AS d_port,
  connection_info_protocol_name AS protocol, time_error, traffic_bytes_out AS b_out, traffic_bytes_in AS b_in, traffic_packets_out AS p_out,
  traffic_packets_in AS p_in, has_bytes AS counted, app_name AS app_seen, connection_state AS state_seen, dst_endpoint_domain AS name,
  toUInt8(0) AS is_proxied, ja3_hash AS ja3_seen, session_uid, concat(source, ' ', if(node = '', file, node)) AS sensor, source, load_id, toUInt8(view != 'window') AS is_connection, toUInt8(if(view = 'window', 60, 2)) AS patience,
  is_direction_guessed AS is_guessed, '' AS lane, toUInt8(view IN ('end', 'window')) AS is_over${marks}
FROM ${network}`;

const LONE_LOG = `
SELECT time, end_time, s_ip AS src_ip, s_port AS src_port, d_ip AS dst_ip, d_port AS dst_port, protocol, b_out AS bytes_out, b_in AS bytes_in,
  p_out AS packets_out, p_in AS packets_in, counted AS has_bytes, app_seen AS app, state_seen AS state, name AS domain, is_proxied, ja3_seen AS ja3,
  [source] AS sources, toUInt32(1) AS connections, load_id IN (SELECT load_id FROM load WHERE is_baseline) AS is_baseline
FROM (${networkViews(ARCHIVE, 'translated_dst')})`;

const ENDS = ['src_endpoint_ip', 'src_endpoint_port', 'dst_endpoint_ip', 'dst_endpoint_port'] as const;
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
      max(v.p_out) AS p_out, max(v.p_in) AS p_in, max(v.counted) AS counted, anyIf(v.app_seen, v.app_seen != '') AS app_seen,
      argMax(v.state_seen, (v.state_seen != '', v.end_time)) AS state_seen, anyIf(v.name, v.name != '') AS name, max(v.is_proxied) AS is_proxied,
      anyIf(v.ja3_seen, v.ja3_seen != '') AS ja3_seen, any(v.source) AS source, max(v.is_connection) AS is_connection, max(v.patience) AS patience, max(v.load_id IN (SELECT load_id FROM load WHERE is_baseline)) AS is_baseline${more}
    FROM (SELECT *, if(session_uid = '', toString(time), session_uid) AS session FROM (${views})) AS v
    GROUP BY ${TUPLE_COLUMNS}, sensor, session
  )
)`;

/** One row per connection: sessions of one sensor (source and node; without a node, source and file) within an episode add up; across sensors the highest sum counts. */
const joinedViews = (shape: Shape, tables: ViewTables): string => `
SELECT argMin(v.time, (v.time_error, v.time)) AS time, max(v.end_time) AS end_time, s_ip AS src_ip, s_port AS src_port, d_ip AS dst_ip, d_port AS dst_port, protocol,
  arrayMax(mapValues(sumMap(map(sensor, b_out)))) AS bytes_out, arrayMax(mapValues(sumMap(map(sensor, b_in)))) AS bytes_in,
  arrayMax(mapValues(sumMap(map(sensor, p_out)))) AS packets_out, arrayMax(mapValues(sumMap(map(sensor, p_in)))) AS packets_in,
  max(counted) AS has_bytes, anyIf(app_seen, app_seen != '') AS app, argMax(state_seen, (state_seen != '', end_time)) AS state,
  anyIf(name, name != '') AS domain, max(is_proxied) AS is_proxied, anyIf(ja3_seen, ja3_seen != '') AS ja3,
  groupUniqArray(8)(source) AS sources, toUInt32(greatest(1, arrayMax(mapValues(sumMap(map(sensor, toUInt64(is_connection))))))) AS connections,
  max(is_baseline) AS is_baseline
FROM (${episodesOf(viewsOf(shape, tables))}) AS v
GROUP BY ${TUPLE_COLUMNS}, episode`;

const zone = (side: 'src' | 'dst') => `dictGetOrDefault('zone_of', 'kind', ${side}_ip, 'outside')`;
const entity = (side: 'src' | 'dst') =>
  `multiIf(${side}_holder.1 != '', ${side}_holder.1, ${side}_zone = 'outside' AND NOT ${side}_holder.4, '', concat('address:', ip_text(${side}_ip)))`;
const method = (side: 'src' | 'dst') =>
  `multiIf(${side}_holder.1 != '', 'ip+time', ${side}_holder.4 = 1, 'ambiguous', ${side}_zone = 'container', 'cidr', ${side}_zone = 'outside', 'none', 'address')`;
const confidence = (side: 'src' | 'dst') =>
  `multiIf(${side}_holder.1 != '', ${side}_holder.3, ${side}_holder.4 = 1, 0.2, ${side}_zone = 'container', 0.6, ${side}_zone = 'outside', 0, 0.5)`;

/** Asked a little later when nobody held the address yet: a poll or a whole-second stamp can lie before the container's start. */
const holder = (side: 'src' | 'dst') => {
  const at = (moment: string) =>
    `dictGet('holder_of', ('entity_id', 'container_uid', 'confidence', 'is_known'), ${side}_ip, ${moment})`;
  return `if(dictGet('holder_of', 'is_known', ${side}_ip, time) = 1, ${at('time')}, ${at(`time + ${SLACK}`)})`;
};

/** FTP data connections have ports of their own; the control connection between the same two ends gives them away. */
const ftpPairs = ({ network }: ViewTables) =>
  `(SELECT DISTINCT src_endpoint_ip, dst_endpoint_ip FROM ${network} WHERE dst_endpoint_port IN (21, 990))`;

const insertConnections = (into: string, views: string, tables: ViewTables, isOpen: 0 | 1): string => `
INSERT INTO ${into}
WITH
  ${holder('src')} AS src_holder, ${holder('dst')} AS dst_holder,
  ${zone('src')} AS src_zone, ${zone('dst')} AS dst_zone,
  if(protocol = 'tcp' AND dst_port > 1023 AND app IN ('', 'ftp-data', 'ssl') AND (src_ip, dst_ip) IN ${ftpPairs(tables)}, if(app = 'ssl', 'ftps-data', 'ftp-data'), '') AS ftp_data
SELECT time, end_time, src_ip, src_port, dst_ip, dst_port, protocol, bytes_out, bytes_in, packets_out, packets_in, has_bytes,
  multiIf(ftp_data != '', ftp_data, app NOT IN ('', 'tcp'), app, ${APP_BY_PORT}) AS application, app IN ('', 'tcp') AND ftp_data = '' AS is_app_by_port,
  state, domain, if(domain != '', domain, ip_text(dst_ip)) AS peer, is_proxied, ja3,
  ${entity('src')} AS entity_id, ${method('src')} AS attribution, ${confidence('src')} AS confidence, src_holder.2 AS container_uid,
  src_zone != 'outside' OR src_holder.4 AS is_src_inside,
  -- A proxy inside stands for the name asked of it. The name is the client's own claim, so it can make a destination outside,
  -- never inside: a request line that says x.internal to a server outside is still an upload.
  (dst_zone != 'outside' OR dst_holder.4) AND NOT (is_proxied AND (position(domain, '.') > 0 AND NOT match(domain, '(?i)\\\\.(local|internal|lan|svc|localdomain)$'))) AS is_dst_inside,
  ${entity('dst')} AS dst_entity_id, ${method('dst')} AS dst_attribution, ${confidence('dst')} AS dst_confidence,
  sources, connections, is_baseline, ${isOpen}
FROM (${views})`;

/** Where roll-ups are summed from, and which of them are asked for. */
interface Sums {
  /** Connections, and what entities sent in them: `connection` and `egress`, or the same of fewer connections. */
  connections: string;
  egress: string;
  isOpen: 0 | 1;
}

const ROLES = ['initiator', 'responder'];

/** Sums per hour; each role by itself, so that the initiators are read in the order in which connections lie. */
const hoursOf = ({ egress }: Sums, role: string) => `
SELECT entity_id, role, peer, peer_port, any(app) AS app, max(is_peer_inside) AS is_peer_inside, toStartOfHour(minute) AS hour, min(minute) AS first_minute, max(minute) AS last_minute, any(peer_ip),
  sum(e.bytes_out) AS bytes_out, sum(e.bytes_in) AS bytes_in, sum(e.connections), max(e.is_answered) AS is_answered, max(e.is_baseline) AS is_baseline
FROM ${egress} AS e WHERE role = '${role}' GROUP BY entity_id, role, peer, peer_port, hour`;

const egressHours = (sums: Sums) =>
  ROLES.map((role) => `INSERT INTO egress_hour SELECT *, ${sums.isOpen} FROM (${hoursOf(sums, role)})`);

/** Minutes from the connections, each role by itself for the same reason. */
const egressMinutes = ({ egress, isOpen }: Sums) =>
  ROLES.map(
    (role) => `
INSERT INTO egress_window
SELECT entity_id, role, 60 AS scale, toUInt32(minute) AS bucket, minute, minute, sum(e.bytes_out), sum(e.bytes_in), argMax(peer, e.bytes_out), max(e.is_baseline), ${isOpen}
FROM ${egress} AS e WHERE role = '${role}' AND NOT is_peer_inside AND is_answered AND is_web_or_unknown(app) GROUP BY entity_id, role, minute`,
  );

/** Hours and days from sums per hour. */
const egressDays = (hours: string, isOpen: 0 | 1) =>
  [3600, 86400].map(
    (scale) => `
INSERT INTO egress_window
SELECT entity_id, role, ${scale}, intDiv(toUInt32(hour), ${scale}) * ${scale} AS bucket, min(first_minute), max(last_minute), sum(e.bytes_out), sum(e.bytes_in), argMax(peer, e.bytes_out), max(e.is_baseline), ${isOpen}
FROM ${hours} AS e WHERE NOT is_peer_inside AND is_answered AND is_web_or_unknown(app) GROUP BY entity_id, role, bucket`,
  );

/** Bytes between two entities inside, seen from the one that received them. What mostly goes the other way is no inflow. */
const inflowHours = ({ connections, isOpen }: Sums) => `
INSERT INTO inflow_hour
SELECT side.2 AS receiver, side.3 AS sender, side.1 AS way, c.dst_port, toStartOfHour(c.time) AS begun, min(c.time), max(c.end_time), sum(side.4), sum(side.5), sum(c.connections),
  max(side.4), argMax(dateDiff('millisecond', c.time, c.end_time) / 1000, side.4), max(c.is_baseline), ${isOpen}
FROM ${connections} AS c
ARRAY JOIN [('push', toString(dst_entity_id), toString(entity_id), c.bytes_out, c.bytes_in), ('pull', toString(entity_id), toString(dst_entity_id), c.bytes_in, c.bytes_out)] AS side
WHERE c.is_src_inside AND c.is_dst_inside AND c.has_bytes AND c.entity_id != '' AND c.dst_entity_id != '' AND c.entity_id != c.dst_entity_id AND side.4 > side.5
GROUP BY receiver, sender, way, c.dst_port, begun`;
