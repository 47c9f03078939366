import type { Entity, Finding, Severity } from '../model/hunt-result.js';
import type { FindingEvent, KeptFinding } from '../model/live.js';
import type { Strategy } from '../model/strategy.js';

export interface Followed {
  kept: KeptFinding;
  /** What happened to it; null where only its numbers went on. */
  event: FindingEvent | null;
  /** The finding it was judged by in this tick; null when none was. */
  finding: Finding | null;
}

interface Surroundings {
  strategies: readonly Strategy[];
  now: Date;
  /** When a kept finding was last among those of a judgement, by uid. */
  lastJudged: ReadonlyMap<string, Date>;
  /** Ids of strategies of which an analytic could not be asked: what they do not find may still be there. */
  unasked?: ReadonlySet<string>;
  /** When what can open a finding of the judgement began last, after a silence: by its uid, of those of which that is known. */
  beginnings?: ReadonlyMap<string, string>;
  /** What happened before is judged in part only: what was found in it stands. */
  wholeSince?: Date;
}

export interface Following {
  changes: Followed[];
  /** What kept findings were judged by, changed or not, by their uid. */
  judged: ReadonlyMap<string, Finding>;
}

/** A finding that is not judged so any more is given this long to come back before it closes. */
const VANISHED_MS = 60_000;

/**
 * What becomes of findings that are kept, when those of a new judgement are laid beside them: a finding of the same strategy and
 * entity within the strategy's correlation window is the same one, whatever moment its episode now begins at. It opens, grows,
 * closes once the window has passed in silence, and opens again when it goes on; one that somebody judged, only when it gets worse or
 * begins anew after a silence. Pure.
 */
export function follow(
  kept: readonly KeptFinding[],
  findings: readonly Finding[],
  { strategies, now, lastJudged, unasked, beginnings, wholeSince }: Surroundings,
): Following {
  const gap = gapOf(strategies);
  const { taken, fresh } = pairWithKept(kept, findings, strategies);
  const known = new Map([...taken].map(([uid, finding]) => [finding.uid, uid]));
  const incidentOf = incidents(kept, taken, known);
  const named = (finding: Finding): Finding => ({
    ...finding,
    uid: known.get(finding.uid) ?? finding.uid,
    incident: incidentOf(finding),
  });
  const isQuiet = (finding: Finding) => now.getTime() - Date.parse(finding.window.to) > gap(finding);
  const changes = [
    ...fresh.map((finding) => opened(finding, named(finding), now)),
    ...kept.flatMap((kept) => {
      const finding = taken.get(kept.uid);
      const seen = lastJudged.get(kept.uid);
      if (finding) {
        const told = unlessTrue(kept, beginningWith(kept, named(finding), wholeSince));
        const began = beginnings?.get(finding.uid);
        return goOn(kept, finding, { told, now, isQuiet: isQuiet(finding), seen, began });
      }
      const isQuietNow = isQuiet(kept.finding);
      if (unasked?.has(kept.finding.strategy) && !isQuietNow) return [];
      return vanish(kept, { now, isQuiet: isQuietNow, seen });
    }),
  ];
  const judged = new Map([...taken, ...fresh.map((finding) => [finding.uid, finding] as const)]);
  return { changes, judged };
}

/** How long a strategy's findings may be silent and still go on. */
function gapOf(strategies: readonly Strategy[]): (finding: Finding) => number {
  const quietMs = new Map(
    strategies.map(({ id, correlationWindowSeconds }) => [id, correlationWindowSeconds * 1000]),
  );
  return ({ strategy }) => quietMs.get(strategy) ?? 0;
}

