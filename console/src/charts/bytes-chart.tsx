import type { EvidenceRow, Finding, FindingDetail } from '../../../src/model/hunt-result.js';
import type { FindingMark } from '../../../src/model/live.js';
import { describeSeries } from '../../../src/output/describe-series.js';
import { formatBytes, formatClock, formatTime } from '../../../src/output/format.js';
import { linearScale, niceTicks } from '../../../src/output/scale.js';
import { EVIDENCE_SHAPES } from '../../../src/output/shapes.js';
import { shown } from '../text.js';
import { Deployed, describeMarks, MarkList } from './deployed.js';
import { FRAME, Picture, TimeAxis, type TimeDomain, timeScale, ValueAxis, WindowShade } from './frame.js';
import { UsualBand } from './usual-band.js';

const [TOP, BOTTOM, HEIGHT] = [56, 222, 248];

/** Bytes out per bucket against what is usual, with what somebody did meanwhile above. */
export function BytesChart({
  finding,
  detail,
  marks,
}: {
  finding: Finding;
  detail: FindingDetail;
  marks: FindingMark[];
}) {
  const { series, baseline, bucket_seconds: seconds } = detail;
  if (series.length === 0)
    return <p className="none">No byte counts per time were recorded for this finding.</p>;
  const domain = domainOf(finding, detail);
  const inTime = marks.filter(({ time }) => isWithin(time, domain));
  const x = timeScale(domain);
  const peak = Math.max(...series.map(({ bytes_out }) => bytes_out), baseline?.upper ?? 0);
  const ticks = niceTicks(peak);
  const y = linearScale([0, ticks.at(-1)!], [BOTTOM, TOP]);
  const upper = baseline?.upper ?? Number.POSITIVE_INFINITY;
  return (
    <Picture
      sentence={`${shown(describeSeries(detail), 600)}${describeMarks(marks)}`}
      legend={marks.length > 0 && <MarkList marks={marks} />}
      height={HEIGHT}
      table={{
        columns: ['Bucket starts (UTC)', 'Bytes out', 'Against the usual range'],
        rows: series.map((point) => [
          formatTime(point.time),
          formatBytes(point.bytes_out),
          baseline === null ? 'not known' : point.bytes_out > upper ? 'above usual' : 'usual',
        ]),
      }}
    >
      <WindowShade window={finding.window} domain={domain} top={TOP} bottom={BOTTOM} />
      <TimeAxis domain={domain} top={TOP} bottom={BOTTOM} />
      <ValueAxis ticks={ticks} y={y} label={formatBytes} />
      {series.map(({ time, bytes_out }) => (
        <rect
          key={time}
          className={bytes_out > (baseline?.upper ?? 0) ? 'bar above' : 'bar'}
          x={x(Date.parse(time))}
          width={Math.max(1, x(Date.parse(time) + seconds * 1000) - x(Date.parse(time)) - 1)}
          y={y(bytes_out)}
          height={Math.max(0, BOTTOM - y(bytes_out))}
        >
          <title>{`${formatTime(time)} UTC ${formatBytes(bytes_out)}`}</title>
        </rect>
      ))}
      {baseline && <UsualBand usual={baseline} y={y} label={formatBytes} />}
      <Meanwhile evidence={detail.evidence} domain={domain} />
      <Deployed marks={inTime} domain={domain} />
    </Picture>
  );
}

function domainOf({ window }: Finding, { series, bucket_seconds }: FindingDetail): TimeDomain {
  const times = [window.from, window.to, ...series.map(({ time }) => time)].map((time) => Date.parse(time));
  return [Math.min(...times), Math.max(...times, Date.parse(series.at(-1)!.time) + bucket_seconds * 1000)];
}

const isWithin = (time: string, domain: TimeDomain): boolean =>
  Date.parse(time) >= domain[0] && Date.parse(time) <= domain[1];

/** Processes started and orchestration calls: what somebody did while the bytes left. */
function Meanwhile({ evidence, domain }: { evidence: EvidenceRow[]; domain: TimeDomain }) {
  const x = timeScale(domain);
  const marks = evidence
    .filter((row) => row.class === 'process' || row.class === 'orchestration')
    .filter(({ time }) => isWithin(time, domain));
  if (marks.length === 0) return null;
  return (
    <g>
      <text className="tick" textAnchor="end" x={FRAME.left - 10} y={16}>
        done meanwhile
      </text>
      {marks.map((row, index) => {
        const at = x(Date.parse(row.time));
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same may be done twice in a moment
          <g key={index}>
            <line className={`lead ${row.class}`} x1={at} x2={at} y1={20} y2={BOTTOM} />
            <path
              className={`mark ${row.class}`}
              d={EVIDENCE_SHAPES[row.class]}
              transform={`translate(${at} 12)`}
            >
              <title>{`${formatClock(row.time)} ${shown(row.text, 200)}`}</title>
            </path>
          </g>
        );
      })}
    </g>
  );
}
