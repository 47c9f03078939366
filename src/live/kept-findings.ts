import type { FindingDetail } from '../model/hunt-result.js';
import type {
  FindingChange,
  FindingEvent,
  FindingFilter,
  FindingPage,
  Findings,
  KeptFinding,
} from '../model/live.js';
import type { Store } from '../store/store.js';
import {
  EVENT_COLUMNS,
  FINDING_COLUMNS,
  type FindingRow,
  fromEventRow,
  fromRow,
  toEventRow,
  toRow,
} from './finding-rows.js';
import { shown } from './follow.js';
import { oneAtATime } from './one-at-a-time.js';

/** A finding, what happened to it, and the picture behind it where that changed. */
export interface Kept {
  kept: KeptFinding;
  event: FindingEvent | null;
  detail: FindingDetail | null;
}

/** How long a closed finding may still go on instead of opening as another. */
const REMEMBERED_DAYS = 2;

const DETAILS_AT_ONCE = 1000;

/**
 * Findings through their life, in the store. The newest version of each is in memory as long as it may go on; who changes one waits
 * for who changes it at the same time.
 */
export class KeptFindings implements Findings {
  readonly #recent = new Map<string, KeptFinding>();
  readonly #listeners = new Set<(kept: KeptFinding, event: FindingEvent) => void>();
  readonly #turn = oneAtATime();

  private constructor(readonly store: Store) {}

  static async in(store: Store): Promise<KeptFindings> {
    const kept = new KeptFindings(store);
    const rows = await store.rows<FindingRow>(
      `SELECT ${FINDING_COLUMNS} FROM finding FINAL WHERE state = 'open' OR finding.updated_at > now64(3) - INTERVAL ${REMEMBERED_DAYS} DAY`,
    );
    for (const row of rows) kept.#recent.set(row.uid, fromRow(row));
    return kept;
  }

