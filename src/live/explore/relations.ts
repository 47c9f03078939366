import type { QueryTableName } from '../../model/event-query/tables.js';

/** Rows of a time: `from` and `to` are bound. */
const WITHIN =
  'time >= fromUnixTimestamp64Milli({from:Int64}) AND time < fromUnixTimestamp64Milli({to:Int64})';

const ORIGIN = 'source, file, line';
const ENDS = 'src_endpoint_ip AS src_ip, dst_endpoint_ip AS dst_ip, dst_endpoint_port AS dst_port';

/** Who held the address of the client then, as in the view http_request. */
const HOLDER = `dictGet('holder_of', 'entity_id', src_endpoint_ip, time) AS holder,
  multiIf(holder != '', holder, dictGetOrDefault('zone_of', 'kind', src_endpoint_ip, 'outside') = 'outside', '', concat('address:', ip_text(src_endpoint_ip))) AS entity`;

const inContainer = (table: string): string =>
  `(SELECT * FROM ${table} WHERE ${WITHIN}) AS e LEFT ANY JOIN container AS c ON c.short_uid = substring(e.container_uid, 1, 12)`;

const named = (others: string): string => `multiIf(c.entity_id != '', c.entity_id, ${others}, '') AS entity`;

/** Each table with the columns that its fields are called by (src/model/event-query/tables.ts); one of a row's own, of no name there, is of no harm. */
export const RELATIONS: Record<QueryTableName, string> = {
  connection: `SELECT *, entity_id AS entity, dst_entity_id AS dst_entity, toFloat64(end_time) - toFloat64(time) AS duration
    FROM connection WHERE ${WITHIN}`,
  process: `SELECT e.*, ${named("e.pod != '', concat('workload:', e.namespace, '/', e.pod), e.container_name != '', concat('workload:', e.container_name), e.container_uid NOT IN ('', 'host'), concat('container:', substring(e.container_uid, 1, 12))")}
    FROM ${inContainer('process_activity')}`,
  command: `SELECT *, entity_id AS entity FROM command WHERE ${WITHIN}`,
  http: `SELECT *, entity_id AS entity FROM http_request WHERE ${WITHIN}`,
  dns: `SELECT time, query_hostname, query_type, rcode, answers, ${ENDS}, ${HOLDER}, ${ORIGIN} FROM dns_activity WHERE ${WITHIN}`,
  ftp: `SELECT time, activity, command, file_name, file_size, code, ${ENDS}, ${HOLDER}, ${ORIGIN} FROM ftp_activity WHERE ${WITHIN}`,
  file: `SELECT e.*, ${named("e.container_uid NOT IN ('', 'host'), concat('container:', substring(e.container_uid, 1, 12))")}
    FROM ${inContainer('file_activity')}`,
  api: `SELECT e.*, e.src_endpoint_ip AS src_ip, ${named("e.resource_type = 'pods' AND e.resource_name != '', concat('workload:', e.namespace, '/', e.resource_name), e.container_name != '', concat('workload:', e.container_name)")}
    FROM ${inContainer('api_activity')}`,
  repository: `SELECT *, src_endpoint_ip AS src_ip, entity_id AS entity FROM repository_event WHERE ${WITHIN}`,
};
