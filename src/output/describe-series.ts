import type { FindingDetail } from '../model/hunt-result.js';
import { countOf, formatBytes, formatDuration, formatTime } from './format.js';

/** What the picture says, for those who cannot or do not want to look at it. */
export function describeSeries({ series, baseline, bucket_seconds }: FindingDetail): string {
  const peak = series.reduce((best, point) => (point.bytes_out > best.bytes_out ? point : best), series[0]!);
  const width = formatDuration(bucket_seconds);
  const at = `${formatTime(peak.time)} UTC`;
  const opening = `Buckets of ${width}. The peak is ${formatBytes(peak.bytes_out)}, at ${at}`;
  if (baseline === null) return `${opening}. No usual range is known: there was too little history.`;
  const above = series.filter((point) => point.bytes_out > baseline.upper).length;
  const times = baseline.upper > 0 ? peak.bytes_out / baseline.upper : 0;
  const against =
    times >= 1.05 ? `, ${Number(times.toPrecision(2))} times the upper end of the usual range` : '';
  const median = formatBytes(baseline.median);
  const usual = `Usual is a median of ${median} and up to ${formatBytes(baseline.upper)} (${baseline.rung})`;
  const share = `${countOf(above, 'bucket')} of ${series.length} ${above === 1 ? 'lies' : 'lie'} above`;
  return `${opening}${against}. ${usual}; ${share}.`;
}
