import type { EntityPicture } from '../../../src/model/live.js';
import { formatBytes, formatDuration, formatTime } from '../../../src/output/format.js';
import { linearScale, niceTicks } from '../../../src/output/scale.js';
import { Picture, TimeAxis, timeScale, ValueAxis } from './frame.js';

const [TOP, MIDDLE, BOTTOM, HEIGHT] = [10, 104, 198, 224];

/** Above the line what went out, below it what came in from inside: data that is staged shows as a mirror image, a while apart. */
export function MirrorChart({ picture }: { picture: EntityPicture }) {
  const points = [...picture.traffic].sort((a, b) => a.time.localeCompare(b.time));
  const most = Math.max(...points.flatMap((point) => [point.out, point.in]), 0);
  if (most === 0) return <p className="none">No byte counts are known.</p>;
  const width = picture.bucket_seconds * 1000;
  const domain = [Date.parse(points[0]!.time), Date.parse(points.at(-1)!.time) + width] as const;
  const x = timeScale(domain);
  const ticks = niceTicks(most, 2);
  const up = linearScale([0, ticks.at(-1)!], [MIDDLE, TOP]);
  const down = linearScale([0, ticks.at(-1)!], [MIDDLE, BOTTOM]);
  const total = (key: 'out' | 'in') => formatBytes(points.reduce((sum, point) => sum + point[key], 0));
  const sentence = `${total('out')} out, ${total('in')} in from inside, in buckets of ${formatDuration(picture.bucket_seconds)}. Out stands above the line, in below it.`;
  return (
    <Picture
      sentence={sentence}
      height={HEIGHT}
      table={{
        columns: ['Bucket starts (UTC)', 'Out', 'In from inside'],
        rows: points.map((point) => [formatTime(point.time), formatBytes(point.out), formatBytes(point.in)]),
      }}
    >
      <TimeAxis domain={domain} top={TOP} bottom={BOTTOM} />
      <ValueAxis ticks={ticks} y={up} label={formatBytes} />
      <ValueAxis ticks={ticks.slice(1)} y={down} label={formatBytes} />
      {points.map((point) => {
        const place = {
          x: x(Date.parse(point.time)),
          width: Math.max(1, x(Date.parse(point.time) + width) - x(Date.parse(point.time)) - 1),
        };
        return (
          <g key={point.time}>
            <rect className="bar above" {...place} y={up(point.out)} height={MIDDLE - up(point.out)} />
            <rect className="bar in" {...place} y={MIDDLE} height={down(point.in) - MIDDLE} />
            <title>{`${formatTime(point.time)} ${formatBytes(point.out)} out, ${formatBytes(point.in)} in`}</title>
          </g>
        );
      })}
    </Picture>
  );
}
