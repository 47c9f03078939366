import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Loader } from '../src/ingest/load.js';
import { contentFolder } from '../src/model/paths.js';
import { type Bench, openBench } from './embedded-store.js';

/**
 * Logs are written by attackers, too: whatever a line of a source's sample is turned into (cut, flipped, other types, huge
 * numbers, nested garbage), loading goes on, and the line is either stored or rejected with a reason.
 */

const LINES = 250;
const root = contentFolder('sources');

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

function isObject(line: string): boolean {
  try {
    return line.startsWith('{') && typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}

const samplesOf = (id: string): string[] =>
  readdirSync(join(root, id))
    .filter((name) => /^sample\..*(?:nd)?json$/.test(name))
    .flatMap((name) => readFileSync(join(root, id, name), 'utf8').split('\n'))
    .filter(isObject);

const ids = readdirSync(root).filter(
  (id) => existsSync(join(root, id, 'normalize.sql')) && samplesOf(id).length > 0,
);

const garbage = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      null,
      '',
      0,
      -1,
      1e300,
      3.7,
      true,
      [],
      {},
      [[[]]],
      { a: { b: [] } },
      'x'.repeat(70_000),
      '%zz',
      '\u0000',
    ],
    ...[
      '99999999999999999999999',
      '18446744073709551615',
      '9999999999999999999',
      '-13',
      '1e9',
      '"',
      "'",
      'a "b c',
    ],
    ...['2999-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '1969-01-01T00:00:00Z'],
  ),
  fc.jsonValue(),
);

/** One value somewhere in a record, replaced or left out; `path` says where. */
function damage(value: unknown, path: number[], by: unknown): unknown {
  const keys = value !== null && typeof value === 'object' ? Object.keys(value) : [];
  const [step, ...rest] = path;
  if (step === undefined || keys.length === 0) return by;
  const key = keys[step % keys.length]!;
  const entries = Object.entries(value as object).flatMap(([name, old]) => {
    if (name !== key) return [[name, old]];
    return step % 7 === 0 && rest.length === 0 ? [] : [[name, damage(old, rest, by)]];
  });
  return Array.isArray(value) ? entries.map(([, one]) => one) : Object.fromEntries(entries);
}

const damaged = (lines: string[]) => {
  const line = fc.constantFrom(...lines);
  const path = fc.array(fc.nat(1000), { minLength: 1, maxLength: 6 });
  return fc.oneof(
    { weight: 1, arbitrary: fc.tuple(line, fc.nat(4000)).map(([text, at]) => text.slice(0, 1 + at)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(line, fc.nat(4000), fc.integer({ min: 33, max: 126 }))
        .map(([text, at, code]) => text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1)),
    },
    {
      weight: 6,
      arbitrary: fc
        .tuple(line, fc.array(fc.tuple(path, garbage), { minLength: 1, maxLength: 3 }))
        .map(([text, changes]) =>
          JSON.stringify(
            changes.reduce((record, [where, by]) => damage(record, where, by), JSON.parse(text) as unknown),
          ),
        ),
    },
  );
};

test.each(ids)('%s', async (id) => {
  const source = bench.sources.find((one) => one.id === id)!;
  const comments = new RegExp(source.comments ?? '^#');
  const seed = Number(process.env.STOWAWAY_FUZZ_SEED ?? 20261121);
  const lines = fc
    .sample(damaged(samplesOf(id)), { seed, numRuns: LINES })
    .filter((line) => line !== '' && !line.startsWith('#') && !comments.test(line) && !/[\r\n]/.test(line));
  const plainPath = join(bench.folder, `${id}.ndjson`);
  writeFileSync(plainPath, lines.map((line) => `${line}\n`).join(''));
  const rows = lines.length;
  const loadId = ids.indexOf(id) + 1;
  const stretch = { firstLine: 1, lines: rows, rows, header: null, samples: [], plainPath };
  await new Loader(bench.store).load([{ loadId, source, file: plainPath, contentHash: id, stretch }]);
  const [count] = await bench.store.rows<{ stored: number; rejected: number; silent: number }>(
    `SELECT (SELECT count() FROM ${source.into} WHERE load_id = {loadId:UInt32}) AS stored, count() AS rejected, countIf(reason = '') AS silent
     FROM dead_letter WHERE load_id = {loadId:UInt32}`,
    { loadId },
  );
  expect(count).toEqual({ stored: rows - count!.rejected, rejected: count!.rejected, silent: 0 });
});
