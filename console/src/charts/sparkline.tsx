import type { FindingSeries } from '../../../src/model/live.js';
import { formatBytes } from '../../../src/output/format.js';

const [WIDTH, HEIGHT] = [110, 28];
const MOST_BARS = 44;

/** Bytes out in a line of the queue, against the band of what is usual; the same is said in words. */
export function Sparkline({ series }: { series: FindingSeries }) {
  const bars = binned(series.series.map(({ bytes_out }) => bytes_out));
  const peak = Math.max(...bars, 0);
  if (peak === 0) return <span className="fine">no byte counts</span>;
  const upper = series.baseline?.upper ?? null;
  const top = Math.max(peak, upper ?? 0);
  const step = Math.min(WIDTH / bars.length, 8);
  const words =
    upper === null
      ? `peak ${formatBytes(peak)}, usual range not known`
      : `peak ${formatBytes(peak)}, usual up to ${formatBytes(upper)}`;
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={words}
    >
      <title>{words}</title>
      {upper !== null && (
        <rect
          className="band"
          x="0"
          width={WIDTH}
          y={HEIGHT - (upper / top) * HEIGHT}
          height={(upper / top) * HEIGHT}
        />
      )}
      {bars.map((bytes, index) => {
        const height = (bytes / top) * (HEIGHT - 2);
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
            key={index}
            className={upper === null || bytes > upper ? 'bar above' : 'bar'}
            x={index * step}
            width={Math.max(1, step - 1)}
            y={HEIGHT - height}
            height={bytes > 0 ? Math.max(1, height) : 0}
          />
        );
      })}
      <line className="axis" x1="0" x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
    </svg>
  );
}

/** Neighbours share a bar, which shows the larger. */
function binned(values: number[]): number[] {
  const group = Math.max(1, Math.ceil(values.length / MOST_BARS));
  return Array.from({ length: Math.ceil(values.length / group) }, (_, index) =>
    Math.max(...values.slice(index * group, (index + 1) * group)),
  );
}
