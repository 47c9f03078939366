import { linearScale, niceTicks } from '../../../src/output/scale.js';
import { FRAME, Picture, RIGHT, ValueAxis } from './frame.js';

export interface Bin {
  from: number;
  to: number;
  count: number;
}

/** Equal bins from the least to the most. */
export function binsOf(values: readonly number[], count: number): Bin[] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const width = (most - least || 1) / count;
  const bins = Array.from({ length: count }, (_, index) => ({
    from: least + index * width,
    to: least + (index + 1) * width,
    count: 0,
  }));
  for (const value of values) bins[Math.min(count - 1, Math.floor((value - least) / width))]!.count += 1;
  return bins;
}

const [TOP, BOTTOM, HEIGHT] = [8, 116, 140];

export function Histogram({
  bins,
  sentence,
  label,
  of,
}: {
  bins: Bin[];
  sentence: string;
  label: (value: number) => string;
  of: string;
}) {
  const ticks = niceTicks(Math.max(...bins.map(({ count }) => count)), 3);
  const y = linearScale([0, ticks.at(-1)!], [BOTTOM, TOP]);
  const x = linearScale([bins[0]!.from, bins.at(-1)!.to], [FRAME.left, RIGHT]);
  const named = [0, 0.25, 0.5, 0.75, 1].map(
    (part) => bins[0]!.from + part * (bins.at(-1)!.to - bins[0]!.from),
  );
  return (
    <Picture
      sentence={sentence}
      height={HEIGHT}
      table={{
        columns: ['From', 'To', of],
        rows: bins
          .filter(({ count }) => count > 0)
          .map(({ from, to, count }) => [label(from), label(to), count]),
      }}
    >
      <ValueAxis ticks={ticks.filter(Number.isInteger)} y={y} label={String} />
      {bins.map(({ from, to, count }) => (
        <rect
          key={from}
          className="bar above"
          x={x(from) + 0.5}
          width={Math.max(1, x(to) - x(from) - 1)}
          y={y(count)}
          height={BOTTOM - y(count)}
        >
          <title>{`${label(from)} to ${label(to)}: ${count}`}</title>
        </rect>
      ))}
      {named.map((value, index) => (
        <text
          key={value}
          className="tick"
          textAnchor={index === 0 ? 'start' : index === 4 ? 'end' : 'middle'}
          x={x(value)}
          y={BOTTOM + 18}
        >
          {label(value)}
        </text>
      ))}
    </Picture>
  );
}
