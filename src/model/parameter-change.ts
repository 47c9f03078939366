import { ContentError } from './front-matter.js';
import type { Parameter, Strategy } from './strategy.js';

/** Another value for one parameter or threshold of a strategy. */
export interface ParameterChange {
  /** Id of the strategy, or its technique. */
  strategy: string;
  /** Name of a parameter, or one of `THRESHOLDS`. */
  name: string;
  value: number | string;
  /** Where it was stated: file:line:column, or the flag. */
  where: string;
}

/** What a finding needs to open, beside the strategy's own parameters. */
const THRESHOLDS = ['openAt', 'openAtSingleClass'] as const;

type Threshold = (typeof THRESHOLDS)[number];

/** Whether a name, an id or a technique, names the strategy. */
export const isNamed = ({ id, technique }: Strategy, name: string): boolean =>
  name === id || name === technique;

const isThreshold = (name: string): name is Threshold => (THRESHOLDS as readonly string[]).includes(name);

const INTEGER = /^U?Int\d+$/;

/** Everything of a strategy that can be changed from outside: its parameters as they stand, then its thresholds. */
export function tunablesOf(strategy: Strategy): Parameter[] {
  return [
    ...strategy.parameters,
    ...THRESHOLDS.map(
      (name): Parameter => ({
        name,
        type: 'Float64',
        unit: name === 'openAt' ? 'score, with two classes or more' : 'score, with one class',
        default: strategy[name],
        range: [0, 1],
        reason: 'what a finding needs to open',
      }),
    ),
  ];
}

/**
 * The strategies with the changes in place. The value a change gives counts as the default from then on.
 *
 * @throws ContentError naming where each mistake was stated
 */
export function applyChanges(
  strategies: readonly Strategy[],
  changes: readonly ParameterChange[],
): Strategy[] {
  const mistakes: string[] = [];
  const changed = new Map(strategies.map((strategy) => [strategy.id, strategy]));
  const stated = new Map<string, string>();
  for (const change of changes) {
    const named = strategies.filter((strategy) => isNamed(strategy, change.strategy));
    const [strategy] = named;
    const problem =
      strategy && named.length === 1
        ? problemOf(change, strategy)
        : `${change.strategy} names ${named.length === 0 ? 'no strategy' : 'several strategies'}; there are ${strategies.map(({ id }) => id).join(', ')}`;
    const name = `${strategy?.id}/${change.name}`;
    const before = stated.get(name);
    stated.set(name, change.where);
    if (problem !== null) mistakes.push(`${change.where}: ${problem}`);
    else if (before !== undefined) mistakes.push(`${change.where}: ${name} is stated at ${before} already`);
    else changed.set(strategy!.id, withChange(changed.get(strategy!.id)!, change));
  }
  if (mistakes.length === 0) mistakes.push(...crossedThresholds([...changed.values()], changes));
  if (mistakes.length > 0) throw new ContentError(mistakes.join('\n'));
  return [...changed.values()];
}

/** One class alone must never need less than two. */
function crossedThresholds(strategies: Strategy[], changes: readonly ParameterChange[]): string[] {
  return strategies.flatMap((strategy) => {
    const { openAt, openAtSingleClass } = strategy;
    const last = changes.findLast((each) => isThreshold(each.name) && isNamed(strategy, each.strategy));
    return last && openAtSingleClass < openAt
      ? `${last.where}: openAtSingleClass (${openAtSingleClass}) would be below openAt (${openAt}); change both`
      : [];
  });
}

function withChange(strategy: Strategy, { name, value }: ParameterChange): Strategy {
  if (isThreshold(name)) return { ...strategy, [name]: Number(value) };
  return {
    ...strategy,
    parameters: strategy.parameters.map((each) => (each.name === name ? { ...each, default: value } : each)),
  };
}

/** What is wrong with a change; null when nothing is. */
function problemOf({ name, value }: ParameterChange, strategy: Strategy): string | null {
  const tunables = tunablesOf(strategy);
  const parameter = tunables.find((each) => each.name === name);
  if (!parameter)
    return `${strategy.id} has no parameter ${name}; it has ${tunables.map((each) => each.name).join(', ')}`;
  if (parameter.type === 'String') return typeof value === 'string' ? null : `${name} is a text`;
  if (typeof value !== 'number' || !Number.isFinite(value)) return `${name} is a number, not ${value}`;
  if (INTEGER.test(parameter.type) && !Number.isSafeInteger(value))
    return `${name} is a whole number, not ${value}`;
  const [least, most] = parameter.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return value >= least && value <= most
    ? null
    : `${name} is ${value}; it must lie between ${least} and ${most} ${parameter.unit}`;
}

/** A strategy and, behind the last slash or dot, one of its parameters: T1567/upload_ratio_min. */
const TARGET = /^(?<strategy>[^/=\s]+?)(?:[/.](?<name>[A-Za-z][A-Za-z0-9_]*))?$/;

/** Reads STRATEGY or STRATEGY/PARAMETER. Null when it is neither. */
export function parseTarget(text: string): { strategy: string; name: string | null } | null {
  const groups = TARGET.exec(text)?.groups;
  return groups?.strategy === undefined ? null : { strategy: groups.strategy, name: groups.name ?? null };
}

/**
 * Reads STRATEGY/PARAMETER=VALUE.
 *
 * @throws ContentError when it is written otherwise
 */
export function parseChange(text: string, flag = '--set'): ParameterChange {
  const [left, ...rest] = text.split('=');
  const target = parseTarget(left ?? '');
  const value = rest.join('=');
  if (!target || target.name === null || value === '')
    throw new ContentError(
      `${flag} ${text}: write it as STRATEGY/PARAMETER=VALUE, such as T1567/upload_ratio_min=8`,
    );
  const number = Number(value);
  const where = `${flag} ${text}`;
  return {
    strategy: target.strategy,
    name: target.name,
    value: Number.isNaN(number) ? value : number,
    where,
  };
}

/** The value a change would replace. */
export function currentValue(strategies: readonly Strategy[], change: ParameterChange): number | string {
  const strategy = strategies.find((each) => isNamed(each, change.strategy))!;
  return tunablesOf(strategy).find(({ name }) => name === change.name)!.default;
}
