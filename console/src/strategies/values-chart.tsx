import type { TriedValue, Tunable } from '../../../src/live/tuning.js';
import { linearScale, niceTicks } from '../../../src/output/scale.js';
import { FRAME, Picture, RIGHT, ValueAxis } from '../charts/frame.js';

const [TOP, BOTTOM, HEIGHT] = [14, 96, 124];

/** Open findings by value, in equal steps; where a true positive is lost, a mark says so. */
export function ValuesChart({
  values,
  at,
  parameter,
}: {
  values: TriedValue[];
  at: TriedValue;
  parameter: Tunable;
}) {
  const counts = values.map(({ open }) => open);
  const ticks = niceTicks(Math.max(1, ...counts), 3);
  const y = linearScale([0, ticks.at(-1)!], [BOTTOM, TOP]);
  const step = (RIGHT - FRAME.left) / values.length;
  const losing = values.filter(({ lost }) => lost.length > 0).map(({ value }) => value);
  const current = values.find(({ is_current }) => is_current)!;
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const spread = least === most ? 'the same at each' : `between ${least} and ${most}`;
  const lost =
    losing.length === 0
      ? 'No value loses a true positive.'
      : `A true positive is lost at ${losing.join(', ')}.`;
  const sentence = `Open findings under ${values.length} values of ${parameter.name}: ${current.open} at ${current.value}, which is in force; ${spread}. ${lost}`;
  return (
    <Picture
      sentence={sentence}
      height={HEIGHT}
      table={{
        columns: ['Value', 'Open', 'True positives lost', 'False positives gone', 'Changes'],
        rows: values.map((each) => [
          each.is_current ? `${each.value}, in force` : each.value,
          each.open,
          each.lost.length,
          each.false_gone.length,
          each.changes_total,
        ]),
      }}
    >
      <ValueAxis ticks={ticks.filter(Number.isInteger)} y={y} label={String} />
      {values.map((each, index) => (
        <g key={each.value}>
          <rect
            className={each === at ? 'bar above' : 'bar'}
            x={FRAME.left + index * step + 3}
            width={step - 6}
            y={Math.min(y(each.open), BOTTOM - 2)}
            height={Math.max(2, BOTTOM - y(each.open))}
          >
            <title>{`${each.value}: ${each.open} open`}</title>
          </rect>
          {each.lost.length > 0 && (
            <text className="tick lost" textAnchor="middle" x={FRAME.left + (index + 0.5) * step} y={TOP - 2}>
              ✕
            </text>
          )}
          <text className="tick" textAnchor="middle" x={FRAME.left + (index + 0.5) * step} y={BOTTOM + 18}>
            {each.is_current ? `${each.value} now` : each.value}
          </text>
        </g>
      ))}
    </Picture>
  );
}
