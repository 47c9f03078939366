/**
 * Logs of proxies, web servers and code hosts that other people wrote, and events in a common schema, read in place where they lie beside the checkout
 * (../shared/data/external), never copied: named right, nothing valid rejected, and the same as a reading that knows nothing of our reader.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../src/model/paths.js';
import { type Bench, openBench } from './embedded-store.js';

const EXTERNAL = join(PACKAGE_ROOT, '..', 'shared', 'data', 'external');
const isHere = existsSync(EXTERNAL);
if (!isHere)
  console.log('SKIP: no folder of external logs beside the checkout; application logs are not compared');

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});
beforeEach(async () => {
  for (const table of ['network_activity', 'http_activity', 'repository_activity', 'load', 'dead_letter'])
    await bench.store.run(`TRUNCATE TABLE ${table}`);
});

type Fields = Record<string, unknown>;
interface Pair {
  name: string;
  message: string;
  expected: Fields;
}

/** Sekoia's tests: a line, and what it is in ECS. */
const pairsOf = (folder: string): Pair[] => {
  const from = join(EXTERNAL, 'sekoia', folder, 'tests');
  return readdirSync(from).map((name) => {
    const { input, expected } = JSON.parse(readFileSync(join(from, name), 'utf8')) as {
      input: { message: string };
      expected: Fields;
    };
    return { name, message: input.message.trim(), expected };
  });
};

let count = 0;
/** Each text a file of its own, as their producers are not one. */
async function read(texts: Record<string, string>) {
  count += 1;
  const folder = join(bench.folder, `case-${count}`);
  await mkdir(folder);
  for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), `${text}\n`);
  const { inputs, mismatches, problems } = await bench.ingest(folder);
  expect(mismatches).toEqual([]);
  const rejects = await bench.store.rows<{ reason: string }>(
    'SELECT reason FROM dead_letter ORDER BY reason',
  );
  return {
    sources: Object.fromEntries(inputs.map(({ source, files }) => [source, files])),
    rejects: rejects.map(({ reason }) => reason),
    unread: problems.filter(({ level }) => level === 'unread').map(({ where }) => where.split('/').at(-1)!),
    unused: problems.filter(({ level }) => level === 'note').map(({ where }) => where.split('/').at(-1)!),
  };
}

const byName = (pairs: Pair[]) => Object.fromEntries(pairs.map(({ name, message }) => [name, message]));
const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((inner, key) => (inner as Fields | undefined)?.[key], value);

describe.skipIf(!isHere)('Squid', () => {
  test("Sekoia's inputs: method, host, answer and size as in ECS; formats of somebody's own stay unknown", async () => {
    const pairs = pairsOf('Squid/squid');
    const result = await read(byName(pairs));
    const own = ['common_log_format_1.json', 'common_log_format_2.json', 'error.json'];
    expect({ ...result, unread: [...result.unread].sort() }).toEqual({
      sources: { squid: pairs.length - own.length },
      rejects: [],
      unread: own,
      unused: [],
    });
    const rows = await bench.store.rows(
      `SELECT ip_text(src_endpoint_ip) AS client, http_request_method AS method, url_hostname AS host,
        http_status AS status, toFloat64(response_body_bytes) AS bytes, toFloat64(request_body_bytes) AS sent FROM http_activity`,
    );
    const told = pairs
      .filter(({ name }) => !own.includes(name))
      .map(({ expected }) => ({
        client: at(expected, 'source.ip'),
        method: at(expected, 'http.request.method'),
        host:
          at(expected, 'url.domain') ?? at(expected, 'destination.domain') ?? at(expected, 'destination.ip'),
        status: at(expected, 'http.response.status_code'),
        bytes: at(expected, 'http.response.bytes'),
        sent: 0,
      }));
    // Two of them are one request.
    const distinct = (all: unknown[]) => [...new Set(all.map((one) => JSON.stringify(one)))].sort();
    expect(distinct(rows)).toEqual(distinct(told));
  });
});

