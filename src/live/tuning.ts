import { backtest } from '../ads/backtest.js';
import type { FindingChange } from '../ads/compare-findings.js';
import { fittingValues, patchOf, sweepValues } from '../ads/sweep-values.js';
import { ContentError } from '../model/front-matter.js';
import type { Finding } from '../model/hunt-result.js';
import type { KeptFinding } from '../model/live.js';
import { applyChanges, tunablesOf } from '../model/parameter-change.js';
import type { Parameter, Strategy } from '../model/strategy.js';
import type { Verdict, VerdictWord } from '../model/verdict-file.js';
import { pairWithKept } from './follow.js';
import type { Judgement } from './judge.js';

/** A parameter as it stands, with values worth a try. */
export interface Tunable extends Parameter {
  values: number[];
  /** Analytics that ask for it. */
  analytics: string[];
}

/** What one value would have done to a finding. */
export interface TriedChange {
  kind: FindingChange['kind'];
  uid: string;
  technique: string;
  entity: string;
  window: Finding['window'];
  score: { before: number | null; after: number | null };
  why: string[];
  /** The open finding that tells of the same. */
  instead: string | null;
  verdict: VerdictWord | null;
  /** It can be looked at. */
  is_kept: boolean;
}

export interface TriedValue {
  value: number;
  is_current: boolean;
  /** Open findings of the strategy. */
  open: number;
  /** Uids of findings judged true and false that would not be open. */
  lost: string[];
  false_gone: string[];
  /** The first of them, those with a verdict before the others. */
  changes: TriedChange[];
  changes_total: number;
  /** What could not be asked under it. */
  failures: string[];
  /** For stowaway.yaml; nothing is written. */
  patch: string;
}

export interface TriedValues {
  parameter: Tunable;
  /** Span of the events that were judged, ISO 8601 UTC. */
  judged: { from: string; to: string };
  values: TriedValue[];
  /** There was no time for these. */
  left_out: number[];
}

/** Why values are not tried. */
export class TuningRefused extends Error {
  override name = 'TuningRefused';
  constructor(
    readonly kind: 'unknown' | 'invalid' | 'later',
    message: string,
  ) {
    super(message);
  }
}

interface Parts {
  strategies: readonly Strategy[];
  judgement: () => Judgement | null;
  kept: () => KeptFinding[];
  /** Waits for the tick at hand, and holds the next one. */
  inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

const STEPS = 9;
const MOST_VALUES = 15;
const MOST_CHANGES = 50;
/** A tick waits no longer than this and one more value; and nobody waits longer for all. */
const TURN_MS = 2000;
const WHOLE_MS = 40_000;

/** Holds other values of one parameter against what the server judges at present. One request at a time. */
export class Tuning {
  #isBusy = false;
  constructor(readonly parts: Parts) {}

  /** @throws TuningRefused */
  parameters(id: string): Tunable[] {
    const strategy = this.#strategy(id);
    return tunablesOf(strategy).map((parameter) => tunable(strategy, parameter));
  }

  /** @throws TuningRefused */
  async backtest(id: string, name: string, asked?: number[]): Promise<TriedValues> {
    const strategy = this.#strategy(id);
    const known = tunablesOf(strategy).find((each) => each.name === name);
    if (!known) throw new TuningRefused('invalid', `${id} has no parameter ${name.slice(0, 100)}`);
    const parameter = tunable(strategy, known);
    const tries = this.#tries(strategy, parameter, asked);
    if (this.#isBusy) throw new TuningRefused('later', 'values are being tried already: ask again');
    this.#isBusy = true;
    try {
      return await this.#tryAll(strategy, parameter, tries);
    } finally {
      this.#isBusy = false;
    }
  }

  #strategy(id: string): Strategy {
    const strategy = this.parts.strategies.find((each) => each.id === id);
    if (!strategy) throw new TuningRefused('unknown', `no strategy ${id}`);
    return strategy;
  }

  #tries({ id }: Strategy, { name, values, ...parameter }: Tunable, asked?: number[]): Try[] {
    if (typeof parameter.default !== 'number') throw new TuningRefused('invalid', `${name} is no number`);
    const current = parameter.default;
    const all = [...new Set([...(asked ?? values), current])];
    if (all.length > MOST_VALUES) throw new TuningRefused('invalid', `more than ${MOST_VALUES} values`);
    // What is near is wanted most, where there is no time for all.
    const near = [...all].sort((a, b) => Math.abs(a - current) - Math.abs(b - current));
    return near.map((value) => {
      const change = { strategy: id, name, value, where: `${name}=${value}` };
      try {
        return { value, change, strategies: applyChanges(this.parts.strategies, [change]) };
      } catch (error) {
        if (error instanceof ContentError) throw new TuningRefused('invalid', error.message);
        throw error;
      }
    });
  }

