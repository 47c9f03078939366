import type { StrategyDay } from '../../../src/model/live.js';
import type { Precision } from '../../../src/model/precision.js';
import { countOf } from '../../../src/output/format.js';
import { useApi } from '../api.js';
import { CodeTable } from './code-table.js';

const share = (value: number): string => value.toFixed(2);

function wordsOf({ precision, interval, true_positives: right, false_positives: wrong }: Precision): string {
  if (precision === null || interval === null) return 'none judged true or false yet';
  return `${share(precision)} (${interval.map(share).join('–')}), ${right} true and ${wrong} false`;
}

/** How often a strategy was right, and how much it found lately. */
export function TrackRecord({ id }: { id: string }) {
  const { data: all } = useApi<Precision[]>('/findings/precision');
  const { data: days } = useApi<StrategyDay[]>('/findings/days');
  // What is not known yet is not nothing.
  if (!all || !days) return null;
  const own = all.find(({ of }) => of === id);
  return (
    <p className="record fine">
      <span title="True positives among findings judged true or false; in brackets Wilson’s interval of 95 %">
        Precision: {own ? wordsOf(own) : 'none judged yet'}
      </span>
      <Days days={days.filter(({ strategy }) => strategy === id)} />
    </p>
  );
}

const DAYS = 14;
const DAY_MS = 86_400_000;
const [STEP, HEIGHT] = [7, 20];

function Days({ days }: { days: StrategyDay[] }) {
  const counts = Array.from({ length: DAYS }, (_, index) => {
    const day = new Date(Date.now() - (DAYS - 1 - index) * DAY_MS).toISOString().slice(0, 10);
    return days.find((one) => one.day === day)?.findings ?? 0;
  });
  const [most, sum] = [Math.max(...counts, 1), counts.reduce((all, count) => all + count, 0)];
  const words = `${countOf(sum, 'finding')} in ${DAYS} days, ${counts.at(-1)} today`;
  return (
    <span>
      <svg width={DAYS * STEP} height={HEIGHT} role="img" aria-label={`Findings per day: ${words}`}>
        {counts.map((count, index) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its day
            key={index}
            className={count > 0 ? 'bar above' : 'bar'}
            x={index * STEP}
            width={STEP - 2}
            y={HEIGHT - Math.max(1, (count / most) * HEIGHT)}
            height={Math.max(1, (count / most) * HEIGHT)}
          />
        ))}
      </svg>{' '}
      {words}
    </span>
  );
}

const COLUMNS = ['Analytic', 'Precision', '95 %', 'True', 'False', 'Benign', 'Not judged'];

/** Each analytic that counted in findings. */
export function Analytics({ id }: { id: string }) {
  const { data: all = [] } = useApi<Precision[]>('/findings/precision');
  const own = all.filter(({ of }) => of.startsWith(`${id}/`));
  if (own.length === 0) return null;
  const rows = own.map((one) => [
    one.of.slice(id.length + 1),
    one.precision === null ? 'none judged' : share(one.precision),
    one.interval?.map(share).join('–') ?? '',
    ...[one.true_positives, one.false_positives, one.benign, one.unjudged].map(String),
  ]);
  return <CodeTable table={{ title: 'How often each analytic was right', columns: COLUMNS, rows }} />;
}
