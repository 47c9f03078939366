import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { TriedChange, TriedValue, TriedValues, Tunable } from '../../../src/live/tuning.js';
import { countOf, formatProbability } from '../../../src/output/format.js';
import { type ApiProblem, post, useApi } from '../api.js';
import { verdictText } from '../parts/badges.js';
import { Snippet } from '../parts/copy.js';
import { Time } from '../parts/time.js';
import { useHash } from '../parts/use-hash.js';
import { findingPath, Link } from '../router.js';
import { Logged } from '../text.js';
import { ValuesChart } from './values-chart.js';

/** Other values of one parameter, held against what the server judges now. Nothing is written. */
export function Tune({ id, analytic, canTry }: { id: string; analytic: string | null; canTry: boolean }) {
  const path = `/strategies/${encodeURIComponent(id)}`;
  const { data: parameters = [] } = useApi<Tunable[]>(`${path}/parameters`);
  const [chosen, setChosen] = useState<string | null>(null);
  const numbers = parameters.filter(({ values }) => values.length > 1);
  const meant = numbers.find(({ name }) => name === chosen) ?? firstOf(numbers, analytic);
  const tried = useMutation<TriedValues, ApiProblem, string>({
    mutationFn: (parameter) => post<TriedValues>(`${path}/backtest`, { parameter }),
  });
  if (!meant) return null;
  const result = tried.data?.parameter.name === meant.name ? tried.data : null;
  return (
    <section id="tune">
      <Heading />
      <p className="fine">
        Other values of one parameter, held against the events of the last 24 hours. Nothing is changed: what
        comes out is a proposal for stowaway.yaml.
      </p>
      <form
        className="inline"
        onSubmit={(event) => {
          event.preventDefault();
          tried.mutate(meant.name);
        }}
      >
        <label>
          Parameter
          <select value={meant.name} onChange={(event) => setChosen(event.target.value)}>
            {numbers.map(({ name, default: now, unit }) => (
              <option key={name} value={name}>
                {name}: {now} {unit}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" className="primary" disabled={!canTry || tried.isPending}>
          Try {meant.values.length} values
        </button>
      </form>
      <p className="fine">{meant.reason}</p>
      {!canTry && <p className="fine">Your role looks; an analyst tries.</p>}
      <div aria-live="polite">
        {tried.isPending && <p className="state">Judging the events under each value…</p>}
        {tried.error && (
          <p className="problem" role="alert">
            <Logged text={tried.error.message} limit={600} />
          </p>
        )}
      </div>
      {result && <Values key={result.parameter.name} result={result} />}
    </section>
  );
}

/** Last to be there of what the address may name. */
function Heading() {
  useHash();
  return <h2>Tune</h2>;
}

/** The parameter that what opened the finding asks for; else a threshold of the strategy. */
const firstOf = (numbers: Tunable[], analytic: string | null): Tunable | undefined =>
  numbers.find(({ analytics }) => analytic !== null && analytics.includes(analytic)) ??
  numbers.find(({ name }) => name === 'openAt') ??
  numbers[0];

function Values({ result: { parameter, judged, values, left_out: left } }: { result: TriedValues }) {
  const [index, setIndex] = useState(values.findIndex(({ is_current }) => is_current));
  const at = values[Math.max(0, index)]!;
  return (
    <div className="tried">
      <ValuesChart values={values} at={at} parameter={parameter} />
      <label className="slider">
        {parameter.name}: <output>{at.value}</output> {at.is_current && '(in force)'}
        <input
          type="range"
          min={0}
          max={values.length - 1}
          step={1}
          value={index}
          aria-valuetext={`${at.value} ${parameter.unit}`}
          onChange={(event) => setIndex(Number(event.target.value))}
        />
      </label>
      <Outcome at={at} />
      <p className="fine">
        Events from <Time at={judged.from} /> to <Time at={judged.to} /> UTC.
        {left.length > 0 && ` There was no time for ${left.join(', ')}.`}
      </p>
    </div>
  );
}

const GROUPS: [kind: TriedChange['kind'], title: string][] = [
  ['vanishes', 'Would be gone'],
  ['appears', 'Would be new'],
  ['changes', 'Would be judged otherwise'],
];

function Outcome({ at }: { at: TriedValue }) {
  if (at.is_current) return <p>This is the value in force: {countOf(at.open, 'open finding')}.</p>;
  const rest = at.changes_total - at.changes.length;
  return (
    <div className="outcome" aria-live="polite">
      {at.lost.length > 0 && (
        <p className="problem">
          <strong>Loses {countOf(at.lost.length, 'true positive')}</strong>, so it is not proposed.
        </p>
      )}
      {at.false_gone.length > 0 && <p>Gets rid of {countOf(at.false_gone.length, 'false positive')}.</p>}
      {at.failures.map((failure) => (
        <p key={failure} className="problem">
          <Logged text={failure} />
        </p>
      ))}
      {at.changes_total === 0 && <p>Nothing that is judged now would change.</p>}
      {GROUPS.map(([kind, title]) => (
        <Group key={kind} title={title} changes={at.changes.filter((change) => change.kind === kind)} />
      ))}
      {rest > 0 && <p className="fine">{rest} more changes are left out.</p>}
      {at.lost.length === 0 && (
        <>
          <h3>In stowaway.yaml</h3>
          <Snippet text={at.patch} />
        </>
      )}
    </div>
  );
}

function Group({ title, changes }: { title: string; changes: TriedChange[] }) {
  if (changes.length === 0) return null;
  return (
    <>
      <h3>
        {title} ({changes.length})
      </h3>
      <ul className="plain">
        {changes.map((change) => (
          <Change key={`${change.kind} ${change.uid}`} change={change} />
        ))}
      </ul>
    </>
  );
}

const scoreOf = (score: number | null): string => (score === null ? 'none' : formatProbability(score));

function Change({
  change: { uid, technique, entity, window, score, why, instead, verdict, is_kept },
}: {
  change: TriedChange;
}) {
  const name = (
    <>
      {technique} <Logged text={entity} limit={60} />
    </>
  );
  return (
    <li>
      {is_kept ? <Link to={findingPath(uid)}>{name}</Link> : name}, last <Time at={window.to} /> UTC, score{' '}
      {scoreOf(score.before)} → {scoreOf(score.after)}
      {instead !== null && ', told by another finding'}{' '}
      {verdict && <span className="chip strong">{verdictText(verdict)}</span>}
      <details>
        <summary>Why</summary>
        <ul>
          {why.map((line) => (
            <li key={line}>
              <Logged text={line} limit={400} />
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
}