  /** Those that may go on, the oldest first. */
  recent(now: Date): KeptFinding[] {
    const bound = new Date(now.getTime() - REMEMBERED_DAYS * 86_400_000).toISOString();
    for (const [uid, { state, updated_at }] of this.#recent)
      if (state === 'closed' && updated_at < bound) this.#recent.delete(uid);
    return [...this.#recent.values()].sort(
      (a, b) => a.opened_at.localeCompare(b.opened_at) || a.uid.localeCompare(b.uid),
    );
  }

  /** Runs one change of findings after the other: what `work` reads is what it writes over. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turn(work);
  }

  /** Only within `inTurn`. Where no picture is given the one before stays. */
  async keep(changes: Kept[]): Promise<void> {
    if (changes.length === 0) return;
    const without = changes.filter(({ detail }) => detail === null).map(({ kept }) => kept.uid);
    const details = await this.#details(without);
    const events = changes.flatMap(({ event }) => event ?? []);
    // The event first: a finding that says it changed, and not why, would be worse than one that did not change.
    await this.store.insert('finding_event', events.map(toEventRow));
    await this.store.insert(
      'finding',
      changes.map(({ kept, detail }) => toRow(kept, detail ?? details.get(kept.uid) ?? null)),
    );
    for (const { kept } of changes) this.#recent.set(kept.uid, kept);
    for (const { kept, event } of changes)
      if (event) for (const listener of this.#listeners) listener(kept, event);
  }

  /** Uids of open ones whose picture was not made yet. */
  async withoutPicture(): Promise<string[]> {
    const rows = await this.store.rows<{ uid: string }>(
      "SELECT uid FROM finding FINAL WHERE state = 'open' AND detail = ''",
    );
    return rows.map(({ uid }) => uid);
  }

  async list(filter: FindingFilter): Promise<FindingPage> {
    const limit = Math.min(1000, Math.max(1, filter.limit ?? 100));
    const { where, parameters } = conditionsOf(filter);
    const order = ORDERS[filter.sort ?? 'recent'];
    const offset = Number(filter.after ?? 0);
    const [rows, [count]] = await Promise.all([
      this.store.rows<FindingRow>(
        // What a finding says is read of those of this page only: it is most of what the table holds.
        `SELECT ${FINDING_COLUMNS} FROM finding FINAL WHERE uid IN (
           SELECT uid FROM finding FINAL WHERE ${where} ORDER BY ${order} LIMIT {limit:UInt32} OFFSET {offset:UInt32}
         ) ORDER BY ${order}`,
        { ...parameters, limit, offset },
      ),
      this.store.rows<{ total: number }>(
        `SELECT count() AS total FROM finding FINAL WHERE ${where}`,
        parameters,
      ),
    ]);
    const next = offset + rows.length < count!.total ? String(offset + rows.length) : null;
    return { findings: rows.map(fromRow), total: count!.total, next };
  }

  async get(uid: string): ReturnType<Findings['get']> {
    const [[row], events] = await Promise.all([
      this.store.rows<FindingRow & { detail: string }>(
        `SELECT ${FINDING_COLUMNS}, detail FROM finding FINAL WHERE uid = {uid:String}`,
        { uid },
      ),
      this.store.rows<FindingEvent>(
        `SELECT ${EVENT_COLUMNS} FROM finding_event WHERE uid = {uid:String} ORDER BY finding_event.at, version`,
        { uid },
      ),
    ]);
    if (!row) return null;
    const { detail, ...finding } = row;
    return {
      kept: fromRow(finding),
      detail: detail === '' ? null : (JSON.parse(detail) as FindingDetail),
      events: events.map(fromEventRow),
    };
  }

  change(uid: string, change: FindingChange, who: string): Promise<KeptFinding | null> {
    return this.inTurn(async () => {
      const before = this.#recent.get(uid) ?? (await this.get(uid))?.kept;
      if (!before) return null;
      const at = new Date().toISOString();
      const kept = { ...before, ...applied(before, change, at), version: before.version + 1, updated_at: at };
      const event = { uid, version: kept.version, at, what: change.what, who, why: change.why };
      await this.keep([{ kept, event, detail: null }]);
      return kept;
    });
  }

  onChange(listener: (kept: KeptFinding, event: FindingEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #details(uids: string[]): Promise<Map<string, FindingDetail>> {
    const details = new Map<string, FindingDetail>();
    // In parts: a statement has a longest length.
    for (let next = 0; next < uids.length; next += DETAILS_AT_ONCE) {
      const rows = await this.store.rows<{ uid: string; detail: string }>(
        `SELECT uid, detail FROM finding FINAL WHERE uid IN {uids:Array(String)} AND detail != ''`,
        { uids: uids.slice(next, next + DETAILS_AT_ONCE) },
      );
      for (const { uid, detail } of rows) details.set(uid, JSON.parse(detail) as FindingDetail);
    }
    return details;
  }
}

function applied({ finding }: KeptFinding, change: FindingChange, at: string): Partial<KeptFinding> {
  switch (change.what) {
    case 'verdict':
      return {
        verdict: change.verdict,
        ...(change.verdict === 'true_positive' &&
          finding.status === 'suppressed' && { finding: shown(finding) }),
      };
    case 'assigned':
      return { assignee: change.assignee };
    case 'closed':
      return { state: 'closed', closed_at: at };
    case 'reopened':
      return { state: 'open', closed_at: null };
    case 'note':
      return {};
  }
}

const SEVERITY = "indexOf(['critical', 'high', 'medium', 'low', 'informational'], finding.severity)";

const ORDERS: Record<NonNullable<FindingFilter['sort']>, string> = {
  recent: 'finding.state DESC, finding.window_to DESC, uid',
  score: 'finding.score DESC, finding.window_to DESC, uid',
  severity: `${SEVERITY}, finding.score DESC, finding.window_to DESC, uid`,
};

const HIDDEN_BY =
  "status = 'suppressed' AND position(JSONExtractString(finding.finding, 'suppressed_by'), concat('; allowance ', {allowance:String}, ' by ')) > 0";

/** What a filter means in SQL; its values are parameters. */
export function conditionsOf(filter: FindingFilter): { where: string; parameters: Record<string, unknown> } {
  const conditions: [string, unknown][] = [
    ['state = {state:String}', filter.state],
    ['strategy = {strategy:String}', filter.strategy],
    ['entity_name = {entity:String}', filter.entity],
    ['incident = {incident:String}', filter.incident],
    ['has({severity:Array(String)}, severity)', filter.severity],
    ['position(searched, {search:String}) > 0', filter.search?.toLowerCase()],
    ["ifNull(verdict, 'none') = {verdict:String}", filter.verdict],
    ["ifNull(assignee, 'none') = {assignee:String}", filter.assignee],
    [HIDDEN_BY, filter.allowance],
  ];
  const names = [
    'state',
    'strategy',
    'entity',
    'incident',
    'severity',
    'search',
    'verdict',
    'assignee',
    'allowance',
  ];
  const asked = conditions.flatMap(([sql, value], index) =>
    value === undefined ? [] : [{ sql, name: names[index]!, value }],
  );
  return {
    where: [filter.suppressed ? '1' : "status != 'suppressed'", ...asked.map(({ sql }) => sql)].join(' AND '),
    parameters: Object.fromEntries(asked.map(({ name, value }) => [name, value])),
  };
}
