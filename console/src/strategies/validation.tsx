import type { StrategyValidation } from '../../../src/server/validation.js';
import { useApi } from '../api.js';
import { Time } from '../parts/time.js';
import { Logged } from '../text.js';

/** What speaks for a strategy before it meets a log: its scenarios, and what was measured. */
export function Validation({ id }: { id: string }) {
  const { data: all } = useApi<StrategyValidation[]>('/validation');
  const own = all?.find(({ strategy }) => strategy === id);
  if (!own) return null;
  return (
    <p className="record fine">
      <Scenarios own={own} />
      <Measured own={own} />
    </p>
  );
}

function Scenarios({ own: { scenarios, at, version, total, passed } }: { own: StrategyValidation }) {
  if (at === null || scenarios === 'not tested')
    return <span>Validation: none of its {total} scenarios was tested here</span>;
  const when = (
    <>
      <Time at={at} /> UTC, by version <Logged text={version ?? '?'} limit={40} />
    </>
  );
  if (scenarios === 'other inputs')
    return <span>Validation: changed since its scenarios ran ({when}): not tested as it is now</span>;
  return (
    <span className={passed === total ? undefined : 'problem'}>
      Validation: {passed} of {total} scenarios ended as they must, {when}
    </span>
  );
}

const share = (value: number | null): string => (value === null ? 'nothing to measure' : value.toFixed(3));

function Measured({ own: { measured } }: { own: StrategyValidation }) {
  if (!measured) return <span>Not measured on labelled attacks</span>;
  const { precision, recall, evasion, right, wrong, missed } = measured;
  return (
    <span
      title={`On labelled attacks and benign work: ${right} found, ${wrong} false, ${missed} missed. Evasion: the share of mutated attacks that are still found`}
    >
      Last measured: precision {share(precision)}, recall {share(recall)}, under evasion {share(evasion)}
    </span>
  );
}

/** Which scenarios did not end as they must, and why. */
export function FailedScenarios({ id }: { id: string }) {
  const { data: all } = useApi<StrategyValidation[]>('/validation');
  const failures = all?.find(({ strategy }) => strategy === id)?.failures ?? [];
  if (failures.length === 0) return null;
  return (
    <ul>
      {failures.map(({ scenario, why }) => (
        <li key={scenario}>
          <Logged text={scenario} limit={120} />: <Logged text={why} limit={600} />
        </li>
      ))}
    </ul>
  );
}