/** Which finding of a judgement is which kept one, by the uid of that; and those that are none. */
export function pairWithKept(
  kept: readonly KeptFinding[],
  findings: readonly Finding[],
  strategies: readonly Strategy[],
): { taken: Map<string, Finding>; fresh: Finding[] } {
  const gap = gapOf(strategies);
  const taken = new Map<string, Finding>();
  const fresh: Finding[] = [];
  // An open one first: what somebody closed with a verdict must not swallow an episode that grew together with it.
  const byState = [...kept].sort((a, b) => Number(a.state === 'closed') - Number(b.state === 'closed'));
  for (const finding of findings.filter(({ status }) => status !== 'candidate')) {
    const same = byState.find((kept) => !taken.has(kept.uid) && isSame(kept.finding, finding, gap(finding)));
    if (same) taken.set(same.uid, finding);
    else fresh.push(finding);
  }
  return { taken, fresh };
}

const isSame = (one: Finding, other: Finding, gapMs: number): boolean =>
  one.strategy === other.strategy &&
  isSameEntity(one.entity, other.entity) &&
  Date.parse(other.window.from) - Date.parse(one.window.to) <= gapMs &&
  Date.parse(one.window.from) - Date.parse(other.window.to) <= gapMs;

/** An address that is told to be a workload's, or no longer known to be, is the same one. */
const isSameEntity = (one: Entity, other: Entity): boolean =>
  (one.kind === other.kind && one.name === other.name) ||
  (one.kind === 'address' && one.name === other.ip) ||
  (other.kind === 'address' && other.name === one.ip);

/** Findings of one story keep the name it was first told under. */
function incidents(
  kept: readonly KeptFinding[],
  taken: ReadonlyMap<string, Finding>,
  known: ReadonlyMap<string, string>,
): (finding: Finding) => string {
  const names = new Map<string, string>();
  const byAge = [...kept].sort((a, b) => a.opened_at.localeCompare(b.opened_at));
  for (const kept of byAge) {
    const incident = taken.get(kept.uid)?.incident;
    if (incident !== undefined && !names.has(incident)) names.set(incident, kept.finding.incident);
  }
  return ({ incident }) => names.get(incident) ?? known.get(incident) ?? incident;
}

/** What somebody judged to be what it says is hidden by no allowance, whoever gave it and when. */
const unlessTrue = ({ verdict }: KeptFinding, told: Finding): Finding =>
  verdict === 'true_positive' && told.status === 'suppressed' ? shown(told) : told;

/** An episode that goes on for hours began when it was first seen, though its first minutes are not judged any more. */
function beginningWith({ finding: { window } }: KeptFinding, told: Finding, wholeSince?: Date): Finding {
  const isKnown = wholeSince !== undefined && window.from < wholeSince.toISOString();
  if (!isKnown || told.window.from <= window.from) return told;
  return { ...told, window: { ...told.window, from: window.from } };
}

/** The finding as if nothing hid it. */
export const shown = (finding: Finding): Finding => ({ ...finding, status: 'open', suppressed_by: null });

interface Moment {
  now: Date;
  /** Nothing happened for longer than its correlation window. */
  isQuiet: boolean;
  /** When it was last judged so, as far as this process knows. */
  seen: Date | undefined;
}

/** What ended before anybody could look is told, and closed with the next judgement. */
function opened(judged: Finding, finding: Finding, now: Date): Followed {
  const at = now.toISOString();
  const kept: KeptFinding = {
    uid: finding.uid,
    finding,
    state: 'open',
    version: 1,
    opened_at: at,
    updated_at: at,
    closed_at: null,
    verdict: null,
    assignee: null,
  };
  const isHidden = finding.status === 'suppressed';
  const why = isHidden ? (finding.suppressed_by ?? '') : finding.why;
  return { kept, finding: judged, event: eventOf(kept, isHidden ? 'suppressed' : 'opened', why) };
}

