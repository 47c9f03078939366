import type { EvidenceRow, Finding, FindingDetail, Term } from '../model/hunt-result.js';
import { textLiteral } from '../store/literal.js';
import type { Store } from '../store/store.js';
import { GRACE_SECONDS } from './entity-facts.js';

const MAX_ROWS = 200;

export interface EvidenceScope {
  entityId: string;
  addresses: string[];
  destinationIps: string[];
  /** Whether it also sent as the answering side. */
  isAnswering: boolean;
  /** Whether it is judged for what came together in it. */
  isGathering: boolean;
  from: string;
  to: string;
}

/**
 * One statement that gives back every row behind a finding, each with its file and line: what sensors saw between
 * the entity and its destinations, HTTP requests, FTP commands, the commands run, and engine or API events.
 */
export function evidenceQuery(scope: EvidenceScope): string {
  const time = (column: string) =>
    `${column} BETWEEN toDateTime64(${textLiteral(scope.from.replace('Z', ''))}, 6, 'UTC') - ${GRACE_SECONDS} AND toDateTime64(${textLiteral(scope.to.replace('Z', ''))}, 6, 'UTC') + ${GRACE_SECONDS}`;
  const list = (ips: string[]) =>
    ips.length === 0 ? "toIPv6('::')" : ips.map((ip) => `toIPv6(${textLiteral(ip)})`).join(', ');
  const own = list(scope.addresses);
  const peers = list(scope.destinationIps);
  const text = (expression: string) => `leftUTF8(${expression}, 300)`;
  // Each direction by itself: the tables lie in the order of their source address.
  const bothWays = (table: string, cls: string, line: string) =>
    [
      [own, peers],
      [peers, own],
    ].map(
      ([from, to]) => `SELECT time, source, '${cls}' AS class, ${text(line)} AS text, file, line FROM ${table}
  WHERE src_endpoint_ip IN (${from}) AND dst_endpoint_ip IN (${to}) AND ${time('time')}`,
    );
  const parts = [
    ...bothWays('network_activity', 'traffic', CONNECTION_TEXT),
    ...bothWays(
      'http_activity',
      'traffic',
      "concat(http_request_method, ' ', url_hostname, url_path, ', ', toString(request_body_bytes), ' bytes sent')",
    ),
    ...bothWays('ftp_activity', 'traffic', "concat('FTP ', command, ' ', file_name)"),
    `SELECT time, source, if(seen_by = 'process', 'process', 'orchestration'), ${text('cmd_line')}, file, line FROM command
  WHERE entity_id = ${textLiteral(scope.entityId)} AND ${time('time')}`,
    ...(scope.isGathering ? gatheringParts(scope, time, text) : []),
  ];
  return `SELECT DISTINCT * FROM (\n  ${parts.join('\n  UNION ALL\n  ')}\n) ORDER BY time, source, line`;
}

/** Files written, commands that packed them at their sources, copies through the engine's or the cluster's API. */
function gatheringParts(
  { entityId }: EvidenceScope,
  time: (column: string) => string,
  text: (expression: string) => string,
): string[] {
  const id = textLiteral(entityId);
  const name = textLiteral(entityId.slice(entityId.indexOf(':') + 1));
  const mounters = (column: string) =>
    entityId.startsWith('volume:')
      ? `SELECT ${column} FROM volume_mount WHERE volume = ${name}`
      : `SELECT ${column} FROM container WHERE entity_id = ${id}`;
  const copied = entityId.startsWith('actor:')
    ? `actor_user_name = ${name} AND (subresource IN ('exec', 'attach') OR api_operation = 'create')`
    : entityId.startsWith('node:')
      ? "api_operation IN ('archive-path', 'export')"
      : `(api_operation IN ('archive-path', 'export') OR api_operation = 'create') AND substring(container_uid, 1, 12) IN (${mounters('short_uid')})`;
  return [
    `SELECT time, source, 'file', ${text("concat(activity, ' ', file_path, if(bytes_written > 0, concat(', ', toString(bytes_written), ' bytes'), ''), ' by ', process_name)")}, file, line FROM file_activity
  WHERE substring(container_uid, 1, 12) IN (${mounters('short_uid')}) AND ${time('time')}`,
    `SELECT time, source, 'process', ${text('cmd_line')}, file, line FROM command
  WHERE notEmpty(packs) AND (entity_id IN (SELECT source_id FROM inflow_hour WHERE entity_id = ${id}) OR entity_id IN (${mounters('entity_id')})) AND ${time('time')}`,
    `SELECT time, source, 'orchestration', ${text("concat(api_operation, ' ', if(container_name != '', container_name, resource_name), ' ', cmd_line)")}, file, line FROM api_activity
  WHERE ${copied} AND ${time('time')}`,
  ];
}

