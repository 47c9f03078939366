#!/usr/bin/env node
// npm run quality: how well the strategies detect, measured. Writes docs/quality.json, the tables of docs/quality.md and docs/images/quality.svg.
// usage: node quality/quality.mjs [--check] [--quick] [--part corpus,evasion,curves]
//   --check   writes nothing; exit code 1 when a result is worse than the committed one by more than the tolerance
//   --quick   with --check: only one mutation in ten, attack by attack; says which parts were measured on other strategies or scenarios
//   --part    measures only these parts; the others stay as they were committed
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readAllAds } from '../dist/ads/folder.js';
import { belowTarget, compare, compareCells, TOLERANCE } from './compare.mjs';
import { corpusOf } from './corpus.mjs';
import { measureCurves } from './curves.mjs';
import { attacksOf, measureEvasion, summarise } from './evasion.mjs';
import { measureCorpus } from './measure-corpus.mjs';
import { MUTATIONS } from './mutations.mjs';
import { picture } from './picture.mjs';
import { tables } from './tables.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const JSON_FILE = join(root, 'docs', 'quality.json');
const TEXT_FILE = join(root, 'docs', 'quality.md');
const PICTURE_FILE = join(root, 'docs', 'images', 'quality.svg');
const PARTS = ['corpus', 'evasion', 'curves'];
/** What a responder does, and what only a server keeps: no result depends on it. */
const NOT_MEASURED = /playbook\.yaml$|^live\//;

const { values } = parseArgs({
  options: { check: { type: 'boolean' }, quick: { type: 'boolean' }, part: { type: 'string' } },
});
const wanted = values.part ? values.part.split(',') : PARTS;
const unknown = wanted.filter((part) => !PARTS.includes(part));
if (unknown.length > 0 || (values.quick && !values.check)) {
  console.error(
    unknown.length > 0
      ? `no such part: ${unknown.join(', ')} (there are ${PARTS.join(', ')})`
      : '--quick goes with --check',
  );
  process.exit(1);
}

const committed = existsSync(JSON_FILE) ? JSON.parse(readFileSync(JSON_FILE, 'utf8')) : null;
const scratch = mkdtempSync(join(tmpdir(), 'stowaway-quality-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const started = Date.now();
const say = (what) => (done, all) =>
  process.stderr.write(`${what}: ${done} of ${all} hunts, ${Math.round((Date.now() - started) / 1000)} s\n`);

const all = await readAllAds(join(root, 'strategies'));
const corpus = corpusOf(all);
const inputs = inputsHash();

if (values.quick) finish(await quick());
else {
  const measured = await measure();
  if (values.check) finish(compare(committed, measured));
  else write({ ...(committed ?? {}), ...measured });
}

async function measure() {
  const measured = {
    command: 'npm run quality',
    inputs: { ...(committed?.inputs ?? {}), ...Object.fromEntries(wanted.map((part) => [part, inputs])) },
  };
  if (wanted.includes('corpus'))
    measured.corpus = await measureCorpus(corpus, join(scratch, 'corpus'), { onProgress: say('corpus') });
  if (wanted.includes('evasion')) {
    const { attacks, skipped } = attacksOf(corpus);
    measured.evasion = {
      ...summarise(await measureEvasion(attacks, join(scratch, 'evasion'), { onProgress: say('evasion') })),
      skipped,
    };
  }
  if (wanted.includes('curves')) {
    const strategies = all.flatMap(({ strategy }) => strategy ?? []);
    measured.curves = await measureCurves(
      strategies.map(({ technique }) => technique),
      Object.fromEntries(
        strategies.map(({ id, openAt, openAtSingleClass }) => [id, [openAt, openAtSingleClass]]),
      ),
      join(scratch, 'curves'),
      { onProgress: say('curves') },
    );
  }
  return measured;
}

/** A part of the result is measured again, cell by cell. That the rest is of other inputs is told, and no failure: measuring it takes most of an hour. */
async function quick() {
  const stale = PARTS.filter((part) => committed?.inputs?.[part] !== inputs);
  for (const part of stale)
    console.log(
      `note: the part "${part}" of docs/quality.json was measured on other strategies, scenarios or mutations than these: run npm run quality`,
    );
  const sample = new Set(MUTATIONS.filter((_, index) => index % 10 === 3));
  const { attacks } = attacksOf(corpus);
  const cells = await measureEvasion(attacks, join(scratch, 'evasion'), {
    only: (mutation) => mutation.group === 'control' || sample.has(mutation),
    onProgress: say('evasion'),
  });
  return [...(committed?.evasion ? belowTarget(committed.evasion) : []), ...compareCells(committed, cells)];
}

/** Of everything that a result depends on by content; the machinery in src/ is what the check is for. */
function inputsHash() {
  const hash = createHash('sha256');
  for (const folder of ['strategies', 'schema', 'intel', 'quality', join('src', 'simulate')]) {
    const files = readdirSync(join(root, folder), { recursive: true }).map(String).sort();
    for (const name of files) {
      const file = join(root, folder, name);
      if (!NOT_MEASURED.test(name) && statSync(file).isFile())
        hash.update(`${folder}/${name}\0`).update(readFileSync(file)).update('\0');
    }
  }
  return hash.digest('hex').slice(0, 16);
}

function write(result) {
  writeFileSync(JSON_FILE, `${JSON.stringify(result, null, 1)}\n`);
  if (result.curves) writeFileSync(PICTURE_FILE, picture(result.curves));
  const text = readFileSync(TEXT_FILE, 'utf8');
  const made = text.replace(
    /(<!-- quality:start[^>]*-->\n)[\s\S]*?(<!-- quality:end -->)/,
    (_, open, close) => `${open}\n${tables(result)}\n${close}`,
  );
  writeFileSync(TEXT_FILE, made);
  console.log(tables(result));
  process.stderr.write(
    `${Math.round((Date.now() - started) / 1000)} s; written to docs/quality.json, docs/quality.md and docs/images/quality.svg\n`,
  );
}

function finish(problems) {
  for (const problem of problems) console.log(`worse: ${problem}`);
  console.log(
    problems.length === 0
      ? `no result is worse than the committed one (tolerance ${JSON.stringify(TOLERANCE)})`
      : `${problems.length} worse than docs/quality.json`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}
