import type { EvidenceRow, Finding } from '../model/hunt-result.js';
import type {
  EntityPicture,
  EvidenceFilter,
  EvidencePage,
  FindingContacts,
  FindingFilter,
  FindingFlood,
  FindingLanes,
  FindingMark,
  FindingSeries,
  FindingSummary,
  Investigations,
  SourceLane,
  StrategyDay,
} from '../model/live.js';
import { type Precision, precisionOf, type Tally } from '../model/precision.js';
import { TIMED_TABLES } from '../store/schema.js';
import { type Store, withSettings } from '../store/store.js';
import { BUCKETS, widthOf } from './buckets.js';
import { floodOf } from './flood.js';
import { conditionsOf } from './kept-findings.js';
import { iso, LONGEST_SECONDS, seconds } from './look.js';

const EVIDENCE_ROWS = 200;
const MOST_CONTACTS = 2000;
const MOST_PEERS = 200;

const DAYS = 14;

/** What was judged, also of those that are hidden; and what nobody judged, of those that are not. */
const PRECISION = `
SELECT of, countIf(word = 'true_positive') AS true_positive, countIf(word = 'false_positive') AS false_positive,
  countIf(word = 'benign') AS benign, countIf(word = 'unjudged') AS unjudged
FROM (
  SELECT ifNull(verdict, 'unjudged') AS word, arrayJoin(arrayConcat([toString(strategy)], arrayMap(id -> concat(strategy, '/', id),
    arrayDistinct(arrayMap(t -> JSONExtractString(t, 'analytic'), arrayFilter(t -> JSONExtractBool(t, 'counted'), JSONExtractArrayRaw(finding.finding, 'terms'))))))) AS of
  FROM finding WHERE status != 'suppressed' OR isNotNull(verdict)
) GROUP BY of ORDER BY of`;

type Cell = { source: string } & SourceLane['evidence'][number];

/** Buckets of `width` milliseconds from `from` on; those before have negative numbers. */
interface Spread {
  clock: { from: number; width: number };
  cells: Cell[];
}

/** How long an answer about a million rows stands for the next question. */
const SPREAD_MS = 30_000;
const MOST_SPREADS = 50;

const BUCKET = 'toInt64(floor((toUnixTimestamp64Milli(time) - {from:Int64}) / {width:Int64}))';
const momentOf = (name: string): string => `fromUnixTimestamp64Milli({${name}:Int64})`;

/** Answers questions about findings from the rows behind them. Everything is bounded and aggregated by the engine. */
export class Investigate implements Investigations {
  readonly #store: Store;
  readonly #spreads = new Map<string, { spread: Promise<Spread>; until: number }>();

  constructor(store: Store) {
    this.#store = withSettings(store, { final: 1, max_execution_time: LONGEST_SECONDS });
  }

