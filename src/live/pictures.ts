import type { Finding, FindingDetail, InputProblem } from '../model/hunt-result.js';
import type { KeptFinding } from '../model/live.js';
import type { Followed } from './follow.js';
import type { Kept } from './kept-findings.js';

/** One that goes on all the while is pictured anew this often. */
const AGAIN_MS = 30_000;
/** What one tick makes whatever it costs, and how long it goes on after that: the next events are not to wait for pictures. */
const LEAST = 20;
const LONGEST_MS = 2000;
/** As many questions as the engine answers side by side. */
const AT_ONCE = 2;
const LONGEST_REASON = 300;

interface Limits {
  least: number;
  longestMs: number;
  againMs: number;
}

/**
 * The pictures behind findings, by uid. Each costs questions of its own; when a fleet runs wild and hundreds of findings open in one tick, those
 * without any picture come first, the surest before the others, and the rest with the next ticks.
 */
export class Pictures {
  readonly #owed: Set<string>;
  /** Milliseconds of the steady clock. */
  readonly #triedAt = new Map<string, number>();
  readonly #limits: Limits;

  /** @param without findings whose picture an earlier process did not come to make */
  constructor(without: Iterable<string>, limits: Partial<Limits> = {}) {
    this.#owed = new Set(without);
    this.#limits = { least: LEAST, longestMs: LONGEST_MS, againMs: AGAIN_MS, ...limits };
  }

  /** Something happened to the finding; without news, only its numbers went on. */
  outdated(uid: string, hasNews: boolean): void {
    this.#owed.add(uid);
    if (hasNews) this.#triedAt.delete(uid);
  }

  /**
   * @param judged every finding that can be pictured now; what is not among them keeps the picture it has
   * @param onProblem told of each picture that could not be made, which is tried again later: what an attacker wrote into one finding must
   *   not keep the others from being told
   */
  async make(
    judged: ReadonlyMap<string, Finding>,
    picture: (finding: Finding) => Promise<FindingDetail>,
    onProblem: (problem: InputProblem) => void,
  ): Promise<Map<string, FindingDetail>> {
    const begun = performance.now();
    for (const uid of [...this.#owed, ...this.#triedAt.keys()]) if (!judged.has(uid)) this.#forget(uid);
    const due = this.#due(judged, begun);
    const made = new Map<string, FindingDetail>();
    const { least, longestMs } = this.#limits;
    for (
      let tried = 0;
      due.length > 0 && (tried < least || performance.now() - begun < longestMs);
      tried += AT_ONCE
    )
      await Promise.all(
        due.splice(0, AT_ONCE).map(async (uid) => {
          this.#triedAt.set(uid, begun);
          const finding = judged.get(uid)!;
          try {
            made.set(uid, await picture(finding));
            this.#owed.delete(uid);
          } catch (error) {
            onProblem(notPictured(finding, error as Error));
          }
        }),
      );
    return made;
  }

  #due(judged: ReadonlyMap<string, Finding>, now: number): string[] {
    const triedAt = (uid: string): number => this.#triedAt.get(uid) ?? Number.NEGATIVE_INFINITY;
    const score = (uid: string): number => judged.get(uid)!.score;
    return [...this.#owed]
      .filter((uid) => now - triedAt(uid) >= this.#limits.againMs)
      .sort((a, b) => (triedAt(a) === triedAt(b) ? score(b) - score(a) : triedAt(a) - triedAt(b)));
  }

  #forget(uid: string): void {
    this.#owed.delete(uid);
    this.#triedAt.delete(uid);
  }
}

const notPictured = ({ uid }: Finding, { message }: Error): InputProblem => ({
  where: `finding ${uid}`,
  what: `its picture cannot be made: ${message.split('\n')[0]!.slice(0, LONGEST_REASON)}`,
  advice: 'it is judged and told without one, and tried again; please report this',
  level: 'error',
});

/** What changed, and what is only pictured now. */
export function withPictures(
  changes: readonly Followed[],
  details: ReadonlyMap<string, FindingDetail>,
  known: readonly KeptFinding[],
): Kept[] {
  const detailOf = (uid: string): FindingDetail | null => {
    const detail = details.get(uid);
    return detail ? { ...detail, uid } : null;
  };
  const changed = new Set(changes.map(({ kept }) => kept.uid));
  const pictured = known.filter(({ uid }) => details.has(uid) && !changed.has(uid));
  return [
    ...changes.map(({ kept, event }) => ({ kept, event, detail: detailOf(kept.uid) })),
    ...pictured.map((kept) => ({
      kept: { ...kept, version: kept.version + 1 },
      event: null,
      detail: detailOf(kept.uid),
    })),
  ];
}
