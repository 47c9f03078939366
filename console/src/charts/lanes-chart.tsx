import type { EvidenceClass, Finding } from '../../../src/model/hunt-result.js';
import type { FindingLanes, SourceLane } from '../../../src/model/live.js';
import { countOf, formatCount, formatDuration, formatTime } from '../../../src/output/format.js';
import { EVIDENCE_SHAPES } from '../../../src/output/shapes.js';
import { ClassName } from '../parts/badges.js';
import { shown } from '../text.js';
import { FRAME, Picture, TimeAxis, type TimeDomain, timeScale, WindowShade } from './frame.js';

const [TOP, LANE] = [4, 34];

/** What each source had in the time of the finding: evidence as marks, rows of anything as a line, silence hatched. */
export function LanesChart({ finding, lanes }: { finding: Finding; lanes: FindingLanes }) {
  const seeing = lanes.lanes.filter(({ evidence }) => evidence.length > 0);
  if (seeing.length === 0)
    return (
      <p className="none">
        The rows behind this finding are not stored any more, or were never stored with a time.
      </p>
    );
  const domain: TimeDomain = [Date.parse(lanes.from), Date.parse(lanes.to)];
  const bottom = TOP + seeing.length * LANE;
  const timeOf = (bucket: number) => new Date(domain[0] + bucket * lanes.bucket_seconds * 1000).toISOString();
  return (
    <>
      <Picture
        sentence={describeLanes(seeing, lanes)}
        height={bottom + 28}
        table={{
          columns: ['Bucket starts (UTC)', 'Source', 'Class', 'Rows'],
          rows: seeing.flatMap(({ source, evidence }) =>
            evidence.map((cell) => [
              formatTime(timeOf(cell.bucket)),
              shown(source, 40),
              cell.class,
              formatCount(cell.rows),
            ]),
          ),
        }}
      >
        <defs>
          <pattern
            id="silent"
            width="6"
            height="6"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <line className="hatch" x1="0" y1="0" x2="0" y2="6" />
          </pattern>
        </defs>
        <WindowShade window={finding.window} domain={domain} top={TOP} bottom={bottom} />
        <TimeAxis domain={domain} top={TOP} bottom={bottom} />
        {seeing.map((lane, index) => (
          <Lane key={lane.source} lane={lane} top={TOP + index * LANE} lanes={lanes} domain={domain} />
        ))}
      </Picture>
      <ul className="legend">
        {[...new Set(seeing.flatMap(({ evidence }) => evidence.map((cell) => cell.class)))]
          .sort()
          .map((kind) => (
            <li key={kind}>
              <ClassName kind={kind} />
            </li>
          ))}
        {seeing.some((lane) => silences(lane, lanes.bucket_seconds).length > 0) && (
          <li>
            <svg viewBox="0 0 22 10" width="22" height="10" aria-hidden="true">
              <rect width="22" height="10" fill="url(#silent)" />
            </svg>
            the source said nothing at all for {LEAST_SILENCE_SECONDS} s or more
          </li>
        )}
      </ul>
    </>
  );
}

const BUCKETS = 120;

function Lane({
  lane,
  top,
  lanes,
  domain,
}: {
  lane: SourceLane;
  top: number;
  lanes: FindingLanes;
  domain: TimeDomain;
}) {
  const x = timeScale(domain);
  const at = (bucket: number) => x(domain[0] + bucket * lanes.bucket_seconds * 1000);
  const middle = top + LANE / 2;
  const most = Math.max(...lane.evidence.map(({ rows }) => rows));
  return (
    <g>
      <text className="lane-name" x={0} y={middle + 4}>
        {shown(lane.source, 20)}
      </text>
      {silences(lane, lanes.bucket_seconds).map(([from, to]) => (
        <rect
          key={from}
          fill="url(#silent)"
          x={at(from)}
          width={at(to) - at(from)}
          y={top + 7}
          height={LANE - 14}
        >
          <title>{`${shown(lane.source, 40)} said nothing for ${formatDuration((to - from) * lanes.bucket_seconds)}`}</title>
        </rect>
      ))}
      <line className="lane" x1={FRAME.left} x2={at(BUCKETS)} y1={middle} y2={middle} />
      {lane.evidence.map((cell) => (
        <path
          key={`${cell.bucket} ${cell.class}`}
          className={`mark ${cell.class}`}
          d={EVIDENCE_SHAPES[cell.class]}
          transform={`translate(${at(cell.bucket + 0.5)} ${middle + offsetOf(cell.class)}) scale(${0.75 + 0.45 * (Math.log1p(cell.rows) / Math.log1p(most))})`}
        >
          <title>{`${formatTime(new Date(domain[0] + cell.bucket * lanes.bucket_seconds * 1000).toISOString())} ${cell.class}, ${countOf(cell.rows, 'row')}`}</title>
        </path>
      ))}
    </g>
  );
}

/** What one source sees of several kinds at once must not hide each other. */
const offsetOf = (kind: EvidenceClass): number =>
  ({ traffic: 0, destination: 0, process: -5, file: 5, orchestration: 0, registry: 0 })[kind];

/** A shorter pause is no silence. */
const LEAST_SILENCE_SECONDS = 30;

/** Stretches of buckets without a row of anything. */
function silences({ alive }: SourceLane, bucketSeconds: number): [from: number, to: number][] {
  const heard = new Set(alive.map(({ bucket }) => bucket));
  const stretches: [number, number][] = [];
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    if (heard.has(bucket)) continue;
    const last = stretches.at(-1);
    if (last && last[1] === bucket) last[1] = bucket + 1;
    else stretches.push([bucket, bucket + 1]);
  }
  return stretches.filter(([from, to]) => (to - from) * bucketSeconds >= LEAST_SILENCE_SECONDS);
}

function describeLanes(seeing: SourceLane[], { bucket_seconds }: FindingLanes): string {
  const counts = seeing
    .map(({ source, evidence }) => `${countOf(sum(evidence), 'row')} from ${shown(source, 40)}`)
    .join(', ');
  return `${counts}. Buckets of ${formatDuration(bucket_seconds)}.`;
}

export const sum = (cells: { rows: number }[]): number => cells.reduce((all, { rows }) => all + rows, 0);
