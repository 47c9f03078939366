#!/usr/bin/env node
// npm run bench: how fast a whole hunt is, as a ratio to the engine loading the same file alone, and how long the demo takes.
// usage: node bench/hunt.mjs [--rows N] [--large] [--keep]
//   --rows N   lines of the generated Zeek conn.log (default 2,000,000)
//   --large    also ten times as many rows (needs about 9 GB of disk for 20,000,000), for the growth of time and memory
//   --keep     keep the generated logs
import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generate } from './generate-conn.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '2000000' },
    large: { type: 'boolean' },
    keep: { type: 'boolean' },
  },
});
const rows = Number(values.rows);
const folder = await mkdtemp(join(tmpdir(), 'stowaway-bench-'));

/** Runs bench/measure.mjs in a process of its own; wall time is taken from its start to its end. */
function measure(...args) {
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint();
    const child = spawn(process.execPath, [join(here, 'measure.mjs'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.on('close', (code) => {
      if (code !== 0) return reject(new Error(`measure ${args.join(' ')} exited with ${code}`));
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      resolve({ ...JSON.parse(out.trim().split('\n').at(-1)), seconds });
    });
  });
}

async function compare(name, count, badShare) {
  const file = join(folder, `${name}.log`);
  await generate(count, file, badShare);
  const { size } = await stat(file);
  const floor = badShare === 0 ? await measure('floor', file) : null;
  const hunt = await measure('hunt', file);
  if (!values.keep) await rm(file);
  console.log(
    `${name.padEnd(10)} ${count} rows, ${(size / 1e6).toFixed(0)} MB: hunt ${hunt.seconds.toFixed(1)} s, ${Math.round(count / hunt.seconds)} rows/s, peak ${hunt.peakMb} MB, ${hunt.rejected} rejected, ${hunt.findings} findings` +
      (floor
        ? `; engine alone ${floor.seconds.toFixed(1)} s, peak ${floor.peakMb} MB; ratio ${(hunt.seconds / floor.seconds).toFixed(2)} (target at most 2.5)`
        : ''),
  );
  return { floor, hunt };
}

try {
  const clean = await compare('clean', rows, 0);
  const dirty = await compare('dirty', rows, 0.001);
  console.log(
    `0.1 % bad lines: ${(dirty.hunt.seconds / clean.floor.seconds).toFixed(2)} times the floor of the clean file`,
  );
  if (values.large) {
    const large = await compare('large', rows * 10, 0);
    console.log(
      `ten times the rows: ${(large.hunt.seconds / clean.hunt.seconds).toFixed(1)} times the time (target at most 11), ${(large.hunt.peakMb / clean.hunt.peakMb).toFixed(2)} times the memory (target at most 1.2)`,
    );
  }
  const demo = await measure('hunt', join(here, '..', 'demo', 'recordings'));
  console.log(
    `demo recordings: ${demo.seconds.toFixed(2)} s from process start (target under 3 s), peak ${demo.peakMb} MB, ${demo.findings} findings`,
  );
} finally {
  if (values.keep) console.log(`logs kept in ${folder}`);
  else await rm(folder, { recursive: true, force: true });
}
