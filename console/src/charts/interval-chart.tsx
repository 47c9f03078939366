import type { FindingContacts } from '../../../src/model/live.js';
import { countOf, formatDuration } from '../../../src/output/format.js';
import { binsOf, Histogram } from './histogram.js';
import { median, pausesOf } from './pauses.js';

const BINS = 40;

/** How far apart connections are: a schedule shows as one peak, chance as a slope. */
export function IntervalChart({ contacts }: { contacts: FindingContacts['contacts'] }) {
  const gaps = pausesOf(contacts);
  const usual = median(gaps);
  const deviation = median(gaps.map((gap) => Math.abs(gap - usual)));
  const share = gaps.filter((gap) => Math.abs(gap - usual) <= 0.1 * usual).length / gaps.length;
  const sentence =
    `${countOf(gaps.length, 'pause')}, the middle one ${formatDuration(usual)}; half of them differ from it by at most ${formatDuration(deviation)}. ` +
    `${Math.round(share * 100)} % lie within a tenth of it${share > 0.7 ? ': regular' : ''}.`;
  return <Histogram bins={binsOf(gaps, BINS)} sentence={sentence} label={formatDuration} of="Pauses" />;
}