  async summary(filter: FindingFilter): Promise<FindingSummary> {
    const { where, parameters } = conditionsOf(filter);
    const rows = await this.#store.rows<{ severity: string; strategy: string; n: number }>(
      `SELECT severity, strategy, count() AS n FROM finding WHERE ${where} GROUP BY severity, strategy`,
      parameters,
    );
    const sums = (key: 'severity' | 'strategy') => {
      const by: Record<string, number> = {};
      for (const row of rows) by[row[key]] = (by[row[key]] ?? 0) + row.n;
      return by;
    };
    const total = rows.reduce((sum, { n }) => sum + n, 0);
    return { total, severity: sums('severity'), strategy: sums('strategy') };
  }

  async precision(): Promise<Precision[]> {
    const rows = await this.#store.rows<{ of: string } & Tally>(PRECISION);
    return rows.map(({ of, ...tally }) => precisionOf(of, tally));
  }

  days(): Promise<StrategyDay[]> {
    return this.#store.rows(
      `SELECT strategy, toString(toDate(finding.opened_at)) AS day, count() AS findings FROM finding
       WHERE finding.opened_at >= toStartOfDay(now('UTC')) - INTERVAL ${DAYS - 1} DAY GROUP BY strategy, day ORDER BY strategy, day`,
    );
  }

  async series(uids: string[]): Promise<FindingSeries[]> {
    const rows = await this.#store.rows<{ uid: string; width: number; series: string; baseline: string }>(
      `SELECT uid, JSONExtractFloat(detail, 'bucket_seconds') AS width, JSONExtractRaw(detail, 'series') AS series,
         JSONExtractRaw(detail, 'baseline') AS baseline
       FROM finding WHERE uid IN {uids:Array(String)} AND detail != ''`,
      { uids },
    );
    return rows.map(({ uid, width, series, baseline }) => ({
      uid,
      bucket_seconds: width,
      series: JSON.parse(series) as FindingSeries['series'],
      baseline: JSON.parse(baseline || 'null') as FindingSeries['baseline'],
    }));
  }

  async evidence(uid: string, filter: EvidenceFilter): Promise<EvidencePage | null> {
    const finding = await this.#finding(uid);
    if (!finding) return null;
    const { source, class: kind, limit = EVIDENCE_ROWS } = filter;
    const offset = Number(filter.after ?? 0);
    const { clock, cells } = await this.#spread(finding);
    const asked = cells.filter(
      (cell) => cell.source === (source ?? cell.source) && cell.class === (kind ?? cell.class),
    );
    const stretch = stretchOf(asked, offset, limit);
    if (!stretch) return { rows: [], total: countRows(asked), next: null };
    const where = [
      `time >= ${momentOf('from')} AND time < ${momentOf('to')}`,
      ...(source === undefined ? [] : ['source = {source:String}']),
      ...(kind === undefined ? [] : ['class = {class:String}']),
    ].join(' AND ');
    const rows = await this.#store.rows<EvidenceRow>(
      `SELECT ${iso('time')} AS time, source, class, text, file, line FROM (
         SELECT * FROM (${finding.evidence_query}) WHERE ${where} ORDER BY time, source, file, line, text LIMIT {limit:UInt32} OFFSET {offset:UInt32}
       ) ORDER BY time, source, file, line, text`,
      {
        ...(source !== undefined && { source }),
        ...(kind !== undefined && { class: kind }),
        ...{ limit, offset: offset - stretch.before },
        from: clock.from + stretch.first * clock.width,
        to: clock.from + (stretch.last + 1) * clock.width,
      },
    );
    const total = countRows(asked);
    return { rows, total, next: offset + rows.length < total ? String(offset + rows.length) : null };
  }

  async lanes(uid: string): Promise<FindingLanes | null> {
    const finding = await this.#finding(uid);
    if (!finding) return null;
    const { clock, cells } = await this.#spread(finding);
    const { from, width } = clock;
    const evidence = cells.filter(({ bucket }) => bucket >= 0 && bucket < BUCKETS);
    const alive = await this.#store.rows<{ source: string } & SourceLane['alive'][number]>(
      `SELECT source, bucket, sum(n) AS rows FROM (${TIMED_TABLES.map(
        (table) =>
          `SELECT source, ${BUCKET} AS bucket, count() AS n FROM ${table}
           WHERE time >= ${momentOf('from')} AND time < ${momentOf('to')} GROUP BY source, bucket`,
      ).join(' UNION ALL ')}) GROUP BY source, bucket ORDER BY source, bucket`,
      { ...clock, to: from + width * BUCKETS },
    );
    const sources = [...new Set([...evidence, ...alive].map(({ source }) => source))].sort();
    return {
      from: new Date(from).toISOString(),
      to: new Date(from + width * BUCKETS).toISOString(),
      bucket_seconds: width / 1000,
      lanes: sources.map((source) => ({
        source,
        evidence: evidence.filter((row) => row.source === source).map(({ source: _, ...row }) => row),
        alive: alive.filter((row) => row.source === source).map(({ source: _, ...row }) => row),
      })),
    };
  }

  /** How the evidence lies over time, source and class: lanes show it, and pages of rows are found by it. Asked once for both. */
  #spread(finding: Finding): Promise<Spread> {
    const key = finding.evidence_query;
    const known = this.#spreads.get(key);
    if (known && known.until > Date.now()) return known.spread;
    const clock = bucketsOf(finding);
    const spread = this.#store
      .rows<Cell>(
        `SELECT source, ${BUCKET} AS bucket, class, count() AS rows FROM (${finding.evidence_query})
         GROUP BY source, bucket, class ORDER BY bucket, source, class`,
        clock,
      )
      .then((cells) => ({ clock, cells }));
    this.#spreads.delete(key);
    this.#spreads.set(key, { spread, until: Date.now() + SPREAD_MS });
    while (this.#spreads.size > MOST_SPREADS) this.#spreads.delete(this.#spreads.keys().next().value!);
    // What failed is asked anew.
    spread.catch(() => this.#spreads.delete(key));
    return spread;
  }

  async contacts(uid: string): Promise<FindingContacts[] | null> {
    const finding = await this.#finding(uid);
    if (!finding) return null;
    const peers = [...new Set(finding.destinations.flatMap(({ domain, ip }) => [domain, ip]))].filter(
      Boolean,
    );
    const rows = await this.#store.rows<FindingContacts & { total: number }>(
      `SELECT peer, count() AS total, arrayMap(c -> CAST((${iso('c.1')}, c.2, c.3), 'Tuple(time String, bytes_out UInt64, bytes_in UInt64)'),
         arraySort(groupArraySorted({most:UInt32})((c.time, c.bytes_out, c.bytes_in)))) AS contacts
       FROM connection AS c WHERE entity_id = {entity:String} AND peer IN {peers:Array(String)}
         AND time >= fromUnixTimestamp64Milli({from:Int64}) AND time <= fromUnixTimestamp64Milli({to:Int64})
       GROUP BY peer ORDER BY total DESC LIMIT 8`,
      {
        entity: entityIdOf(finding.entity),
        peers: peers.slice(0, 100),
        most: MOST_CONTACTS,
        from: Date.parse(finding.window.from) - 60_000,
        to: Date.parse(finding.window.to) + 60_000,
      },
    );
    return rows;
  }

  async flood(uid: string): Promise<FindingFlood | null> {
    const finding = await this.#finding(uid);
    return finding && (await floodOf(this.#store, entityIdOf(finding.entity), finding));
  }

  async marks(uid: string): Promise<FindingMark[] | null> {
    const finding = await this.#finding(uid);
    if (!finding) return null;
    const { from, width } = bucketsOf(finding);
    return this.#store.rows<FindingMark>(MARKS, {
      ...{ entity: entityIdOf(finding.entity), from, to: from + width * BUCKETS },
    });
  }

  async entity(kind: string, name: string): Promise<EntityPicture | null> {
    const entity = entityIdOf({ kind, name });
    const asked = { entity };
    const [containers, addresses, peers, [span]] = await Promise.all([
      this.#store.rows<EntityPicture['containers'][number]>(
        'SELECT container_uid, container_name, image FROM container WHERE entity_id = {entity:String} ORDER BY container_uid LIMIT 50',
        asked,
      ),
      this.#store.rows<EntityPicture['addresses'][number]>(
        `SELECT ip_text(ip) AS ip, ${seconds('valid_from')} AS from, ${seconds('valid_to')} AS to, confidence
         FROM address_holder WHERE entity_id = {entity:String} ORDER BY valid_from DESC LIMIT 50`,
        asked,
      ),
      this.#store.rows<EntityPicture['peers'][number] & { all: number }>(
        `SELECT *, count() OVER () AS all FROM (
           SELECT peer, peer_port AS port, any(app) AS app, max(is_peer_inside) AS is_inside, role, ${seconds('min(first_minute)')} AS first,
             ${seconds('max(last_minute)')} AS last, sum(e.bytes_out) AS bytes_out, sum(e.bytes_in) AS bytes_in, sum(e.connections) AS connections
           FROM egress_hour AS e WHERE entity_id = {entity:String} GROUP BY peer, peer_port, role
         ) ORDER BY bytes_out DESC, peer, port, role LIMIT ${MOST_PEERS}`,
        asked,
      ),
      this.#store.rows<{ from: number; to: number }>(
        `SELECT toUnixTimestamp(min(time)) AS from, toUnixTimestamp(max(end_time)) AS to FROM connection
         WHERE entity_id = {entity:String} OR dst_entity_id = {entity:String}`,
        asked,
      ),
    ]);
    if (containers.length + addresses.length + peers.length === 0) return null;
    const width = Math.max(1, widthOf((span!.to - span!.from) * 1000) / 1000);
    return {
      ...{ kind, name, containers, addresses, bucket_seconds: width },
      traffic: await this.#traffic(entity, width),
      peers: peers.map(({ all: _, ...peer }) => ({ ...peer, is_inside: Boolean(peer.is_inside) })),
      peers_total: peers[0]?.all ?? 0,
    };
  }

  /** Both directions, each end's share: what it sent out of what is inside, and what came from inside. */
  #traffic(entity: string, width: number): Promise<EntityPicture['traffic']> {
    return this.#store.rows(
      `SELECT ${seconds("toDateTime(bucket, 'UTC')")} AS time, sum(sent) AS out, sum(got) AS in FROM (
         SELECT intDiv(toUnixTimestamp(time), {width:UInt32}) * {width:UInt32} AS bucket, if(is_dst_inside, 0, c.bytes_out) AS sent, if(is_dst_inside, c.bytes_in, 0) AS got
         FROM connection AS c WHERE entity_id = {entity:String}
         UNION ALL
         SELECT intDiv(toUnixTimestamp(time), {width:UInt32}) * {width:UInt32}, if(is_src_inside, 0, c.bytes_in), if(is_src_inside, c.bytes_out, 0)
         FROM connection AS c WHERE dst_entity_id = {entity:String}
       ) GROUP BY bucket ORDER BY time DESC LIMIT ${BUCKETS * 2}`,
      { entity, width },
    );
  }

  async #finding(uid: string): Promise<Finding | null> {
    const [row] = await this.#store.rows<{ finding: string }>(
      'SELECT finding FROM finding WHERE uid = {uid:String}',
      { uid },
    );
    return row ? (JSON.parse(row.finding) as Finding) : null;
  }
}