describe.skipIf(!isHere)('nginx and HAProxy', () => {
  test.each(['NGINX/nginx', 'HAProxy/haproxy'])(
    '%s: formats that do not say what was sent are known, others are not',
    async (folder) => {
      const pairs = pairsOf(folder);
      const result = await read(byName(pairs));
      // A request in a default format has a time in brackets, or nginx's variables as keys; errors and other JSON have not.
      const isKnown = ({ message }: Pair) =>
        /\[\d\d\/[A-Z][a-z]{2}\/\d{4}:[\d:.]+(?: [+-]\d{4})?\] (?:"|\S+ \S+\/)/.test(message) ||
        /^\{.*"remote_addr"/.test(message);
      const names = (known: boolean) =>
        pairs
          .filter((pair) => isKnown(pair) === known)
          .map(({ name }) => name)
          .sort();
      expect([...new Set(result.unused)].sort()).toEqual(names(true));
      expect(
        [...new Set(result.unread)].filter((name) => names(false).includes(name.replace(/:\d+$/, ''))),
      ).toEqual(names(false));
      expect([result.sources, result.rejects]).toEqual([{}, []]);
    },
  );
});

test.skipIf(!isHere)("Traefik: CrowdSec's log of a probed server", async () => {
  const path = join(
    EXTERNAL,
    ...['crowdsec', '.tests', 'traefik_base-http-scenario', 'traefik_base-http-scenario.log'],
  );
  const text = readFileSync(path, 'utf8').trim();
  // One line stands there twice.
  const lines = [...new Set(text.split('\n'))].map(
    (line) => JSON.parse(line) as Record<string, string | number>,
  );
  expect(await read({ 'traefik.log': text })).toEqual({
    sources: { traefik: 1 },
    rejects: [],
    unread: [],
    unused: [],
  });
  const [row] = await bench.store.rows(
    `SELECT count() AS stored, uniqExact(src_endpoint_port) AS ports, sum(request_body_bytes) AS sent, sum(response_body_bytes) AS received FROM http_activity FINAL`,
  );
  const sum = (key: string) => lines.reduce((all, line) => all + Number(line[key]), 0);
  expect(row).toEqual({
    stored: lines.length,
    ports: new Set(lines.map(({ ClientPort }) => ClientPort)).size,
    sent: sum('RequestContentSize'),
    received: sum('DownstreamContentSize'),
  });
});

test.skipIf(!isHere)(
  'registry and git requests in access logs are read, none of them as anything else',
  async () => {
    const files = ['registry-push/benign-docker-push.log', 'git-http-push/access.log'];
    const texts = files.map((file) => readFileSync(join(EXTERNAL, file), 'utf8').trim());
    expect(await read({ 'a.log': texts[0]!, 'b.log': texts[1]! })).toEqual({
      sources: { 'repository-access-log': 2 },
      rejects: [],
      unread: [],
      unused: [],
    });
    const [row] = await bench.store.rows<{ rows: number; pushes: number }>(
      `SELECT sum(rows_stored) AS rows, (SELECT count() FROM repository_activity WHERE api_operation = 'push') AS pushes FROM load`,
    );
    const lines = texts.flatMap((text) => text.split('\n'));
    expect(row).toEqual({
      rows: lines.length,
      pushes: new Set(
        lines.filter((line) => /"(?:POST \S+\/git-receive-pack|PUT \S+\/manifests\/)/.test(line)),
      ).size,
    });
  },
);

test.skipIf(!isHere)("GitHub's audit events of Panther's tests: what has a time is read", async () => {
  const events = readFileSync(join(EXTERNAL, 'panther', 'tests.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { log_types: string[] | null; log: Fields | null })
    .filter(({ log_types }) => log_types?.length === 1 && log_types[0] === 'GitHub.Audit')
    .map(({ log }) => log!);
  const result = await read({ 'github.ndjson': events.map((event) => JSON.stringify(event)).join('\n') });
  const isDated = (event: Fields) => {
    const stamp = event['@timestamp'] ?? event.created_at;
    return (
      typeof stamp === 'number' ||
      (typeof stamp === 'string' && /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?$/.test(stamp))
    );
  };
  expect(result.sources).toEqual({ 'github-audit': 1 });
  expect(result.rejects.filter((reason) => !reason.startsWith('no time: '))).toEqual([]);
  expect(result.rejects.length).toBe(events.filter((event) => !isDated(event)).length);
});

describe.skipIf(!isHere)('ECS', () => {
  /** Ends without regard to who opened: a flow log does not say it, and a guess may differ where flags are there to see. */
  const FLOWS = `SELECT DISTINCT arraySort([concat(ip_text(src_endpoint_ip), ' ', toString(src_endpoint_port)), concat(ip_text(dst_endpoint_ip), ' ', toString(dst_endpoint_port))]) AS ends,
    toFloat64(traffic_bytes_out + traffic_bytes_in) AS bytes, toFloat64(traffic_packets_out + traffic_packets_in) AS packets FROM network_activity ORDER BY ends, bytes`;

  test.each(['AWS/aws-flow-logs', 'Azure/azure-network-watcher-flow-logs'])(
    '%s: the raw log and its ECS side give the same flows',
    async (folder) => {
      const pairs = pairsOf(folder).filter(
        ({ expected }) =>
          at(expected, 'source.ip') &&
          at(expected, 'destination.ip') &&
          at(expected, 'source.bytes') !== undefined &&
          // That a flow was refused stands in a key of Sekoia's own.
          at(expected, 'action.name') !== 'reject',
      );
      expect(pairs.length).toBeGreaterThan(0);
      await read(byName(pairs));
      const raw = await bench.store.rows(FLOWS);
      await bench.store.run('TRUNCATE TABLE network_activity');
      const result = await read(
        Object.fromEntries(
          pairs.map(({ name, expected: { message: _message, ...document } }) => [
            name,
            JSON.stringify(document),
          ]),
        ),
      );
      expect(result).toMatchObject({ sources: { 'ecs-network': pairs.length }, rejects: [], unread: [] });
      expect(await bench.store.rows(FLOWS)).toEqual(raw);
    },
  );
});
