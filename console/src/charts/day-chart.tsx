import type { Rhythm } from '../../../src/model/explore.js';
import { countOf, formatBytes, formatCount, formatTime } from '../../../src/output/format.js';
import { linearScale } from '../../../src/output/scale.js';
import { FRAME, Picture, RIGHT } from './frame.js';

const DAY_MS = 86_400_000;
const QUARTERS = 96;
const MOST_DAYS = 31;
const [TOP, ROW] = [4, 18];
const HOURS = [0, 3, 6, 9, 12, 15, 18, 21, 24];

/** One row a day, one field a quarter of an hour: office hours, nights and schedules show as stripes. */
export function DayChart({ rhythm: { quarters, total } }: { rhythm: Rhythm }) {
  const dayOf = (time: string): number => Math.floor(Date.parse(time) / DAY_MS);
  const last = dayOf(quarters.at(-1)!.time);
  const first = Math.max(dayOf(quarters[0]!.time), last - MOST_DAYS + 1);
  const days = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const most = Math.max(...quarters.map(({ connections }) => connections));
  const bottom = TOP + days.length * ROW;
  const x = linearScale([0, QUARTERS], [FRAME.left, RIGHT]);
  const busy = [...quarters].sort((a, b) => b.connections - a.connections)[0]!;
  const sentence = `${countOf(total, 'connection')} in ${countOf(quarters.length, 'quarter of an hour', 'quarters of an hour')} of ${countOf(days.length, 'day')} (UTC), most of them, ${formatCount(busy.connections)}, from ${formatTime(busy.time)} on. Each row is a day; the stronger the colour, the more.`;
  return (
    <Picture
      sentence={sentence}
      height={bottom + 24}
      table={{
        columns: ['Quarter of an hour from (UTC)', 'Connections', 'Bytes out'],
        rows: quarters.map(({ time, connections, bytes_out }) => [
          formatTime(time),
          formatCount(connections),
          formatBytes(bytes_out),
        ]),
      }}
    >
      {days.map((day, index) => (
        <g key={day}>
          <text className="tick" x={FRAME.left - 10} textAnchor="end" y={TOP + index * ROW + 13}>
            {new Date(day * DAY_MS).toUTCString().slice(0, 3)}{' '}
            {new Date(day * DAY_MS).toISOString().slice(5, 10)}
          </text>
          <rect
            className="rail"
            x={FRAME.left}
            width={RIGHT - FRAME.left}
            y={TOP + index * ROW + 1}
            height={ROW - 2}
          />
        </g>
      ))}
      {quarters
        .filter(({ time }) => dayOf(time) >= first)
        .map(({ time, connections }) => {
          const quarter = Math.floor((Date.parse(time) % DAY_MS) / (DAY_MS / QUARTERS));
          return (
            <rect
              key={time}
              className="heat"
              opacity={0.3 + 0.7 * (Math.log1p(connections) / Math.log1p(most))}
              x={x(quarter) + 0.5}
              width={x(1) - x(0) - 1}
              y={TOP + (dayOf(time) - first) * ROW + 1}
              height={ROW - 2}
            >
              <title>{`${formatTime(time)}: ${countOf(connections, 'connection')}`}</title>
            </rect>
          );
        })}
      {HOURS.map((hour) => (
        <text
          key={hour}
          className="tick"
          textAnchor={hour === 24 ? 'end' : hour === 0 ? 'start' : 'middle'}
          x={x(hour * 4)}
          y={bottom + 17}
        >
          {String(hour).padStart(2, '0')}:00
        </text>
      ))}
    </Picture>
  );
}
