import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ingest } from '../src/ingest/ingest.js';
import { readSources } from '../src/ingest/sources.js';
import { contentFolder } from '../src/model/paths.js';
import { type Bench, openBench } from './embedded-store.js';

/** Sources of one's own, as the documents describe them: what is run here is what stands there. */

let bench: Bench;
let folder: string;
beforeAll(async () => {
  bench = await openBench();
  folder = await mkdtemp(join(tmpdir(), 'own-'));
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Reads logs with sources of one's own beside ours. */
async function read(own: string, ...paths: string[]) {
  const sources = await readSources(contentFolder('sources'), own);
  const result = await ingest(bench.store, { paths, sources, spool: bench.spool });
  expect(result.mismatches).toEqual([]);
  return result;
}

const rejects = (source: string) =>
  bench.store.rows<{ line: number; reason: string }>(
    'SELECT line, reason FROM dead_letter WHERE source = {source:String} ORDER BY file, line',
    { source },
  );

test('a new source takes one folder: the one CONTRIBUTING.md describes', async () => {
  const text = await readFile(join(contentFolder('sources'), '..', 'CONTRIBUTING.md'), 'utf8');
  const chapter = /^## Add a source$([\s\S]*?)^## /m.exec(text)![1]!;
  const blocks = [...chapter.matchAll(/^ {3}```(\w+)\n([\s\S]*?)^ {3}```$/gm)];
  const block = (kind: string) =>
    blocks.find(([, language]) => language === kind)![2]!.replaceAll(/^ {3}/gm, '');
  const own = join(folder, 'sources');
  const before = await readdir(contentFolder('sources'));
  await mkdir(join(own, 'acme-proxy'), { recursive: true });
  await writeFile(join(own, 'acme-proxy', 'source.md'), block('markdown'));
  await writeFile(join(own, 'acme-proxy', 'normalize.sql'), block('sql'));
  const sample = join(own, 'acme-proxy', 'sample.ndjson');
  await writeFile(sample, block('json'));

  const { inputs, problems } = await read(own, sample);
  expect(problems).toEqual([]);
  expect(inputs).toEqual([expect.objectContaining({ source: 'acme-proxy', events: 1 })]);
  expect(
    await bench.store.rows(
      `SELECT ip_text(src_endpoint_ip) AS ip, http_request_method, url_hostname, request_body_bytes AS bytes FROM http_activity WHERE source = 'acme-proxy'`,
    ),
  ).toEqual([{ ip: '10.20.0.15', http_request_method: 'PUT', url_hostname: 'up.example', bytes: 120_000 }]);
  expect(await rejects('acme-proxy')).toEqual([{ line: 2, reason: 'client is no address: 10.20.0.300' }]);
  expect(await readdir(contentFolder('sources'))).toEqual(before);
});

describe('mapping files', () => {
  let own: string;
  beforeAll(async () => {
    own = join(folder, 'mapped');
    await mkdir(own);
    const text = await readFile(join(contentFolder('sources'), '..', 'docs', 'own-sources.md'), 'utf8');
    for (const [, name, body] of text.matchAll(/<!-- sample: (\S+) -->\n```\w+\n([\s\S]*?)```/g))
      await writeFile(join(own, name!), body!.replace('id: acme-proxy', 'id: mapped-proxy'));
  });

  test('JSON: as the document shows it', async () => {
    await read(own, join(own, 'acme.ndjson'));
    expect(
      await bench.store.rows(
        `SELECT time, ip_text(src_endpoint_ip) AS src, src_endpoint_port AS port, ip_text(dst_endpoint_ip) AS dst, http_request_method AS method, url_hostname, url_path,
          request_body_bytes AS bytes, http_status, is_proxied FROM http_activity WHERE source = 'mapped-proxy'`,
      ),
    ).toEqual([
      {
        time: '2025-11-21 03:00:00.500000',
        src: '10.20.0.15',
        port: 41200,
        dst: '198.51.100.10',
        method: 'PUT',
        url_hostname: 'up.example',
        url_path: '/x?token=***',
        bytes: 120_000,
        http_status: 0,
        is_proxied: 1,
      },
    ]);
    expect(await rejects('mapped-proxy')).toEqual([
      { line: 2, reason: 'client.ip is no address: 10.20.0.300' },
    ]);
  });

  test('CSV: absent bytes are unknown, and a word without translation rejects its row', async () => {
    await read(own, join(own, 'wall.csv'));
    expect(
      await bench.store.rows(
        `SELECT line, time, connection_info_protocol_name AS protocol, traffic_bytes_out AS sent, traffic_bytes_in AS received, has_bytes, view, end_time = time AS is_point
          FROM network_activity WHERE source = 'acme-wall' ORDER BY line`,
      ),
    ).toEqual([
      {
        line: 2,
        time: '2026-11-21 03:00:00.250000',
        protocol: 'tcp',
        sent: 120_000,
        received: 900,
        has_bytes: 1,
        view: 'end',
        is_point: 1,
      },
      {
        line: 3,
        time: '2026-11-21 03:00:01.000000',
        protocol: 'tcp',
        sent: 0,
        received: 0,
        has_bytes: 0,
        view: 'start',
        is_point: 1,
      },
    ]);
    expect(await rejects('acme-wall')).toEqual([
      { line: 4, reason: expect.stringMatching(/^verdict is none of start, update, .*: MAYBE$/) },
    ]);
  });

  test('one of yours is taken before one of ours', async () => {
    const file = join(folder, 'conn.source.yaml');
    await writeFile(
      file,
      'id: my-conn\ntitle: t\nproduct: p\ninto: network_activity\nrecognize: [{ json: { keys: [uid, id.orig_h] } }]\nmap: { time: ts, src_endpoint_ip: id.orig_h, dst_endpoint_ip: id.resp_h }\n',
    );
    const log = join(folder, 'conn.log');
    await writeFile(
      log,
      '{"_path":"conn","ts":1763694000,"uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":1,"id.resp_h":"10.0.0.2","id.resp_p":2,"proto":"tcp"}\n',
    );
    expect((await read(file, log)).inputs.map(({ source }) => source)).toEqual(['my-conn']);
  });

  test('whatever a log holds is stored or rejected with a reason', async () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        1e300,
        -1,
        '18446744073709551616',
        '65536',
        '::',
        '0x1',
        '1e5',
        253_402_300_799_999,
        "a'b\\",
        '\u0000',
      ),
    );
    const record = fc.record(
      {
        at: value,
        client: value,
        server: value,
        verb: value,
        host: value,
        path: value,
        sent: value,
        proxied: value,
        status: value,
      },
      { requiredKeys: ['at', 'client'] },
    );
    const records = fc.sample(record, { numRuns: 400, seed: 7 });
    const file = join(folder, 'fuzz.source.yaml');
    await writeFile(
      file,
      (await readFile(join(own, 'acme-proxy.source.yaml'), 'utf8'))
        .replace('mapped-proxy', 'fuzzed')
        .replace(/keys: \[.*\]/, 'keys: [at, client]'),
    );
    const log = join(folder, 'fuzz.log');
    await writeFile(log, records.map((one) => `${JSON.stringify(one)}\n`).join(''));
    const { inputs } = await read(file, log);
    expect(inputs.map(({ source }) => source)).toEqual(['fuzzed']);
    const [load] = await bench.store.rows<Record<string, number>>(
      `SELECT rows_read, rows_stored, rows_rejected FROM load WHERE source = 'fuzzed'`,
    );
    expect(load!.rows_read).toBe(records.length);
    expect(load!.rows_stored! + load!.rows_rejected!).toBe(records.length);
    expect(load!.rows_rejected).toBeGreaterThan(0);
    expect((await rejects('fuzzed')).every(({ reason }) => reason.length > 10)).toBe(true);
  });

  test.each([
    ['into: nowhere', 'into: http_activity', /:4:7: into: Invalid/],
    [
      '  colour: verb',
      '  http_request_method: verb',
      /:13:\d+: map: colour: http_activity has no such column/,
    ],
    ['', '  src_endpoint_ip: client.ip\n', /map: src_endpoint_ip: http_activity needs it/],
    [
      '  src_endpoint_port: { value: many }',
      '  src_endpoint_port: client.port',
      /"many" is no number from 0 to 65535/,
    ],
    [
      '  src_endpoint_port: { from: a, unit: weeks }',
      '  src_endpoint_port: client.port',
      /:10:\d+: map.src_endpoint_port: write a key/,
    ],
    ['  url_path: a.{{input}}.path', '  url_path: path', /map: url_path: no key or value with/],
    ['map: [', 'map:', /:\d+:\d+: not YAML/],
  ])('a mistake is told with its place: %s', async (wrong, right, message) => {
    const file = join(folder, 'wrong.source.yaml');
    const text = await readFile(join(own, 'acme-proxy.source.yaml'), 'utf8');
    expect(text).toContain(right);
    await writeFile(file, text.replace(right, wrong));
    await expect(readSources(contentFolder('sources'), file)).rejects.toThrow(message);
  });

  test('two sources of one id are told, and a path that is not there', async () => {
    const file = join(own, 'acme-proxy.source.yaml');
    await expect(readSources(contentFolder('sources'), file, file)).rejects.toThrow('is in');
    await expect(readSources(contentFolder('sources'), join(dirname(file), 'none'))).rejects.toThrow(
      'no such folder',
    );
  });
});
