/**
 * EVE files other people's Suricata wrote (versions 4 to 7), read in place where they lie beside the checkout, never copied into it: as they are, and the
 * single events of one more set as one log. What is stored is compared with what the lines themselves say, added up here.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../src/model/paths.js';
import { type Bench, openBench } from './embedded-store.js';

const EXTERNAL = process.env.STOWAWAY_EXTERNAL ?? join(PACKAGE_ROOT, '..', 'shared', 'data', 'external');
const isHere = existsSync(EXTERNAL);
if (!isHere)
  console.log('SKIP: no folder of external logs beside the checkout; Suricata conformance is not tested');

const FILES = [
  'suricata-eve/MAGNC+suricata_data_training/eve.json',
  'suricata-eve/faridasallem+project-proactive/eve.json',
  'slips/dataset/test6-malicious.suricata.json',
  'vast-m57/vast/integration/data/suricata/eve.json',
  'vast-m57/vast/integration/data/pcap/suricata/eve.json.gz',
  'crowdsec/.tests/suricata-logs-evelog/suricata-logs-evelog.log',
  'crowdsec/.tests/suricata-eve-detect/suricata-eve-detect.log',
];

/** Types with a source of their own; all others are suricata-other. */
const OWN = ['flow', 'netflow', 'http', 'tls', 'quic', 'dns', 'ftp', 'ftp_data', 'fileinfo', 'ssh'];

// biome-ignore lint/suspicious/noExplicitAny: what a stranger wrote
type Event = Record<string, any>;

function eventsOf(path: string): Event[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => JSON.parse(line) as Event);
}

/** Each file of this set holds one event as text, and what another program made of it; some are no Suricata's. */
function gatherSingleEvents(path: string): string {
  const folder = join(EXTERNAL, 'sekoia/Suricata/suricata/tests');
  const lines = readdirSync(folder)
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).input.message as string)
    .map((message) => JSON.parse(message) as Event)
    .filter((event) => event.event_type !== undefined);
  writeFileSync(path, lines.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return path;
}

const add = (events: Event[], value: (event: Event) => number): number =>
  events.reduce((sum, event) => sum + value(event), 0);

describe.skipIf(!isHere)('Suricata', () => {
  let bench: Bench;
  const types = new Map<string, Event[]>();
  const notes: string[] = [];
  beforeAll(async () => {
    bench = await openBench();
    const paths = FILES.map((name) => join(EXTERNAL, name));
    paths.push(gatherSingleEvents(join(bench.folder, 'single.json')));
    for (const event of paths.flatMap(eventsOf)) {
      const type = OWN.includes(event.event_type) ? event.event_type : 'other';
      types.set(type, [...(types.get(type) ?? []), event]);
    }
    const { problems, mismatches } = await bench.ingest(...paths);
    expect(mismatches).toEqual([]);
    notes.push(...problems.map((problem) => `${problem.level}: ${problem.what}`));
  });
  afterAll(async () => {
    await bench[Symbol.asyncDispose]();
  });

  test('each type is named right, and nothing valid is rejected', async () => {
    const rows = await bench.store.rows<{ source: string; read: number; rejected: number }>(
      'SELECT source, sum(rows_read) AS read, sum(rows_rejected) AS rejected FROM load GROUP BY source ORDER BY source',
    );
    const expected = [...types].filter(([type]) => type !== 'other');
    expect(rows).toEqual(
      expected
        .map(([type, { length }]) => ({
          source: `suricata-${type.replace('_', '-')}`,
          read: length,
          rejected: 0,
        }))
        .sort((a, b) => a.source.localeCompare(b.source)),
    );
  });

  test('what feeds nothing is told with its counts', () => {
    const told = notes.map(
      (note) => /^note: (\d+) rows? known as suricata-other and not used/.exec(note)?.[1],
    );
    expect(told).not.toContain(undefined);
    expect(told.reduce((sum, count) => sum + Number(count), 0)).toBe(types.get('other')!.length);
    const all = notes.join(' ');
    for (const kind of ['alert', 'stats', 'anomaly', 'dhcp']) expect(all).toMatch(new RegExp(`\\d+ ${kind}`));
  });

  test('bytes and packets of flows are those the lines say', async () => {
    const flows = types.get('flow')!;
    const [sums] = await bench.store.rows<Record<string, number>>(
      `SELECT count() AS rows, sum(traffic_bytes_out) AS out, sum(traffic_bytes_in) AS in, sum(traffic_packets_out) AS packets_out, sum(traffic_packets_in) AS packets_in,
         countIf(has_bytes) AS counted, sum(toUnixTimestamp64Micro(time)) AS begun FROM network_activity WHERE source = 'suricata-flow'`,
    );
    expect(sums).toEqual({
      rows: flows.length,
      out: add(flows, (event) => event.flow.bytes_toserver),
      in: add(flows, (event) => event.flow.bytes_toclient),
      packets_out: add(flows, (event) => event.flow.pkts_toserver),
      packets_in: add(flows, (event) => event.flow.pkts_toclient),
      counted: flows.length,
      begun: expect.any(Number),
    });
  });

  test('a question and its answer have the same two ends', async () => {
    // One of the files has a few events twice: the same packet at the same microsecond.
    const told = new Map(
      types
        .get('dns')!
        .map((event) => [`${event.timestamp} ${event.flow_id} ${JSON.stringify(event.dns)}`, event]),
    );
    const asked = [...told.values()].filter((event) => event.dns.type === 'query');
    const [row] = await bench.store.rows<Record<string, number>>(
      `SELECT countIf(rcode = '') AS questions, countIf(dst_endpoint_port = 53) AS to_resolver, countIf(src_endpoint_port = 53) AS from_resolver, sum(length(answers)) AS answers FROM dns_activity`,
    );
    expect(row!.questions).toBe(asked.length);
    expect(row!.from_resolver).toBe(0);
    const records = [...told.values()].flatMap(({ dns }) =>
      dns.answers
        ? dns.answers.filter((record: Event) => record.rdata)
        : Object.values(dns.grouped ?? {}).flat(),
    );
    expect(row!.answers).toBe(records.length);
  });

  test('the length of an answer is never that of a request', async () => {
    const [row] = await bench.store.rows<Record<string, number>>(
      'SELECT sum(request_body_bytes) AS sent, sum(response_body_bytes) AS received, sum(http_status) AS statuses FROM http_activity',
    );
    expect(row).toEqual({
      sent: 0,
      received: add(types.get('http')!, (event) => event.http.length ?? 0),
      statuses: add(types.get('http')!, (event) => event.http.status ?? 0),
    });
  });

  test('files have the size and the sender of their event', async () => {
    const rows = await bench.store.rows<{ path: string; size: number; sender: string }>(
      'SELECT file_path AS path, file_size AS size, ip_text(src_endpoint_ip) AS sender FROM file_activity ORDER BY time',
    );
    const files = types.get('fileinfo')!.sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp));
    expect(rows).toEqual(
      files.map((event) => ({
        path: event.fileinfo.filename,
        size: event.fileinfo.size,
        sender: event.src_ip,
      })),
    );
  });
});
