import type { FindingContacts } from '../../../src/model/live.js';
import { countOf, formatDuration } from '../../../src/output/format.js';
import { binsOf, Histogram } from './histogram.js';

const BINS = 40;

/** How far apart connections are: a schedule shows as one peak, chance as a slope. */
export function IntervalChart({ contacts }: { contacts: FindingContacts['contacts'] }) {
  const times = contacts.map(({ time }) => Date.parse(time) / 1000);
  const gaps = times.slice(1).map((at, index) => at - times[index]!);
  const sorted = [...gaps].sort((a, b) => a - b);
  const median = middle(sorted);
  const deviation = middle(sorted.map((gap) => Math.abs(gap - median)).sort((a, b) => a - b));
  const share = gaps.filter((gap) => Math.abs(gap - median) <= 0.1 * median).length / gaps.length;
  const sentence =
    `${countOf(gaps.length, 'pause')}, the middle one ${formatDuration(median)}; half of them differ from it by at most ${formatDuration(deviation)}. ` +
    `${Math.round(share * 100)} % lie within a tenth of it${share > 0.7 ? ': regular' : ''}.`;
  return <Histogram bins={binsOf(gaps, BINS)} sentence={sentence} label={formatDuration} of="Pauses" />;
}

const middle = (sorted: number[]): number => sorted[Math.floor(sorted.length / 2)] ?? 0;
