import type { Strategy } from '../model/strategy.js';
import type { Store } from '../store/store.js';
import { type Answers, answerTo, blindIn, keyOf, valuesFor } from './run-analytics.js';
import type { Visibility } from './visibility.js';

type Analytic = Strategy['analytics'][number];

/** One parameter of an analytic, under several values of which it is asked; the others stay as they are. */
interface Sweep {
  analytic: Analytic;
  parameters: Record<string, unknown>;
  name: string;
  /** In order, the current one among them. */
  values: number[];
}

/**
 * Answers under the parameters of trials, for those that differ from `now` in one number. Thresholds work one way: between two values under
 * which an analytic says the same it is not asked again. Most say nothing of most logs, under no value; then the ends are all that is asked.
 */
export async function askTrials(
  store: Store,
  {
    now,
    trials,
    visibility,
    known = new Map(),
  }: { now: Strategy[]; trials: Strategy[][]; visibility: Visibility[]; known?: Answers },
): Promise<Answers> {
  const answers: Answers = new Map(known);
  await Promise.all(sweepsOf(now, trials, visibility).map((sweep) => askSweep(store, sweep, answers)));
  return answers;
}

async function askSweep(store: Store, { analytic, parameters, name, values }: Sweep, answers: Answers) {
  const under = (value: number) => ({ ...parameters, [name]: value });
  // What cannot be asked is like nothing else: each value is asked, and tells its error to who reads it.
  const said = (value: number): Promise<string> =>
    answerTo(store, analytic, under(value), answers).then(JSON.stringify, () => `not asked under ${value}`);
  const fill = async (low: number, high: number): Promise<void> => {
    if (high - low < 2) return;
    if ((await said(values[low]!)) === (await said(values[high]!))) {
      const answer = answers.get(keyOf(analytic, under(values[low]!)))!;
      for (const value of values.slice(low + 1, high)) answers.set(keyOf(analytic, under(value)), answer);
      return;
    }
    const middle = Math.floor((low + high) / 2);
    await fill(low, middle);
    await fill(middle, high);
  };
  const current = values.indexOf(parameters[name] as number);
  await fill(0, current);
  await fill(current, values.length - 1);
}

function sweepsOf(now: Strategy[], trials: Strategy[][], visibility: Visibility[]): Sweep[] {
  const sweeps = new Map<string, Sweep>();
  for (const strategy of now) {
    const blind = blindIn(strategy, visibility);
    for (const analytic of strategy.analytics.filter(({ id }) => !blind.has(id))) {
      const parameters = valuesFor(analytic, strategy);
      for (const trial of trials) {
        const changed = trial.find(({ id }) => id === strategy.id);
        const others = changed ? valuesFor(analytic, changed) : parameters;
        const [name, ...more] = Object.keys(others).filter((each) => others[each] !== parameters[each]);
        if (name === undefined || more.length > 0 || typeof parameters[name] !== 'number') continue;
        const key = JSON.stringify([keyOf(analytic, parameters), name]);
        const sweep = sweeps.get(key) ?? { analytic, parameters, name, values: [parameters[name]] };
        sweep.values.push(others[name] as number);
        sweeps.set(key, sweep);
      }
    }
  }
  return [...sweeps.values()].map((sweep) => ({
    ...sweep,
    values: [...new Set(sweep.values)].sort((a, b) => a - b),
  }));
}
