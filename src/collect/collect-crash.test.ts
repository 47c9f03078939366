import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigSchema } from '../model/config.js';
import { startInputs } from './collect.js';
import { openJournal } from './journal.js';

const SCRIPT = fileURLToPath(new URL('testing/collect-until-killed.mjs', import.meta.url));
const RUNS = 10;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-collect-'));
  mkdirSync(join(folder, 'logs'));
});
afterEach(() => rm(folder, { recursive: true }));

test('kill -9 while files are written and rotated: every line is in the journal in the end', async () => {
  const lines: string[] = [];
  const log = join(folder, 'logs', 'app.log');
  const add = () => {
    lines.push(`line ${lines.length} ${'x'.repeat((lines.length * 31) % 700)}`);
    appendFileSync(log, `${lines.at(-1)}\n`);
  };
  for (let run = 0; run < RUNS; run += 1) {
    const child = spawn(process.execPath, [SCRIPT, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    for (let n = 0; n < 20 + run * 17; n += 1) {
      add();
      if (n % 16 === 15) await sleep(2);
      if (n === 40) renameSync(log, `${log}.${run}`);
    }
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
  }
  const journal = await openJournal(join(folder, 'journal'), { maxBytes: 1e9 });
  const { inputs: config } = ConfigSchema.parse({ inputs: { host: false, tail: ['logs'] } });
  const places = { stateFolder: join(folder, 'state'), configFolder: folder, sources: [] };
  const inputs = await startInputs(config, journal, places);
  let kept = new Set<string>();
  for (let n = 0; n < 500 && kept.size < lines.length; n += 1) {
    await sleep(20);
    const segments = await journal.take();
    kept = new Set(segments.flatMap(({ path }) => readFileSync(path, 'utf8').split('\n').slice(0, -1)));
  }
  expect(lines.filter((line) => !kept.has(line))).toEqual([]);
  expect(kept.size).toBe(lines.length);
  await inputs.stop();
  await journal.close();
});