const CONNECTION_TEXT = `concat(toString(view), ' ', connection_info_protocol_name, ' ', ip_text(src_endpoint_ip), ':', toString(src_endpoint_port), ' > ',
    ip_text(dst_endpoint_ip), ':', toString(dst_endpoint_port), if(has_bytes, concat(', ', toString(traffic_bytes_out), ' bytes out, ', toString(traffic_bytes_in), ' in'), ''),
    if(dst_endpoint_domain != '', concat(', ', dst_endpoint_domain), ''))`;

/** The picture behind a finding: bytes over time with the usual range, and the evidence on one clock. */
export async function describeFinding(
  store: Store,
  finding: Finding,
  scope: EvidenceScope,
): Promise<FindingDetail> {
  const from = Date.parse(finding.window.from);
  const seconds = Math.max(1, (Date.parse(finding.window.to) - from) / 1000);
  const bucketSeconds = chooseBucket(seconds);
  const series = await store.rows<{ time: string; bytes_out: number }>(SERIES, {
    entity: scope.entityId,
    answers: Number(scope.isAnswering),
    bucket: bucketSeconds,
    from: new Date(from - seconds * 250).toISOString().replace('Z', ''),
    to: new Date(from + seconds * 1250).toISOString().replace('Z', ''),
  });
  const evidence = await store.rows<EvidenceRow & { total: number }>(
    `SELECT formatDateTime(time, '%FT%T.%fZ', 'UTC') AS time, source, class, text, file, line, total
     FROM (SELECT *, row_number() OVER (PARTITION BY source ORDER BY time, line) AS nth, count() OVER () AS total FROM (${finding.evidence_query}))
     ORDER BY nth > 60, time, source, line LIMIT ${MAX_ROWS}`,
  );
  return {
    uid: finding.uid,
    bucket_seconds: bucketSeconds,
    series,
    baseline: baselineOf(finding.terms, bucketSeconds),
    evidence: evidence
      .map(({ total, ...row }) => row)
      .sort((a, b) => a.time.localeCompare(b.time) || a.source.localeCompare(b.source) || a.line - b.line),
    evidence_total: evidence[0]?.total ?? 0,
  };
}

/** About 40 buckets over the window, in steps a reader can name. */
function chooseBucket(seconds: number): number {
  const steps = [1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 21_600, 86_400];
  return steps.find((step) => seconds / step <= 40) ?? 86_400;
}

/** The baseline the volume was judged by, scaled to the bucket of the picture. */
function baselineOf(terms: Term[], bucketSeconds: number): FindingDetail['baseline'] {
  const term = terms.find(
    (candidate) => candidate.measured.rung !== undefined && candidate.measured.rung !== 'no history',
  );
  if (!term) return null;
  const {
    rung,
    baseline_median_bytes: median,
    baseline_upper_bytes: upper,
    window_seconds: width,
  } = term.measured;
  if (typeof median !== 'number' || typeof upper !== 'number' || typeof width !== 'number') return null;
  const scale = Math.min(1, bucketSeconds / width);
  return { rung: String(rung), median: median * scale, upper: upper * scale };
}

const SERIES = `
SELECT formatDateTime(toDateTime(bucket, 'UTC'), '%FT%TZ', 'UTC') AS time, sum(sent) AS bytes_out
FROM (SELECT intDiv(toUnixTimestamp(at), {bucket:UInt32}) * {bucket:UInt32} AS bucket, sent FROM (
  SELECT time AS at, c.bytes_out AS sent FROM connection AS c WHERE entity_id = {entity:String} AND NOT is_dst_inside
    AND time >= toDateTime64({from:String}, 6, 'UTC') AND time <= toDateTime64({to:String}, 6, 'UTC')
  UNION ALL
  SELECT time, c.bytes_in FROM connection AS c WHERE {answers:UInt8} AND dst_entity_id = {entity:String} AND NOT is_src_inside
    AND time >= toDateTime64({from:String}, 6, 'UTC') AND time <= toDateTime64({to:String}, 6, 'UTC')
))
GROUP BY bucket ORDER BY bucket LIMIT 500`;
