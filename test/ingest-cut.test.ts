import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contentFolder } from '../src/model/paths.js';
import { type Bench, openBench } from './embedded-store.js';

/**
 * Every sample, damaged in every way a log gets damaged: reading never throws, every row read is stored or rejected, and no
 * number is stored that does not stand in its line. Many damaged files are read in one go, to keep it quick.
 */

interface Sample {
  id: string;
  into: string;
  bytes: Buffer;
}

/** `place` in millionths of the file. */
type Damage = { sample: number; place: number } & (
  | { kind: 'cut' | 'cut-front' | 'drop-field' }
  | { kind: 'flip'; mask: number }
  | { kind: 'insert'; bytes: Uint8Array }
  | { kind: 'value'; value: string }
);

/** Values that do not belong where a number or a text stands: JSON of other types, huge numbers, half a number. */
const STRANGE_VALUES = [
  'null', 'true', '[]', '{}', '"x"', '""', '-1', '70000', '4294967376', '18446744073709551616', '1e22', '1e999', '443.5',
  '"443 "', '[443]', '{"a":443}', '"\\u0000"', '99999999999999999999999999', '-', '(empty)', 'NaN', "'; DROP TABLE load; --",
]; // biome-ignore format: a table of values

const NUMBERS = /^(U?Int(8|16|32|64))$/;

let bench: Bench;
let samples: Sample[];
/** Columns of a table that, read from the undamaged sample, only hold numbers of the line; others are worked out. */
const literalColumns = new Map<string, string[]>();
let round = 0;

beforeAll(async () => {
  bench = await openBench();
  const feeding = bench.sources.filter((source) => source.into !== 'nothing');
  samples = feeding.flatMap((source) =>
    readdirSync(join(contentFolder('sources'), source.id))
      .filter((name) => name.startsWith('sample.'))
      .map((name) => ({ id: source.id, into: source.into, bytes: readFileSync(join(source.folder, name)) })),
  );
  await learnLiteralColumns();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

test('whatever happens to a log, every row is accounted for and no number is made up', async () => {
  const damage = fc.record({
    sample: fc.nat({ max: samples.length - 1 }),
    place: fc.noBias(fc.nat({ max: 1_000_000 })),
    kind: fc.constantFrom('cut', 'cut-front', 'drop-field', 'flip', 'insert', 'value', 'value', 'value'),
    mask: fc.integer({ min: 1, max: 255 }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    value: fc.constantFrom(...STRANGE_VALUES),
  }) as fc.Arbitrary<Damage>;
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 40, maxLength: 40 }), async (damages) => {
      await readAndCheck(damages);
    }),
    { numRuns: 4, endOnFailure: true },
  );
});

async function readAndCheck(damages: Damage[]): Promise<void> {
  round += 1;
  const folder = join(bench.folder, `round-${round}`);
  await mkdir(folder);
  const texts = new Map<string, Buffer>();
  for (const [index, one] of damages.entries()) {
    const path = join(folder, `${index}.log`);
    texts.set(path, apply(one, samples[one.sample]!.bytes));
    await writeFile(path, texts.get(path)!);
  }
  const result = await bench.ingest(folder);
  expect(result.mismatches).toEqual([]);
  expect(result.problems.filter(({ what }) => what.includes('could not be loaded'))).toEqual([]);
  const loads = await bench.store.rows<{ read: number; stored: number; rejected: number }>(
    'SELECT rows_read AS read, rows_stored AS stored, rows_rejected AS rejected FROM load WHERE startsWith(file, {folder:String})',
    { folder },
  );
  for (const load of loads) expect(load.read).toBe(load.stored + load.rejected);
  for (const table of new Set(samples.map(({ into }) => into)))
    await expectLiteralNumbers(table, folder, texts);
  await rm(folder, { recursive: true });
}

async function expectLiteralNumbers(
  table: string,
  folder: string,
  texts: Map<string, Buffer>,
): Promise<void> {
  for (const row of await numbersOf(table, 'startsWith(file, {from:String})', folder)) {
    const line = lineOf(texts.get(row.file)!, row.line);
    for (const column of literalColumns.get(row.source) ?? []) {
      const value = row.numbers[column]!;
      if (value === '0') continue;
      expect(line.includes(value), `${row.source}.${column} = ${value}, made up from: ${line}`).toBe(true);
    }
  }
}

