import { copyFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { textLiteral } from '../src/store/literal.js';
import { type Bench, openBench } from './embedded-store.js';

/** Parquet files are written by ClickHouse, in each of its codecs, and read as the logs they hold. */

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

const ROWS = 3000;
/** Zeek's connections as a lake may keep them. */
const CONNECTIONS = `SELECT 1763694000 + number AS ts, concat('C', toString(number)) AS uid, '10.0.0.1' AS "id.orig_h", toUInt16(40000 + number % 20000) AS "id.orig_p", '198.51.100.7' AS "id.resp_h",
  toUInt16(443) AS "id.resp_p", 'tcp' AS proto, toFloat64(1.5) AS duration, toUInt64(9007199254740993 + number) AS orig_bytes, toNullable(toInt64(7)) AS resp_bytes,
  CAST(NULL, 'Nullable(UInt64)') AS orig_ip_bytes, 'SF' AS conn_state, toDateTime64('2025-11-21 03:00:00.123456', 6, 'UTC') AS written FROM numbers(${ROWS})`;

async function writeParquet(name: string, codec: string, rows = CONNECTIONS): Promise<string> {
  const path = join(bench.folder, name);
  await bench.store.run(
    `INSERT INTO FUNCTION file(${textLiteral(path)}, 'Parquet') ${rows} SETTINGS output_format_parquet_compression_method = '${codec}', output_format_parquet_row_group_size = 1000, engine_file_truncate_on_insert = 1`,
  );
  return path;
}

test.each(['none', 'snappy', 'zstd', 'gzip', 'brotli'])(
  '%s: rows are read as what they are',
  async (codec) => {
    const path = await writeParquet(`conn-${codec}.parquet`, codec, CONNECTIONS.replace("'C'", `'${codec}'`));
    const { inputs, problems, mismatches } = await bench.ingest(path);
    expect([problems, mismatches]).toEqual([[], []]);
    expect(inputs.map(({ source, events, rejected }) => [source, events, rejected])).toEqual([
      ['zeek-conn', ROWS, 0],
    ]);
    expect(
      await bench.store.rows(
        `SELECT count() AS n, sum(traffic_bytes_in) AS received, toString(max(traffic_bytes_out)) AS most FROM network_activity WHERE file = {path:String}`,
        { path },
      ),
    ).toEqual([{ n: ROWS, received: 7 * ROWS, most: String(9_007_199_254_740_993n + BigInt(ROWS - 1)) }]);
  },
);

test('a file that breaks off is told', async () => {
  const whole = await writeParquet('whole.parquet', 'zstd');
  const cut = join(bench.folder, 'cut.parquet');
  await copyFile(whole, cut);
  await truncate(cut, 20_000);
  const { inputs, problems } = await bench.ingest(cut);
  expect(inputs).toEqual([]);
  expect(problems).toEqual([expect.objectContaining({ where: cut, level: 'error' })]);
});

test('whatever a damaged one holds, reading goes on', async () => {
  const bytes = await readFile(
    await writeParquet('base.parquet', 'snappy', CONNECTIONS.replace(/numbers\(\d+\)/, 'numbers(50)')),
  );
  const paths: string[] = [];
  for (let run = 0; run < 60; run += 1) {
    const damaged = Buffer.from(bytes);
    // The same places each time: a failure can be looked at again.
    for (let at = 4 + run * 7; at < damaged.length; at += 131 + run)
      damaged[at] = (damaged[at]! * 31 + run) & 0xff;
    const path = join(bench.folder, `damaged-${run}.parquet`);
    await writeFile(path, damaged);
    paths.push(path);
  }
  const { problems, mismatches } = await bench.ingest(...paths);
  expect(mismatches).toEqual([]);
  // What is still whole is read, what is not is told; no file is passed by.
  const read = await bench.store.rows<{ file: string }>('SELECT DISTINCT file FROM load');
  const told = [...problems.map(({ where }) => where), ...read.map(({ file }) => file)];
  expect(paths.filter((path) => !told.some((one) => one.startsWith(path)))).toEqual([]);
  expect(problems.some(({ what }) => what.startsWith('the Parquet file breaks off'))).toBe(true);
});