function goOn(
  kept: KeptFinding,
  judged: Finding,
  { told, now, isQuiet, seen, began }: Moment & { told: Finding; began: string | undefined },
): Followed[] {
  const before = kept.finding;
  const wentOn = told.window.to > before.window.to;
  const isSameAsBefore = JSON.stringify(told) === JSON.stringify(before);
  if (kept.state === 'closed') {
    // What ended while it was hidden is told as if it had just ended.
    if (before.status === 'suppressed' && told.status === 'open' && kept.verdict === null)
      return [
        changed(kept, {
          finding: told,
          now,
          judged,
          what: 'unsuppressed',
          why: whyShown(before),
          state: 'open',
        }),
      ];
    // Who judged it had seen what there was: news is what is worse, or began after a silence since.
    const isWorse = severityRank[told.severity] < severityRank[before.severity];
    const beganAnew = began !== undefined && Date.parse(began) > Date.parse(kept.closed_at ?? '');
    const wasOut = wentOn || hadVanished(kept, seen);
    const isNews = wasOut && (kept.verdict === null || isWorse);
    if (!isQuiet && (isNews || (kept.verdict !== null && beganAnew)))
      return [changed(kept, { finding: told, now, judged, what: 'reopened', why: told.why, state: 'open' })];
    // Its window goes on unsaid: else what somebody judged would be another finding once its beginning is too old.
    if (kept.verdict === null || !wentOn) return [];
    return [{ kept: { ...kept, finding: told, version: kept.version + 1 }, finding: judged, event: null }];
  }
  if (isQuiet)
    return [changed(kept, { finding: told, now, judged, what: 'closed', why: QUIET, state: 'closed' })];
  if (isSameAsBefore) return [];
  const what =
    told.status !== before.status
      ? told.status === 'suppressed'
        ? ('suppressed' as const)
        : ('unsuppressed' as const)
      : hasGrown(before, told)
        ? ('grew' as const)
        : null;
  const why =
    what === 'suppressed'
      ? (told.suppressed_by ?? '')
      : what === 'unsuppressed'
        ? whyShown(before)
        : told.why;
  return [changed(kept, { finding: told, now, judged, what, why, state: 'open' })];
}

const whyShown = ({ suppressed_by: by }: Finding): string => `no longer hidden by: ${by ?? ''}`;

const QUIET = 'nothing more happened within the correlation window';

function vanish(kept: KeptFinding, { now, isQuiet, seen }: Moment): Followed[] {
  if (kept.state === 'closed') return [];
  const isGone = now.getTime() - (seen?.getTime() ?? Date.parse(kept.updated_at)) > VANISHED_MS;
  if (!isQuiet && !isGone) return [];
  const why = isQuiet ? QUIET : 'with what is known by now it is not judged so any more';
  return [changed(kept, { finding: kept.finding, now, judged: null, what: 'closed', why, state: 'closed' })];
}

/** Nobody closed it: it was closed because it was not judged so for a while, and now it is. */
const hadVanished = ({ closed_at }: KeptFinding, seen: Date | undefined): boolean =>
  closed_at !== null && seen !== undefined && Date.parse(closed_at) - seen.getTime() > VANISHED_MS;

const severityRank: Record<Severity, number> = { critical: 0, high: 1, medium: 2, low: 3, informational: 4 };

const hasGrown = (before: Finding, after: Finding): boolean =>
  severityRank[after.severity] < severityRank[before.severity] ||
  after.score >= before.score + 0.01 ||
  after.terms.filter(({ counted }) => counted).length > before.terms.filter(({ counted }) => counted).length;

interface Change {
  finding: Finding;
  judged: Finding | null;
  now: Date;
  what: FindingEvent['what'] | null;
  why: string;
  state: KeptFinding['state'];
}

function changed(before: KeptFinding, { finding, judged, now, what, why, state }: Change): Followed {
  const at = now.toISOString();
  const kept: KeptFinding = {
    ...before,
    finding,
    state,
    version: before.version + 1,
    updated_at: at,
    closed_at: state === 'closed' ? at : null,
  };
  return { kept, finding: judged, event: what === null ? null : eventOf(kept, what, why) };
}

const eventOf = (kept: KeptFinding, what: FindingEvent['what'], why: string): FindingEvent => ({
  uid: kept.uid,
  version: kept.version,
  at: kept.updated_at,
  what,
  who: 'stowaway',
  why,
});