async function learnLiteralColumns(): Promise<void> {
  const folder = join(bench.folder, 'clean');
  await mkdir(folder);
  const texts = new Map<string, Buffer>();
  for (const [index, sample] of samples.entries()) {
    const path = join(folder, `${index}.log`);
    texts.set(path, sample.bytes);
    await writeFile(path, sample.bytes);
  }
  await bench.ingest(folder);
  for (const table of new Set(samples.map(({ into }) => into))) {
    for (const row of await numbersOf(table, 'startsWith(file, {from:String})', folder)) {
      const line = lineOf(texts.get(row.file)!, row.line);
      const columns = Object.entries(row.numbers).filter(
        ([, value]) => value === '0' || line.includes(value),
      );
      const names = columns.map(([name]) => name);
      const known = literalColumns.get(row.source);
      literalColumns.set(row.source, known ? known.filter((name) => names.includes(name)) : names);
    }
  }
}

async function numbersOf(table: string, where: string, from: string) {
  const described = await bench.store.rows<{ name: string; type: string; default_type: string }>(
    `DESCRIBE TABLE ${table}`,
  );
  const names = described
    .filter(
      ({ type, name, default_type }) =>
        NUMBERS.test(type) && default_type !== 'MATERIALIZED' && !/^(line|load_id|has_|is_)/.test(name),
    )
    .map(({ name }) => name);
  const pairs = names.map((name) => `'${name}', toString(${name})`).join(', ');
  return bench.store.rows<{ source: string; file: string; line: number; numbers: Record<string, string> }>(
    `SELECT source, file, line, ${pairs ? `map(${pairs})` : `CAST(map(), 'Map(String, String)')`} AS numbers FROM ${table} WHERE ${where}`,
    { from },
  );
}

/** The line of a log; a whole document (inspect.json) is one. */
function lineOf(bytes: Buffer, line: number): string {
  const text = bytes.toString('latin1');
  return /^\s*[[]|^\s*\{\s*$/m.test(text.slice(0, 200)) ? text : (text.split('\n')[line - 1] ?? '');
}

function apply(damage: Damage, bytes: Buffer): Buffer {
  const at = Math.floor((damage.place / 1_000_000) * (bytes.length - 1));
  switch (damage.kind) {
    case 'cut':
      return bytes.subarray(0, at + 1);
    case 'cut-front':
      return bytes.subarray(at);
    case 'flip': {
      const copy = Buffer.from(bytes);
      copy[at] = copy[at]! ^ damage.mask;
      return copy;
    }
    case 'insert':
      return Buffer.concat([bytes.subarray(0, at), damage.bytes, bytes.subarray(at)]);
    case 'drop-field':
      return replaceValue(bytes, at, null);
    case 'value':
      return replaceValue(bytes, at, damage.value);
  }
}

/** Replaces the value nearest after `at`: of a JSON key, a TSV field or a key=value; null drops it. */
function replaceValue(bytes: Buffer, at: number, value: string | null): Buffer {
  const text = bytes.toString('latin1');
  const pattern =
    text.trimStart().startsWith('{') || text.trimStart().startsWith('[')
      ? /"[^"\n]*"\s*:\s*("[^"\n]*"|[^,{}[\]\s]+)\s*,?/g
      : text.startsWith('#')
        ? /\t([^\t\n]*)/g
        : /[\w-]+=(\S+)/g;
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  if (!match) return bytes.subarray(0, at + 1);
  const [whole, old] = match;
  const changed = value === null ? '' : whole.replace(old!, () => value);
  return Buffer.from(text.slice(0, match.index) + changed + text.slice(match.index + whole.length), 'latin1');
}

test('a number that fits no column is rejected, never wrapped', async () => {
  const zeek = samples.find(({ id }) => id === 'zeek-ftp')!;
  const lines = ['70000', '4294967376', '18446744073709551616', '-1', '"x"', '443.5', '[443]'].map((value) =>
    zeek.bytes
      .toString('utf8')
      .split('\n')[0]!
      .replace(/"id.resp_p":\d+/, `"id.resp_p":${value}`),
  );
  const path = join(bench.folder, 'wrapped.log');
  await writeFile(path, lines.join('\n'));
  const result = await bench.ingest(path);
  expect(result.mismatches).toEqual([]);
  expect(result.inputs.map(({ events, rejected }) => [events, rejected])).toEqual([[0, lines.length]]);
  const rejects = await bench.store.rows<{ reason: string }>(
    'SELECT reason FROM dead_letter WHERE file = {path:String}',
    { path },
  );
  expect(rejects.filter(({ reason }) => reason.includes('no port')).length, basename(path)).toBeGreaterThan(
    5,
  );
});
