import type { FindingMark } from '../../../src/model/live.js';
import { formatClock } from '../../../src/output/format.js';
import { Logged, shown } from '../text.js';
import { FRAME, type TimeDomain, timeScale } from './frame.js';

const [MIDDLE, BOTTOM] = [40, 222];

/** Told apart by shape: a container starts, one of a new image starts, a command starts in one. */
const SHAPES: Record<FindingMark['what'], string> = {
  container: 'M-5-5H5V5H-5Z',
  image: 'M0-7 7 0 0 7-7 0Z',
  exec: 'M-5-6 6 0-5 6Z',
};

const WORDS: Record<FindingMark['what'], string> = {
  container: 'container started',
  image: 'first container of an image',
  exec: 'command started in a container',
};

/** What was deployed, and what was started in it, above the bytes. */
export function Deployed({ marks, domain }: { marks: FindingMark[]; domain: TimeDomain }) {
  const x = timeScale(domain);
  if (marks.length === 0) return null;
  return (
    <g>
      <text className="tick" textAnchor="end" x={FRAME.left - 10} y={MIDDLE + 4}>
        deployed, exec
      </text>
      {marks.map((mark, index) => {
        const at = x(Date.parse(mark.time));
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same may be done twice in a moment
          <g key={index}>
            <line className="lead orchestration" x1={at} x2={at} y1={MIDDLE} y2={BOTTOM} />
            <path
              className="mark orchestration"
              d={SHAPES[mark.what]}
              transform={`translate(${at} ${MIDDLE})`}
            >
              <title>{saying(mark)}</title>
            </path>
          </g>
        );
      })}
    </g>
  );
}

const saying = ({ time, what, text }: FindingMark): string =>
  `${formatClock(time)} ${WORDS[what]}: ${shown(text, 160)}`;

export function describeMarks(marks: FindingMark[]): string {
  const counted = (Object.keys(WORDS) as FindingMark['what'][])
    .map((what) => [what, marks.filter((mark) => mark.what === what).length] as const)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} × ${WORDS[what]}`);
  return counted.length === 0 ? '' : ` Meanwhile, or shortly before: ${counted.join(', ')}.`;
}

const MOST = 8;

/** The same in words. */
export function MarkList({ marks }: { marks: FindingMark[] }) {
  return (
    <ul className="plain marks">
      {marks.slice(0, MOST).map((mark, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same may be done twice in a moment
        <li key={index}>
          <svg viewBox="-8 -8 16 16" width="13" height="13" aria-hidden="true">
            <path className="mark orchestration" d={SHAPES[mark.what]} />
          </svg>{' '}
          <span className="mono">{formatClock(mark.time)}</span> {WORDS[mark.what]}:{' '}
          <Logged text={mark.text} limit={160} />
        </li>
      ))}
      {marks.length > MOST && <li className="fine">{`${marks.length - MOST} more`}</li>}
    </ul>
  );
}
