import type { Store } from '../store/store.js';
import { ROLL_UPS, rollUpAll } from './roll-ups.js';
import {
  ARCHIVE,
  episodesOf,
  insertNatAliases,
  networkViews,
  type Shape,
  SLACK,
  shapeOf,
  TUPLE_COLUMNS,
  type ViewTables,
  viewsOf,
} from './views.js';

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
  const views = isLone ? alone(networkViews(ARCHIVE, 'translated_dst')) : joinedViews(shape, ARCHIVE);
  await store.run(insertConnections('connection', views, ARCHIVE, 0), {}, SMALL_BLOCKS);
  for (const statement of rollUpAll()) await store.run(statement, {}, SMALL_BLOCKS);
}

/** As in loading: a block holds forty columns of each of its rows, so small blocks take a quarter less memory, at the same speed. */
export const SMALL_BLOCKS = {
  max_block_size: '16384',
  min_insert_block_size_rows: '65536',
  min_insert_block_size_bytes: '16000000',
} as const;

/** Of views that are no connection's but their own: each is one. */
const alone = (views: string): string => `
SELECT time, end_time, s_ip AS src_ip, s_port AS src_port, d_ip AS dst_ip, d_port AS dst_port, protocol, b_out AS bytes_out, b_in AS bytes_in,
  p_out AS packets_out, p_in AS packets_in, counted AS has_bytes, app_seen AS app, state_seen AS state, name AS domain, is_proxied, ja3_seen AS ja3, ja4_seen AS ja4,
  [source] AS sources, toUInt32(1) AS connections, load_id IN (SELECT load_id FROM load WHERE is_baseline) AS is_baseline
FROM (${views})`;

/** Sessions of one sensor (source and node; without a node, source and file) within an episode add up; across sensors the highest sum counts. */
const together = (views: string): string => `
SELECT argMin(v.time, (v.time_error, v.time)) AS time, max(v.end_time) AS end_time, s_ip AS src_ip, s_port AS src_port, d_ip AS dst_ip, d_port AS dst_port, protocol,
  arrayMax(mapValues(sumMap(map(sensor, b_out)))) AS bytes_out, arrayMax(mapValues(sumMap(map(sensor, b_in)))) AS bytes_in,
  arrayMax(mapValues(sumMap(map(sensor, p_out)))) AS packets_out, arrayMax(mapValues(sumMap(map(sensor, p_in)))) AS packets_in,
  max(counted) AS has_bytes, argMax(app_seen, (app_seen != '', app_seen = 'ssh-git')) AS app, argMax(state_seen, (state_seen != '', end_time)) AS state,
  anyIf(name, name != '') AS domain, max(is_proxied) AS is_proxied, anyIf(ja3_seen, ja3_seen != '') AS ja3, anyIf(ja4_seen, ja4_seen != '') AS ja4,
  groupUniqArray(8)(source) AS sources, toUInt32(greatest(1, arrayMax(mapValues(sumMap(map(sensor, toUInt64(is_connection))))))) AS connections,
  max(is_baseline) AS is_baseline
FROM (${episodesOf(views)}) AS v
GROUP BY ${TUPLE_COLUMNS}, episode`;

/**
 * One row per connection. Where most tuples have one view only, which joining would leave as it is at seven times the price, those
 * go round it: how many a tuple has is counted by a hash of it, so that two tuples of one hash go the longer way to the same rows.
 */
export const joinedViews = (shape: Shape, tables: ViewTables): string => {
  const views = viewsOf(shape, tables);
  if (shape.is_translated || !shape.is_mostly_lone) return together(views);
  const hash = `cityHash64(${TUPLE_COLUMNS})`;
  const shared = `${hash} IN (SELECT ${hash} AS tuple FROM (${views}) GROUP BY tuple HAVING count() > 1)`;
  const those = (condition: string) => `SELECT * FROM (${views}) WHERE ${condition}`;
  return `${alone(those(`NOT (${shared})`))} UNION ALL ${together(those(shared))}`;
};

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

export const insertConnections = (into: string, views: string, tables: ViewTables, isOpen: 0 | 1): string => `
INSERT INTO ${into}
WITH
  ${holder('src')} AS src_holder, ${holder('dst')} AS dst_holder,
  ${zone('src')} AS src_zone, ${zone('dst')} AS dst_zone,
  if(protocol = 'tcp' AND dst_port > 1023 AND app IN ('', 'ftp-data', 'ssl') AND (src_ip, dst_ip) IN ${ftpPairs(tables)}, if(app = 'ssl', 'ftps-data', 'ftp-data'), '') AS ftp_data
SELECT time, end_time, src_ip, src_port, dst_ip, dst_port, protocol, bytes_out, bytes_in, packets_out, packets_in, has_bytes,
  multiIf(ftp_data != '', ftp_data, app NOT IN ('', 'tcp'), app, ${APP_BY_PORT}) AS application, app IN ('', 'tcp') AND ftp_data = '' AS is_app_by_port,
  state, domain, if(domain != '', domain, ip_text(dst_ip)) AS peer, is_proxied, ja3, ja4,
  ${entity('src')} AS entity_id, ${method('src')} AS attribution, ${confidence('src')} AS confidence, src_holder.2 AS container_uid,
  src_zone != 'outside' OR src_holder.4 AS is_src_inside,
  -- A proxy inside stands for the name asked of it. The name is the client's own claim, so it can make a destination outside,
  -- never inside: a request line that says x.internal to a server outside is still an upload.
  (dst_zone != 'outside' OR dst_holder.4) AND NOT (is_proxied AND (position(domain, '.') > 0 AND NOT match(domain, '(?i)\\\\.(local|internal|lan|svc|localdomain)$'))) AS is_dst_inside,
  ${entity('dst')} AS dst_entity_id, ${method('dst')} AS dst_attribution, ${confidence('dst')} AS dst_confidence,
  sources, connections, is_baseline, ${isOpen}
FROM (${views})`;
