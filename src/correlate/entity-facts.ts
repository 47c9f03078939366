import type { AttributionMethod, Destination, Entity } from '../model/hunt-result.js';
import type { Store } from '../store/store.js';
import type { Episode } from './episodes.js';

export interface EntityFacts {
  entity: Entity;
  attribution: { method: AttributionMethod; confidence: number };
  /** Addresses the entity had in the episode. */
  addresses: string[];
  destinations: Destination[];
  /** Those beyond the number that a finding names. */
  unlisted: Destination[];
  /** Addresses inside that it gathered from; empty unless it is judged for gathering. */
  sourceAddresses: string[];
  /** First and last moment of the connections to those destinations; null when there are none, or when they are not what it is judged for. */
  seen: { from: string; to: string } | null;
}

interface Row {
  ip: string;
  port: number;
  domain: string;
  bytes_out: number;
  source_ips: string[];
  container_uid: string;
  attribution: AttributionMethod;
  confidence: number;
  first_time: string;
  last_time: string;
}

interface GatheredRow {
  own_ips: string[];
  source_ips: string[];
  container_uid: string;
  attribution: AttributionMethod;
  confidence: number;
}

const MAX_DESTINATIONS = 20;

/** Minutes of grace around an episode: roll-ups count by the minute. */
export const GRACE_SECONDS = 60;

/** Looks up who the entity was during an episode, and where its bytes went. */
export async function lookUpEntity(store: Store, episode: Episode, peers: string[]): Promise<EntityFacts> {
  const gathers = isGathering(episode);
  const scope = {
    entity: episode.entityId,
    from: episode.from.replace('Z', ''),
    to: episode.to.replace('Z', ''),
  };
  const [outside, gathered] = await Promise.all([
    // Where it talks to otherwise says nothing about what it gathers.
    gathers && peers.length === 0
      ? []
      : store.rows<Row>(DESTINATIONS, { ...scope, answers: Number(isAnswering(episode)), peers }),
    gathers ? store.rows<GatheredRow>(GATHERED, scope) : [],
  ]);
  const rows = outside;
  const uid =
    [...gathered, ...rows].find((row) => row.container_uid !== '')?.container_uid ??
    (await commandContainer(store, episode));
  const known =
    uid === ''
      ? undefined
      : (await store.rows<{ container_uid: string; image: string }>(CONTAINER, { uid: uid.slice(0, 12) }))[0];
  const [kind, ...rest] = episode.entityId.split(':');
  const name = rest.join(':');
  const first = gathered[0] ?? rows[0];
  const addresses = [
    ...new Set([...rows.flatMap((row) => row.source_ips), ...gathered.flatMap((row) => row.own_ips)]),
  ].sort();
  return {
    entity: {
      kind: kind as Entity['kind'],
      name,
      ip: addresses[0] ?? (kind === 'address' ? name : null),
      container_uid: known?.container_uid ?? (uid === '' ? null : uid),
      image: known?.image || null,
    },
    // A command seen in the container names it by itself.
    attribution: first
      ? { method: first.attribution, confidence: Math.round(first.confidence * 100) / 100 }
      : { method: 'native', confidence: 1 },
    addresses,
    sourceAddresses: gathered.flatMap((row) => row.source_ips).sort(),
    seen: gathers ? null : spanOf(rows),
    destinations: rows.slice(0, MAX_DESTINATIONS).map(toDestination),
    unlisted: rows.slice(MAX_DESTINATIONS).map(toDestination),
  };
}

const toDestination = ({ ip, port, domain, bytes_out }: Row): Destination => ({
  ip,
  port,
  domain,
  bytes_out,
});

/** Whether a hit is about what the entity sent as the answering side. */
export const isAnswering = (episode: Episode): boolean =>
  episode.hits.some((hit) => hit.measured.role === 'responder');

/** Whether it is judged for what came together in it, not for what it sent. */
export const isGathering = (episode: Episode): boolean =>
  episode.hits.some((hit) => hit.measured.role === 'gather');

