import { timeText } from '../../../src/model/event-query/terms.js';
import type { EventHistogram, Span } from '../../../src/model/explore.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatTime,
  formatWindow,
} from '../../../src/output/format.js';
import { linearScale, niceTicks } from '../../../src/output/scale.js';
import { Picture, TimeAxis, timeScale, ValueAxis } from './frame.js';

const [TOP, BOTTOM, HEIGHT] = [8, 104, 130];

/** Rows over time; a bar leads to its own time. */
export function RowsChart({
  histogram,
  what,
  onPick,
}: {
  histogram: EventHistogram;
  what: string;
  /** With terms on the time. */
  onPick: (time: string) => void;
}) {
  const { buckets, total, bucket_seconds, rows_span } = histogram;
  const width = bucket_seconds * 1000;
  const domain = [Date.parse(histogram.from), Date.parse(histogram.to)] as const;
  const x = timeScale(domain);
  const ticks = niceTicks(Math.max(...buckets.map(({ rows }) => rows), 1), 3);
  const y = linearScale([0, ticks.at(-1)!], [BOTTOM, TOP]);
  const bytes = buckets.reduce((sum, bucket) => sum + bucket.bytes, 0);
  const sentence = `${formatCount(total)} ${what}${bytes > 0 ? `, ${formatBytes(bytes)} (${histogram.bytes_field})` : ''}, in ${formatWindow(histogram)} UTC. Each bar is ${formatDuration(bucket_seconds)}.`;
  return (
    <>
      <Picture
        sentence={sentence}
        height={HEIGHT}
        table={{
          columns: ['From (UTC)', 'Rows', histogram.bytes_field || 'Bytes'],
          rows: buckets.map(({ time, rows, bytes }) => [
            <button
              key={time}
              type="button"
              className="link"
              onClick={() => onPick(timeText(spanOf(time, width)))}
            >
              {formatTime(time)}
            </button>,
            formatCount(rows),
            formatBytes(bytes),
          ]),
        }}
      >
        <TimeAxis domain={domain} top={TOP} bottom={BOTTOM} />
        <ValueAxis ticks={ticks.filter(Number.isInteger)} y={y} label={formatCount} />
        {buckets.map(({ time, rows }) => {
          const at = Math.max(Date.parse(time), domain[0]);
          const end = Math.min(Date.parse(time) + width, domain[1]);
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: the table below has the same as buttons
            <rect
              key={time}
              className="bar above picks"
              x={x(at)}
              width={Math.max(2, x(end) - x(at) - 1)}
              y={Math.min(y(rows), BOTTOM - 2)}
              height={Math.max(2, BOTTOM - y(rows))}
              onClick={() => onPick(timeText(spanOf(time, width)))}
            >
              <title>{`${formatTime(time)}: ${formatCount(rows)}`}</title>
            </rect>
          );
        })}
      </Picture>
      {rows_span && isNarrow(rows_span, domain) && (
        <button type="button" className="small" onClick={() => onPick(timeText(withMargin(rows_span)))}>
          Only where rows are: {formatWindow(rows_span)}
        </button>
      )}
    </>
  );
}

const spanOf = (time: string, width: number): Span => ({
  from: new Date(Date.parse(time)).toISOString(),
  to: new Date(Date.parse(time) + width).toISOString(),
});

/** Where rows fill less than so much of the picture, it is worth a closer look. */
const NARROW = 0.5;

const isNarrow = ({ from, to }: Span, domain: readonly [number, number]): boolean =>
  (Date.parse(to) - Date.parse(from)) / (domain[1] - domain[0]) < NARROW && domain[1] - domain[0] > 10_000;

function withMargin({ from, to }: Span): Span {
  const margin = Math.max(500, 0.02 * (Date.parse(to) - Date.parse(from)));
  return {
    from: new Date(Math.floor((Date.parse(from) - margin) / 1000) * 1000).toISOString(),
    to: new Date(Math.ceil((Date.parse(to) + margin) / 1000) * 1000).toISOString(),
  };
}
