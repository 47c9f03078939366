import type { FindingContacts } from '../../../src/model/live.js';
import { countOf, formatBytes, formatClock, formatDuration, formatTime } from '../../../src/output/format.js';
import { linearScale } from '../../../src/output/scale.js';
import { FRAME, Picture, RIGHT } from './frame.js';

type Contacts = FindingContacts['contacts'];

/** Time is folded into rows of a day, an hour or a minute: what repeats stands below itself. */
const FOLDS = [
  {
    rowMs: 86_400_000,
    row: 'day',
    column: 'time of day',
    from: 1.5 * 86_400_000,
    label: (at: number) => new Date(at).toISOString().slice(5, 10),
  },
  {
    rowMs: 3_600_000,
    row: 'hour',
    column: 'minute of the hour',
    from: 1.5 * 3_600_000,
    label: (at: number) => new Date(at).toISOString().slice(11, 16),
  },
  {
    rowMs: 60_000,
    row: 'minute',
    column: 'second of the minute',
    from: 0,
    label: (at: number) => new Date(at).toISOString().slice(11, 16),
  },
];
const MOST_ROWS = 40;
const [TOP, ROW] = [6, 16];

export function RasterChart({ contacts }: { contacts: Contacts }) {
  const times = contacts.map(({ time }) => Date.parse(time));
  const span = times.at(-1)! - times[0]!;
  const { rowMs, row, column, label } = FOLDS.find(({ from }) => span >= from)!;
  const first = Math.floor(times[0]! / rowMs);
  const rows = Math.min(MOST_ROWS, Math.floor(times.at(-1)! / rowMs) - first + 1);
  const bottom = TOP + rows * ROW;
  const x = linearScale([0, rowMs], [FRAME.left, RIGHT]);
  const size = linearScale(
    [0, Math.log1p(Math.max(...contacts.map(({ bytes_out }) => bytes_out), 1))],
    [1.5, 5],
  );
  const sentence = `${countOf(contacts.length, 'connection')} in ${formatDuration(span / 1000)}. One row a ${row}, left to right the ${column}: what is regular stands in columns or diagonals. The larger the mark, the more was sent.`;
  return (
    <Picture
      sentence={sentence}
      height={bottom + 26}
      table={{
        columns: ['Time (UTC)', 'Bytes out', 'Bytes in'],
        rows: contacts.map(({ time, bytes_out, bytes_in }) => [
          `${formatTime(time)}`,
          formatBytes(bytes_out),
          formatBytes(bytes_in),
        ]),
      }}
    >
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
        <g key={index}>
          <text className="tick" x={FRAME.left - 10} textAnchor="end" y={TOP + index * ROW + 12}>
            {label((first + index) * rowMs)}
          </text>
          <line
            className="lane"
            x1={FRAME.left}
            x2={RIGHT}
            y1={TOP + index * ROW + 8}
            y2={TOP + index * ROW + 8}
          />
        </g>
      ))}
      {[0, 0.25, 0.5, 0.75, 1].map((part) => (
        <text key={part} className="tick" textAnchor="middle" x={x(part * rowMs)} y={bottom + 18}>
          {row === 'day' ? `${part * 24}:00` : `${part * 60}`}
        </text>
      ))}
      {contacts.map(({ time, bytes_out }, index) => {
        const at = Date.parse(time);
        const line = Math.floor(at / rowMs) - first;
        return line < rows ? (
          <circle
            // biome-ignore lint/suspicious/noArrayIndexKey: two may begin in one moment
            key={index}
            className="mark traffic"
            cx={x(at % rowMs)}
            cy={TOP + line * ROW + 8}
            r={size(Math.log1p(bytes_out))}
          >
            <title>{`${formatClock(time, true)} ${formatBytes(bytes_out)} out`}</title>
          </circle>
        ) : null;
      })}
    </Picture>
  );
}
