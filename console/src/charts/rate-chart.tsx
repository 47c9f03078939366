import type { FindingContacts } from '../../../src/model/live.js';
import { countOf, formatClock, formatCount, formatDuration } from '../../../src/output/format.js';
import { linearScale, niceTicks } from '../../../src/output/scale.js';
import { Picture, TimeAxis, timeScale, ValueAxis } from './frame.js';

const [TOP, BOTTOM, HEIGHT] = [8, 116, 142];
const MOST_BUCKETS = 120;
const STEPS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 21_600, 86_400];

/** Connections for each stretch of time: a flood stands out by its height, a schedule by its gaps. */
export function RateChart({ contacts }: { contacts: FindingContacts['contacts'] }) {
  const times = contacts.map(({ time }) => Date.parse(time));
  const [from, to] = [times[0]!, times.at(-1)!];
  const width = 1000 * (STEPS.find((step) => (to - from) / (step * 1000) <= MOST_BUCKETS) ?? STEPS.at(-1)!);
  const start = Math.floor(from / width) * width;
  const counts = new Map<number, number>();
  for (const at of times) {
    const bucket = Math.floor((at - start) / width);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  const peak = Math.max(...counts.values());
  const domain = [start, Math.max(to, start) + width] as const;
  const x = timeScale(domain);
  const ticks = niceTicks(peak, 3);
  const y = linearScale([0, ticks.at(-1)!], [BOTTOM, TOP]);
  const rate = peak / (width / 1000);
  const sentence = `${countOf(contacts.length, 'connection')} in ${formatDuration((to - from) / 1000)}. The most within ${formatDuration(width / 1000)} are ${formatCount(peak)}: ${formatCount(Number(rate.toPrecision(3)))} a second.`;
  const at = (bucket: number) => start + bucket * width;
  return (
    <Picture
      sentence={sentence}
      height={HEIGHT}
      table={{
        columns: ['From (UTC)', 'Connections'],
        rows: [...counts].map(([bucket, count]) => [
          formatClock(new Date(at(bucket)).toISOString(), width < 1000),
          formatCount(count),
        ]),
      }}
    >
      <TimeAxis domain={domain} top={TOP} bottom={BOTTOM} />
      <ValueAxis ticks={ticks.filter(Number.isInteger)} y={y} label={formatCount} />
      {[...counts].map(([bucket, count]) => (
        <rect
          key={bucket}
          className="bar above"
          x={x(at(bucket))}
          width={Math.max(1, x(at(bucket + 1)) - x(at(bucket)) - 1)}
          y={y(count)}
          height={BOTTOM - y(count)}
        >
          <title>{`${formatClock(new Date(at(bucket)).toISOString(), width < 1000)} ${countOf(count, 'connection')}`}</title>
        </rect>
      ))}
    </Picture>
  );
}
