import type { FindingContacts } from '../../../src/model/live.js';
import { autocorrelate } from '../../../src/output/autocorrelation.js';
import { formatDuration } from '../../../src/output/format.js';
import { linearScale } from '../../../src/output/scale.js';
import { FRAME, Picture, RIGHT, ValueAxis } from './frame.js';
import { secondsOf } from './pauses.js';

const [TOP, BOTTOM, HEIGHT] = [10, 130, 156];
const MOST_BARS = 260;

/** How like itself the row of contacts is when it is moved by a while: a schedule has peaks at its period and its multiples. */
export function AutocorrelationChart({ contacts }: { contacts: FindingContacts['contacts'] }) {
  const found = autocorrelate(contacts.map(({ time }) => secondsOf(time)));
  if (found === null) return <p className="none">Too few connections, or all at once.</p>;
  const { period, chance } = found;
  const bars = thinned(found.lags);
  const longest = found.lags.at(-1)!.seconds;
  const x = linearScale([0, longest], [FRAME.left, RIGHT]);
  const least = Math.min(0, ...bars.map(({ value }) => value));
  const y = linearScale([Math.max(-1, least), 1], [BOTTOM, TOP]);
  const width = Math.max(1, (RIGHT - FRAME.left) / bars.length - 0.5);
  const sentence =
    period === null
      ? `Moved by any time up to ${formatDuration(longest)}, the connections are not like themselves: no period is seen. Chance alone stays below ${chance.toFixed(2)}.`
      : `Moved by ${formatDuration(period.seconds)}, the connections are most like themselves (${period.value.toFixed(2)} of 1): that is their period. Chance alone stays below ${chance.toFixed(2)}.`;
  return (
    <Picture
      sentence={sentence}
      height={HEIGHT}
      table={{
        columns: ['Moved by', 'Autocorrelation'],
        rows: bars.map(({ seconds, value }) => [formatDuration(seconds), value.toFixed(2)]),
      }}
    >
      <ValueAxis ticks={[0, 0.5, 1]} y={y} label={String} />
      <rect
        className="band"
        x={FRAME.left}
        width={RIGHT - FRAME.left}
        y={y(chance)}
        height={Math.max(0, y(0) - y(chance))}
      />
      {bars.map(({ seconds, value }) => (
        <rect
          key={seconds}
          className={value > chance ? 'bar above' : 'bar'}
          x={x(seconds) - width / 2}
          width={width}
          y={Math.min(y(value), y(0))}
          height={Math.abs(y(value) - y(0))}
        >
          <title>{`${formatDuration(seconds)}: ${value.toFixed(2)}`}</title>
        </rect>
      ))}
      {period && (
        <g>
          <line className="median" x1={x(period.seconds)} x2={x(period.seconds)} y1={TOP} y2={BOTTOM} />
          <text
            className="note"
            x={x(period.seconds) + (period.seconds > 0.8 * longest ? -6 : 6)}
            y={TOP + 10}
            textAnchor={period.seconds > 0.8 * longest ? 'end' : 'start'}
          >
            {formatDuration(period.seconds)}
          </text>
        </g>
      )}
      {[0, 0.25, 0.5, 0.75, 1].map((part) => (
        <text
          key={part}
          className="tick"
          x={x(part * longest)}
          y={BOTTOM + 18}
          textAnchor={part === 0 ? 'start' : part === 1 ? 'end' : 'middle'}
        >
          {formatDuration(part * longest)}
        </text>
      ))}
    </Picture>
  );
}

/** Neighbours share a bar, which shows the highest. */
function thinned<T extends { value: number }>(lags: readonly T[]): T[] {
  const group = Math.max(1, Math.ceil(lags.length / MOST_BARS));
  return Array.from({ length: Math.ceil(lags.length / group) }, (_, index) =>
    lags.slice(index * group, (index + 1) * group).reduce((a, b) => (b.value > a.value ? b : a)),
  );
}
