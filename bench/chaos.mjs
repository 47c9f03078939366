#!/usr/bin/env node
// Hurts a real `stowaway serve` and counts afterwards: every event that was acknowledged is stored once, every finding exists once, every
// notification was sent once or is still due. One row a fault; ends with 1 when a count does not hold.
// usage: node bench/chaos.mjs [--kills 20] [--seconds 60] [FAULT...]
import { parseArgs } from 'node:util';
import { engineErrors, engineGone } from './chaos/engine-faults.mjs';
import { badReceiver, clockSet, diskFull, journalFull, twoAtOnce } from './chaos/server-faults.mjs';
import { filesChange, killed } from './chaos/source-faults.mjs';

const { values, positionals: chosen } = parseArgs({
  allowPositionals: true,
  options: { kills: { type: 'string', default: '20' }, seconds: { type: 'string', default: '60' } },
});

const FAULTS = {
  kill: () => killed(Number(values.kills)),
  'files change': filesChange,
  'ClickHouse gone': () => engineGone(Number(values.seconds)),
  'engine error': () => engineErrors(Number(values.seconds)),
  'clock set': clockSet,
  'slow and dead receiver': badReceiver,
  'journal full': journalFull,
  'disk full': diskFull,
  'two at once': twoAtOnce,
};

const unknown = chosen.filter((name) => !(name in FAULTS));
if (unknown.length > 0) {
  console.error(`no such fault: ${unknown.join(', ')}; there are: ${Object.keys(FAULTS).join(', ')}`);
  process.exit(2);
}
let failed = 0;
for (const name of chosen.length > 0 ? chosen : Object.keys(FAULTS)) {
  const result = await FAULTS[name]().catch((error) => ({ error: error.message }));
  const { note, isSettled, wrong = [], skipped, error, ...counts } = result;
  const isHeld = error === undefined && isSettled && wrong.length === 0;
  failed += Number(!skipped && !isHeld);
  console.log(`${skipped ? 'skipped' : isHeld ? 'held' : 'FAILED'}  ${name}: ${skipped ?? error ?? note}`);
  if (!skipped && !error) console.log(`        ${JSON.stringify(counts)}`);
  if (isSettled === false) console.log('        IT DID NOT COME TO REST');
  for (const [what, number] of wrong) console.log(`        ${number} ${what}`);
}
process.exit(failed > 0 ? 1 : 0);
