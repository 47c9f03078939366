import type { InputSummary } from '../model/hunt-result.js';
import type { LiveSource } from '../model/live.js';
import type { Source } from '../model/source.js';
import type { Store } from '../store/store.js';
import { FieldHealth } from './field-health.js';
import type { SourceTrouble } from './strategy-states.js';

/** A source that pauses for longer than this, and for much longer than it usually does, is silent. */
const SILENT_SECONDS = 600;
const SILENT_TIMES = 20;
/** A source that is silent for longer was taken away; whether something else tells the same, the strategies ask the rows. */
const GONE_SECONDS = 24 * 3600;
/** A clock that is further ahead is not believed. */
const AHEAD_SECONDS = 300;

/**
 * Tables that have rows as long as anything is running: what feeds them and says nothing is not seen. Commands, files and API calls
 * may well be absent for hours.
 */
const ALWAYS_BUSY = new Set(['network_activity']);

/** Of so many rows that came last. */
const RECENT_ROWS = 1000;
/** Logs that are well have a bad line in a thousand; where a fifth is bad, it is not the lines. */
const BAD_SHARE = 0.2;
const BAD_ROWS = 20;

interface Health extends LiveSource {
  /** Mean seconds between two arrivals; 0 before the second. */
  usual_gap: number;
  clock: string;
  /** Of the rows that came last, how many were stored, and how many rejected. */
  recent: { events: number; rejected: number };
}

/** How each source is: what came from it, how long ago, and what is wrong with it. */
export class SourceHealth {
  readonly #sources = new Map<string, Health>();

  private constructor(
    readonly fields: FieldHealth,
    readonly busy: ReadonlySet<string>,
  ) {}

  /** Takes up what was loaded before this process began. */
  static async of(store: Store, sources: readonly Source[]): Promise<SourceHealth> {
    const busy = sources.filter(({ into }) => ALWAYS_BUSY.has(into)).map(({ id }) => id);
    const health = new SourceHealth(await FieldHealth.of(store, sources), new Set(busy));
    const rows = await store.rows<{
      source: string;
      events: number;
      rejected: number;
      at: string;
      usual_gap: number;
    }>(
      `SELECT source, sum(rows_stored) AS events, sum(rows_rejected) AS rejected, formatDateTime(max(load.at), '%FT%TZ', 'UTC') AS at,
         dateDiff('second', min(load.at), max(load.at)) / greatest(uniqExact(load.at) - 1, 1) AS usual_gap
       FROM load WHERE source != '' GROUP BY source`,
    );
    for (const { at, ...row } of rows)
      health.#sources.set(row.source, { ...unseen(row.source), ...row, last_arrival: at });
    return health;
  }

  /** @param judgedSince events before it are stored and not judged */
  saw(inputs: InputSummary[], { arrived, judgedSince }: { arrived: Date; judgedSince: Date }): void {
    for (const { source, events, rejected, to } of inputs) {
      const before = this.#sources.get(source) ?? unseen(source);
      const gap =
        before.last_arrival === null ? 0 : (arrived.getTime() - Date.parse(before.last_arrival)) / 1000;
      this.#sources.set(source, {
        ...before,
        events: before.events + events,
        rejected: before.rejected + rejected,
        latest_event: to !== null && to > (before.latest_event ?? '') ? to : before.latest_event,
        last_arrival: arrived.toISOString(),
        usual_gap: before.usual_gap === 0 ? gap : 0.8 * before.usual_gap + 0.2 * gap,
        clock: to === null ? before.clock : clockTrouble(new Date(to), { arrived, judgedSince }),
        recent: withLast(before.recent, { events, rejected }),
      });
    }
  }

  troubles(now: Date): SourceTrouble[] {
    const own = [...this.#sources.values()].flatMap((health) => this.#troublesOf(health, now));
    return [...own, ...this.fields.troubles()];
  }

  list(now: Date): LiveSource[] {
    const troubles = this.troubles(now);
    return [...this.#sources.values()]
      .map(({ usual_gap: _, clock: _clock, recent: _recent, ...source }) => ({
        ...source,
        trouble: troubles
          .filter((trouble) => trouble.source === source.source)
          .map(({ why }) => why)
          .join('; '),
      }))
      .sort((a, b) => a.source.localeCompare(b.source));
  }

  #troublesOf({ source, last_arrival, usual_gap, clock, recent }: Health, now: Date): SourceTrouble[] {
    const silent = silentSeconds(last_arrival, usual_gap, now);
    const isMissed = silent !== null && silent < GONE_SECONDS && this.busy.has(source);
    const told: [why: string | null, takesSight: boolean][] = [
      [clock || null, true],
      [rejection(recent), true],
      [silent === null ? null : `silent for ${Math.round(silent / 60)} minutes`, isMissed],
    ];
    return told.flatMap(([why, takesSight]) => (why ? [{ source, field: null, why, takesSight }] : []));
  }
}

const unseen = (source: string): Health => ({
  source,
  events: 0,
  rejected: 0,
  latest_event: null,
  last_arrival: null,
  trouble: '',
  usual_gap: 0,
  clock: '',
  recent: { events: 0, rejected: 0 },
});

function clockTrouble(latest: Date, { arrived, judgedSince }: { arrived: Date; judgedSince: Date }): string {
  const ahead = (latest.getTime() - arrived.getTime()) / 1000;
  if (ahead > AHEAD_SECONDS) return `its clock is ${Math.round(ahead / 60)} minutes ahead: set it`;
  if (latest < judgedSince)
    return `its events are of ${latest.toISOString().slice(0, 16)}Z and older: stored, too old to be judged; \`stowaway hunt\` judges old logs`;
  return '';
}

/** What came counts whole, what came before as far as there is room for it. */
function withLast(before: Health['recent'], { events, rejected }: Health['recent']): Health['recent'] {
  const room = Math.max(0, RECENT_ROWS - events - rejected);
  const kept = Math.min(1, room / Math.max(1, before.events + before.rejected));
  return { events: events + kept * before.events, rejected: rejected + kept * before.rejected };
}

/** Whoever reads that a source delivers must not take it for being read. */
function rejection({ events, rejected }: Health['recent']): string | null {
  const share = rejected / Math.max(1, events + rejected);
  const isBad = rejected > 0 && (events === 0 || (rejected >= BAD_ROWS && share >= BAD_SHARE));
  return isBad ? `${Math.round(100 * share)} % of its last rows were rejected; dead_letter says why` : null;
}

/** A source that came once is not expected again. */
function silentSeconds(lastArrival: string | null, usualGap: number, now: Date): number | null {
  if (lastArrival === null || usualGap === 0) return null;
  const seconds = (now.getTime() - Date.parse(lastArrival)) / 1000;
  return seconds > Math.max(SILENT_SECONDS, SILENT_TIMES * usualGap) ? seconds : null;
}