function spanOf(rows: Row[]): EntityFacts['seen'] {
  if (rows.length === 0) return null;
  return {
    from: rows.map((row) => row.first_time).sort()[0]!,
    to: rows
      .map((row) => row.last_time)
      .sort()
      .at(-1)!,
  };
}

async function commandContainer(store: Store, episode: Episode): Promise<string> {
  const rows = await store.rows<{ container_uid: string }>(
    `SELECT container_uid FROM command WHERE entity_id = {entity:String} AND container_uid != '' ORDER BY time LIMIT 1`,
    { entity: episode.entityId },
  );
  return rows[0]?.container_uid ?? '';
}

const CONTAINER = 'SELECT container_uid, image FROM container WHERE short_uid = {uid:String} LIMIT 1';

/** Destinations inside count where a hit names them. Both roles: what the entity sent as initiator, and as the answering side. */
const DESTINATIONS = `
SELECT ip_text(peer_ip) AS ip, port, anyIf(name, name != '') AS domain, sum(sent) AS bytes_out, groupUniqArray(8)(ip_text(own_ip)) AS source_ips,
  argMax(uid, sent) AS container_uid, argMax(how, sent) AS attribution, argMax(sure, sent) AS confidence,
  formatDateTime(min(at), '%FT%T.%fZ', 'UTC') AS first_time, formatDateTime(max(until), '%FT%T.%fZ', 'UTC') AS last_time
FROM (
  SELECT peer, dst_ip AS peer_ip, dst_port AS port, domain AS name, c.bytes_out AS sent, src_ip AS own_ip, container_uid AS uid, attribution AS how, confidence AS sure, time AS at, end_time AS until
  FROM connection AS c WHERE entity_id = {entity:String} AND (NOT is_dst_inside OR has({peers:Array(String)}, peer))
    AND time >= toDateTime64({from:String}, 6, 'UTC') - ${GRACE_SECONDS} AND time <= toDateTime64({to:String}, 6, 'UTC') + ${GRACE_SECONDS}
  UNION ALL
  SELECT ip_text(src_ip), src_ip, dst_port, '', c.bytes_in, dst_ip, '', dst_attribution, dst_confidence, time, end_time
  FROM connection AS c WHERE {answers:UInt8} AND dst_entity_id = {entity:String} AND NOT is_src_inside
    AND time >= toDateTime64({from:String}, 6, 'UTC') - ${GRACE_SECONDS} AND time <= toDateTime64({to:String}, 6, 'UTC') + ${GRACE_SECONDS}
)
WHERE empty({peers:Array(String)}) OR has({peers:Array(String)}, peer)
GROUP BY peer, peer_ip, port ORDER BY bytes_out DESC, ip, port`;

/** What came in from inside: sent to it, or fetched by it. No row where nothing did. */
const GATHERED = `
SELECT groupUniqArray(16)(ip_text(own)) AS own_ips, groupUniqArray(50)(ip_text(other)) AS source_ips,
  argMax(uid, bytes) AS container_uid, argMax(how, bytes) AS attribution, argMax(sure, bytes) AS confidence
FROM (
  SELECT dst_ip AS own, src_ip AS other, dictGet('holder_of', 'container_uid', dst_ip, time) AS uid, dst_attribution AS how, dst_confidence AS sure, c.bytes_out AS bytes
  FROM connection AS c WHERE dst_entity_id = {entity:String} AND is_src_inside AND c.bytes_out > c.bytes_in
    AND time >= toDateTime64({from:String}, 6, 'UTC') - ${GRACE_SECONDS} AND time <= toDateTime64({to:String}, 6, 'UTC') + ${GRACE_SECONDS}
  UNION ALL
  SELECT src_ip, dst_ip, container_uid, attribution, confidence, c.bytes_in
  FROM connection AS c WHERE entity_id = {entity:String} AND is_dst_inside AND c.bytes_in > c.bytes_out
    AND time >= toDateTime64({from:String}, 6, 'UTC') - ${GRACE_SECONDS} AND time <= toDateTime64({to:String}, 6, 'UTC') + ${GRACE_SECONDS}
)
HAVING count() > 0`;
