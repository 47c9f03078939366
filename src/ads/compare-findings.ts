import type { Finding, Term } from '../model/hunt-result.js';
import { isNamed, type ParameterChange } from '../model/parameter-change.js';
import type { Strategy } from '../model/strategy.js';
import type { VerdictWord } from '../model/verdict-file.js';
import { isSameEpisode, type Pair, pairFindings } from './pair-findings.js';

/** What a change of parameters does to one finding. */
export interface FindingChange {
  kind: 'appears' | 'vanishes' | 'changes';
  /** As it stands; null when there was nothing at all. */
  before: Finding | null;
  after: Finding | null;
  /** Uid of the open finding that tells of the same on the side where this one is not open. */
  instead: string | null;
  why: string[];
  verdict: VerdictWord | null;
}

export interface Comparison {
  changes: FindingChange[];
  /** Open findings whose score, severity and priority stay as they are. */
  unchanged: number;
}

interface Side {
  findings: readonly Finding[];
  strategies: readonly Strategy[];
}

/** Compares open findings under two sets of parameters. `verdictOf` knows what was said of a finding of either side. */
export function compareFindings(
  before: Side,
  after: Side,
  {
    changes,
    verdictOf,
  }: { changes: readonly ParameterChange[]; verdictOf: (pair: Pair) => VerdictWord | null },
): Comparison {
  const pairs = pairFindings(before.findings, after.findings);
  const compared = pairs.flatMap((pair): FindingChange[] => {
    const kind = kindOf(pair);
    if (kind === null || kind === 'same') return [];
    const why = differingTerms(pair, touchedBy(pair, after.strategies, changes));
    const verdict = verdictOf(pair);
    if (kind === 'changes') return [{ kind, ...pair, instead: null, why, verdict }];
    const [open, other, side] =
      kind === 'vanishes' ? [pair.before!, pair.after, after] : [pair.after!, pair.before, before];
    const instead = toldBy(open, other, side);
    const reason = `${kind === 'vanishes' ? 'then' : 'now'} ${whyNotOpen(other, instead, side.strategies)}`;
    return [{ kind, ...pair, instead: instead?.uid ?? null, why: [...why, reason], verdict }];
  });
  const order = ['vanishes', 'appears', 'changes'];
  return {
    changes: compared.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind)),
    unchanged: pairs.filter((pair) => kindOf(pair) === 'same').length,
  };
}

const isOpen = (finding: Finding | null): boolean => finding?.status === 'open';

function kindOf(pair: Pair): FindingChange['kind'] | 'same' | null {
  const { before, after } = pair;
  if (!isOpen(before)) return isOpen(after) ? 'appears' : null;
  if (!isOpen(after)) return 'vanishes';
  const differs = (['score', 'severity', 'priority'] as const).some((key) => before![key] !== after![key]);
  return differs ? 'changes' : 'same';
}

/** Analytics of the pair's strategy with the changed parameters they use. */
function touchedBy(
  { before, after }: Pair,
  strategies: readonly Strategy[],
  changes: readonly ParameterChange[],
): Map<string, string[]> {
  const strategy = strategies.find(({ id }) => id === (before ?? after)!.strategy);
  const names = changes
    .filter((change) => strategy && isNamed(strategy, change.strategy))
    .map(({ name }) => name);
  return new Map(
    strategy?.analytics.map(({ id, parameters }) => [id, parameters.filter((name) => names.includes(name))]),
  );
}

/** The terms that differ, those that count first. */
function differingTerms({ before, after }: Pair, touched: Map<string, string[]>): string[] {
  const of = (finding: Finding | null, analytic: string): Term | undefined =>
    finding?.terms.find((term) => term.analytic === analytic);
  const analytics = new Set(
    [before, after].flatMap((each) => each?.terms.map((term) => term.analytic) ?? []),
  );
  return [...analytics]
    .map((analytic) => ({ analytic, was: of(before, analytic), is: of(after, analytic) }))
    .filter(({ was, is }) => was?.likelihood !== is?.likelihood || was?.counted !== is?.counted)
    .sort((a, b) => weight(b) - weight(a) || a.analytic.localeCompare(b.analytic))
    .map(({ analytic, was, is }) => {
      const uses = touched.get(analytic) ?? [];
      const because = uses.length > 0 ? ` (uses ${uses.join(', ')})` : '';
      return `${analytic}${because}: ${describeTerm(was)} → ${describeTerm(is)}; ${(is ?? was)!.says}`;
    });
}

const weight = ({ was, is }: { was?: Term | undefined; is?: Term | undefined }): number =>
  Number(was?.counted || is?.counted) + Math.abs((was?.likelihood ?? 0) - (is?.likelihood ?? 0));

const describeTerm = (term: Term | undefined): string =>
  term === undefined
    ? 'no hit'
    : `${term.likelihood.toFixed(2)}${term.counted ? '' : ' (not counted: a stronger one of its class)'}`;

/** The finding that tells of the same where `open` has no open partner: a longer episode, or a strategy that stands in. */
function toldBy(open: Finding, partner: Finding | null, { findings, strategies }: Side): Finding | null {
  const replacing = strategies.filter(({ replaces }) => replaces.includes(open.strategy)).map(({ id }) => id);
  const isOver = (finding: Finding): boolean =>
    finding.window.from <= open.window.to && open.window.from <= finding.window.to;
  const standsIn = (finding: Finding): boolean =>
    partner?.status === 'candidate' &&
    replacing.includes(finding.strategy) &&
    finding.entity.kind === open.entity.kind &&
    finding.entity.name === open.entity.name &&
    isOver(finding);
  const others = findings.filter((finding) => isOpen(finding) && finding.uid !== partner?.uid);
  return others.find((finding) => isSameEpisode(finding, open)) ?? others.find(standsIn) ?? null;
}

function whyNotOpen(
  finding: Finding | null,
  instead: Finding | null,
  strategies: readonly Strategy[],
): string {
  if (finding?.status === 'suppressed') return `it is hidden: ${finding.suppressed_by ?? ''}`;
  const bar = finding && barOf(finding, strategies);
  if (bar && finding.score < bar.value)
    return `its score ${finding.score.toFixed(2)} is under the ${bar.value} that ${bar.classes} (${bar.name})`;
  if (instead) return `finding ${instead.uid} of ${instead.strategy} tells of it`;
  return finding ? 'no analytic that may open it has a hit that counts' : 'nothing of it is left';
}

/** What the finding's strategy asks of as many classes as it has. */
export function barOf(
  finding: Finding,
  strategies: readonly Strategy[],
): { value: number; name: string; classes: string } | null {
  const strategy = strategies.find(({ id }) => id === finding.strategy);
  if (!strategy) return null;
  return finding.terms.filter(({ counted }) => counted).length >= 2
    ? { value: strategy.openAt, name: 'openAt', classes: 'two classes or more need' }
    : { value: strategy.openAtSingleClass, name: 'openAtSingleClass', classes: 'one class needs' };
}
