import type { InputSummary } from '../model/hunt-result.js';
import type { LiveSource } from '../model/live.js';
import type { Store } from '../store/store.js';
import { FieldHealth } from './field-health.js';
import { describeLost, type Troubles } from './strategy-states.js';

/** A source that pauses for longer than this, and for much longer than it usually does, is silent. */
const SILENT_SECONDS = 600;
const SILENT_TIMES = 20;
/** A clock that is further ahead is not believed. */
const AHEAD_SECONDS = 300;

interface Health extends LiveSource {
  /** Mean seconds between two arrivals; 0 before the second. */
  usual_gap: number;
  clock: string;
}

/** How each source is: what came from it, how long ago, and what is wrong with it. */
export class SourceHealth {
  readonly fields = new FieldHealth();
  readonly #sources = new Map<string, Health>();

  /** Takes up what was loaded before this process began. */
  static async of(store: Store): Promise<SourceHealth> {
    const health = new SourceHealth();
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
      });
    }
  }

  /** Sources that say nothing for much longer than they usually do, and fields that are not filled any more. */
  troubles(now: Date): Troubles {
    const silences = [...this.#sources.values()].flatMap(({ source, last_arrival, usual_gap }) => {
      const seconds = silentSeconds(last_arrival, usual_gap, now);
      return seconds === null ? [] : [{ source, seconds }];
    });
    return { silences, lostFields: this.fields.lost() };
  }

  list(now: Date): LiveSource[] {
    const lost = this.fields.lost();
    return [...this.#sources.values()]
      .map(({ usual_gap, clock, ...source }) => {
        const silent = silentSeconds(source.last_arrival, usual_gap, now);
        const silence = silent === null ? '' : `silent for ${Math.round(silent / 60)} minutes`;
        const fields = lost.filter((field) => field.source === source.source).map(describeLost);
        return { ...source, trouble: [clock, silence, ...fields].filter((text) => text !== '').join('; ') };
      })
      .sort((a, b) => a.source.localeCompare(b.source));
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
});

function clockTrouble(latest: Date, { arrived, judgedSince }: { arrived: Date; judgedSince: Date }): string {
  const ahead = (latest.getTime() - arrived.getTime()) / 1000;
  if (ahead > AHEAD_SECONDS) return `its clock is ${Math.round(ahead / 60)} minutes ahead: set it`;
  if (latest < judgedSince)
    return `its events are of ${latest.toISOString().slice(0, 16)}Z and older: stored, too old to be judged; \`stowaway hunt\` judges old logs`;
  return '';
}

/** A source that came once is not expected again. */
function silentSeconds(lastArrival: string | null, usualGap: number, now: Date): number | null {
  if (lastArrival === null || usualGap === 0) return null;
  const seconds = (now.getTime() - Date.parse(lastArrival)) / 1000;
  return seconds > Math.max(SILENT_SECONDS, SILENT_TIMES * usualGap) ? seconds : null;
}
