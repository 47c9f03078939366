import type { Beacon, HuntResult, InputProblem } from '../model/hunt-result.js';
import { countOf, formatBytes, formatCount, formatDuration } from './format.js';
import type { Section, TableContext } from './table.js';
import { plain } from './table-style.js';
import { hanging, layoutTable } from './text-layout.js';

const LISTED_BEACONS = 5;
/** Files left out on purpose; a folder of evidence holds many. */
const LISTED_NOTES = 3;

/** Lines that were rejected: how many, and where the first ones stand. */
export function rejectedSection(result: HuntResult, { width }: TableContext): Section {
  const { total, sample } = result.deadLetters;
  const lines = sample.flatMap((letter) =>
    hanging('  ', plain(`${letter.file}:${letter.line} ${letter.reason} (${letter.source})`), width),
  );
  if (total > sample.length) lines.push(`  and ${formatCount(total - sample.length)} more`);
  return { title: `REJECTED LINES (${formatCount(total)})`, lines: total === 0 ? [] : lines };
}

const LABELS = { error: '  LOST  ', unread: '  unread  ', note: '  note  ' };

/** Input nobody could read, with advice; lost data before what was left out on purpose. */
export function problemsSection(result: HuntResult, { paint, width, all }: TableContext): Section {
  const of = (level: InputProblem['level']) => result.problems.filter((problem) => problem.level === level);
  const left = [...of('unread'), ...of('note')];
  const shown = [...of('error'), ...(all ? left : left.slice(0, LISTED_NOTES))];
  const lines = shown.flatMap((problem) => {
    const label = LABELS[problem.level];
    const text = plain(`${problem.where}: ${problem.what}; ${problem.advice}`);
    const wrapped = hanging(label, text, width);
    return problem.level === 'error' ? wrapped.map(paint.warning) : wrapped;
  });
  const hidden = result.problems.length - shown.length;
  if (hidden > 0) lines.push(`  and ${countOf(hidden, 'more note')} on files left out; --all lists them`);
  return { title: `PROBLEMS (${formatCount(result.problems.length)})`, lines };
}

/** Sensors whose clocks were aligned, with the error that remains. */
export function clocksSection(result: HuntResult, { width }: TableContext): Section {
  const lines = result.clocks.flatMap((clock) => {
    const moved = `moved by ${formatDuration(clock.offset_seconds)} ± ${formatDuration(clock.error_seconds)}`;
    const text = `${clock.source}: ${moved}, from ${countOf(clock.matches, 'match', 'matches')}`;
    return hanging('  ', plain(text), width);
  });
  return { title: 'CLOCKS ALIGNED', lines };
}

/** The most regular contacts. Regular is not bad: what downloads more than it sends is marked. */
export function beaconsSection(result: HuntResult, { paint, width }: TableContext): Section {
  const rows = result.beacons
    .slice(0, LISTED_BEACONS)
    .map((beacon) => [
      plain(beacon.entity),
      plain(beacon.destination),
      formatCount(beacon.count),
      formatDuration(beacon.median_interval_seconds),
      beacon.timestamp_score.toFixed(2),
      beacon.data_size_score.toFixed(2),
      beaconBytes(beacon),
    ]);
  if (rows.length === 0) return { title: 'PERIODIC CONTACTS', lines: [] };
  const room = Math.max(12, Math.floor((width - 73) / 2));
  const columns = [
    { title: 'ENTITY', width: room },
    { title: 'TO', width: room },
    { title: 'TIMES', width: 9, align: 'right' as const },
    { title: 'EVERY', width: 8, align: 'right' as const },
    { title: 'TIME', width: 5, align: 'right' as const },
    { title: 'SIZE', width: 5, align: 'right' as const },
    { title: 'BYTES', width: Math.max(16, Math.min(38, width - 2 * room - 35)) },
  ];
  const lines = layoutTable(rows, columns).map((line, i) => `  ${i === 0 ? paint.faint(line) : line}`);
  if (result.beacons.length > rows.length)
    lines.push(`  and ${formatCount(result.beacons.length - rows.length)} more`);
  return { title: 'PERIODIC CONTACTS (regularity of time and size, 0–1; never an alert alone)', lines };
}

function beaconBytes({ bytes_out, bytes_in }: Beacon): string {
  const text = `${formatBytes(bytes_out)} out, ${formatBytes(bytes_in)} in`;
  return bytes_out < bytes_in ? `${text} (not an upload)` : text;
}