  async #tryAll(strategy: Strategy, parameter: Tunable, tries: Try[]): Promise<TriedValues> {
    const begun = performance.now();
    const values: TriedValue[] = [];
    const waiting = [...tries];
    let span = null as Judgement['span'] | null;
    while (waiting.length > 0 && (values.length === 0 || performance.now() - begun < WHOLE_MS))
      await this.parts.inTurn(async () => {
        const judgement = this.parts.judgement();
        if (!judgement) throw new TuningRefused('later', 'nothing has been judged yet: ask again');
        span = judgement.span;
        const until = performance.now() + TURN_MS;
        do values.push(await this.#tryOne(judgement, strategy, parameter, waiting.shift()!));
        while (waiting.length > 0 && performance.now() < until);
      });
    return {
      parameter,
      judged: { from: span!.since.toISOString(), to: span!.until.toISOString() },
      values: values.sort((a, b) => a.value - b.value),
      left_out: waiting.map(({ value }) => value).sort((a, b) => a - b),
    };
  }

  async #tryOne(
    judgement: Judgement,
    strategy: Strategy,
    parameter: Tunable,
    { value, change, strategies }: Try,
  ): Promise<TriedValue> {
    const kept = this.parts.kept();
    const named = namesOf(kept, judgement, this.parts.strategies);
    const before = named(judgement.findings);
    const trial = await judgement.trial(strategies);
    const after = named(trial.findings);
    const outcome = backtest(
      { report: { findings: before, strategies: judgement.states } },
      { ...trial, findings: after },
      {
        changes: [change],
        verdicts: verdictsOf(kept),
        strategies: { before: this.parts.strategies, after: strategies },
      },
    );
    const isKept = new Set(kept.map(({ uid }) => uid));
    const gone = (verdict: VerdictWord): string[] =>
      outcome.changes.flatMap((each) =>
        each.kind === 'vanishes' && each.instead === null && each.verdict === verdict ? each.before!.uid : [],
      );
    const told = [...outcome.changes].sort((a, b) => Number(b.verdict !== null) - Number(a.verdict !== null));
    return {
      value,
      is_current: value === parameter.default,
      open: after.filter((each) => each.strategy === strategy.id && each.status === 'open').length,
      ...{ lost: gone('true_positive'), false_gone: gone('false_positive') },
      changes: told.slice(0, MOST_CHANGES).map((each) => toTried(each, isKept)),
      changes_total: told.length,
      failures: outcome.failures,
      patch: patchOf(strategy.id, parameter, value),
    };
  }
}

interface Try {
  value: number;
  change: Parameters<typeof applyChanges>[1][number];
  strategies: Strategy[];
}

const tunable = (strategy: Strategy, parameter: Parameter): Tunable => ({
  ...parameter,
  values: fittingValues(strategy, parameter, sweepValues(parameter, STEPS)),
  analytics: strategy.analytics
    .filter(({ parameters }) => parameters.includes(parameter.name))
    .map(({ id }) => id),
});

/** Findings of a judgement under the names by which they are kept. */
function namesOf(kept: KeptFinding[], { findings }: Judgement, strategies: readonly Strategy[]) {
  const { taken } = pairWithKept(kept, findings, strategies);
  const names = new Map([...taken].map(([uid, finding]) => [finding.uid, uid]));
  return (some: Finding[]): Finding[] =>
    some.map((finding) => ({ ...finding, uid: names.get(finding.uid) ?? finding.uid }));
}

const verdictsOf = (kept: KeptFinding[]): Verdict[] =>
  kept.flatMap(({ uid, verdict }) => (verdict ? [{ uid, verdict, reason: '', where: uid }] : []));

function toTried(
  { kind, before, after, why, instead, verdict }: FindingChange,
  isKept: ReadonlySet<string>,
): TriedChange {
  const { uid, technique, entity, window } = (before ?? after)!;
  return {
    ...{ kind, uid, technique, entity: entity.name, window, why, instead, verdict },
    score: { before: before?.score ?? null, after: after?.score ?? null },
    is_kept: isKept.has(uid),
  };
}
