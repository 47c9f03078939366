import type { FindingContacts } from '../../../src/model/live.js';
import { countOf, formatBytes, formatClock, formatDuration, formatTime } from '../../../src/output/format.js';
import { linearScale } from '../../../src/output/scale.js';
import { FRAME, Picture, RIGHT } from './frame.js';
import { median, pausesOf } from './pauses.js';

type Contacts = FindingContacts['contacts'];

/** Time is folded into rows of one of these, in seconds: what repeats stands below itself. */
const FOLDS = [10, 30, 60, 300, 600, 3600, 21_600, 86_400, 604_800];
/** So many usual pauses in a row at least. */
const PAUSES_IN_A_ROW = 5;
const DAY = 86_400;
const MOST_ROWS = 40;
const [TOP, ROW] = [6, 16];

export function RasterChart({ contacts }: { contacts: Contacts }) {
  const times = contacts.map(({ time }) => Date.parse(time));
  const span = times.at(-1)! - times[0]!;
  const least = PAUSES_IN_A_ROW * median(pausesOf(contacts));
  const fold = FOLDS.find((each) => each >= least && span / 1000 / each < MOST_ROWS - 1) ?? FOLDS.at(-1)!;
  const rowMs = fold * 1000;
  const label = (at: number) => new Date(at).toISOString().slice(fold < DAY ? 11 : 5, fold < DAY ? 19 : 10);
  const first = Math.floor(times[0]! / rowMs);
  const rows = Math.min(MOST_ROWS, Math.floor(times.at(-1)! / rowMs) - first + 1);
  const bottom = TOP + rows * ROW;
  const x = linearScale([0, rowMs], [FRAME.left, RIGHT]);
  const size = linearScale(
    [0, Math.log1p(Math.max(...contacts.map(({ bytes_out }) => bytes_out), 1))],
    [1.5, 5],
  );
  const sentence = `${countOf(contacts.length, 'connection')} in ${formatDuration(span / 1000)}. Each row is ${formatDuration(fold)} long: what is regular stands in columns or diagonals. The larger the mark, the more was sent.`;
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
          {part === 0 ? '0' : `+${formatDuration(part * fold)}`}
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