/** Containers that started and commands that were started in them. */
const MARKS = `
SELECT ${iso('time')} AS time, what, text FROM (
  SELECT started AS time, if(started = min(started) OVER (PARTITION BY image) AND started > min(started) OVER (), 'image', 'container') AS what, concat(name, ', ', image) AS text
  FROM (
    SELECT container_uid, min(valid_from) AS started, any(container_name) AS name, any(i.image) AS image FROM container_inventory AS i
    WHERE concat('workload:', workload) = {entity:String} OR substring(container_uid, 1, 12) IN (SELECT short_uid FROM container WHERE entity_id = {entity:String})
    GROUP BY container_uid
  )
  UNION ALL
  SELECT time, 'exec', concat(if(is_interactive, 'interactive', 'a command'), if(actor = '', '', concat(', by ', actor)))
  FROM container_exec WHERE entity_id = {entity:String}
) WHERE time >= ${momentOf('from')} AND time < ${momentOf('to')} ORDER BY time, what, text LIMIT 100`;

const entityIdOf = ({ kind, name }: { kind: string; name: string }): string => `${kind}:${name}`;

/** Buckets around the window, with a tenth of it before. */
function bucketsOf({ window }: Finding): { from: number; width: number } {
  const [from, to] = [Date.parse(window.from), Date.parse(window.to)];
  const width = widthOf(to - from);
  const lead = Math.floor((BUCKETS * width - (to - from)) / 2 / width) * width;
  return { from: Math.floor(from / width) * width - lead, width };
}

const countRows = (cells: readonly Cell[]): number => cells.reduce((sum, { rows }) => sum + rows, 0);

/** The buckets in which the rows from `offset` on lie, and how many rows lie before them. */
function stretchOf(
  cells: readonly Cell[],
  offset: number,
  limit: number,
): { first: number; last: number; before: number } | null {
  let seen = 0;
  let found: { first: number; last: number; before: number } | null = null;
  let bucket = Number.NaN;
  let before = 0;
  for (const cell of cells) {
    if (cell.bucket !== bucket) {
      bucket = cell.bucket;
      before = seen;
    }
    seen += cell.rows;
    if (found) found.last = bucket;
    else if (seen > offset) found = { first: bucket, last: bucket, before };
    if (found && seen >= offset + limit) return found;
  }
  return found;
}
