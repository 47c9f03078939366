#!/usr/bin/env node
// Hunts each folder below the given one by itself and prints, as Markdown, what was read and what was found.
// usage: node scripts/measure-quality.mjs FOLDER [SET …]
import { join } from 'node:path';
import { hunt } from '../dist/pipeline.js';

const [root, ...sets] = process.argv.slice(2);
if (!root || sets.length === 0) {
  console.error('usage: node scripts/measure-quality.mjs FOLDER SET [SET …]');
  process.exit(1);
}

console.log(
  '| set | rows read | rejected | findings | best candidates (score, strategy, entity: why) | most regular contacts without upload |',
);
console.log('|---|---|---|---|---|---|');
const cell = (text) => text.replaceAll('|', '\\|').replaceAll(/\p{Cc}/gu, ' ');
for (const set of sets) {
  const result = await hunt([join(root, set)]);
  const { inputs, findings } = result.report;
  const open = findings.filter((finding) => finding.status === 'open');
  const candidates = findings.filter((finding) => finding.status === 'candidate').slice(0, 3);
  const short = (finding) =>
    `${finding.score.toFixed(2)} ${finding.technique} ${finding.entity.name}: ${finding.why.slice(0, 110)}`;
  const beacons = result.beacons.filter((beacon) => beacon.bytes_out <= beacon.bytes_in).slice(0, 2);
  const rows = inputs
    .map(
      (input) => `${input.source} ${input.events}${input.duplicates ? ` (+${input.duplicates} twice)` : ''}`,
    )
    .join(', ');
  console.log(
    `| ${[
      set,
      rows,
      String(inputs.reduce((sum, input) => sum + input.rejected, 0)),
      open.map(short).join('; ') || 'none',
      candidates.map(short).join('; ') || 'none',
      beacons
        .map(
          (beacon) =>
            `${beacon.entity} → ${beacon.destination}, ${beacon.count} times every ${beacon.median_interval_seconds} s, timestamp score ${beacon.timestamp_score}`,
        )
        .join('; ') || 'none',
    ]
      .map(cell)
      .join(' | ')} |`,
  );
}
