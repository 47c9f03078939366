/**
 * Network logs other people wrote, and recordings of ours, read in place where they lie beside the checkout (../shared/data), never
 * copied: named right, nothing valid rejected, and counts that agree with a reading that knows nothing of ours.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findProgram } from '../src/host/programs.js';
import { PACKAGE_ROOT } from '../src/model/paths.js';
import { type Bench, openBench } from './embedded-store.js';

const SHARED = join(PACKAGE_ROOT, '..', 'shared', 'data');
const EXTERNAL = join(SHARED, 'external');
const isHere = existsSync(EXTERNAL);
if (!isHere)
  console.log('SKIP: no folder of external logs beside the checkout; network logs are not compared');

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});
beforeEach(async () => {
  for (const table of ['network_activity', 'http_activity', 'dns_activity', 'load', 'dead_letter'])
    await bench.store.run(`TRUNCATE TABLE ${table}`);
});

type Json = Record<string, unknown>;

const linesOf = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');

/** Rows read of each source, duplicates included, and what was not read or rejected. */
async function read(...paths: string[]) {
  const { inputs, mismatches, problems } = await bench.ingest(...paths);
  expect(mismatches).toEqual([]);
  const [rejects, loads] = await Promise.all([
    bench.store.rows<{ reason: string }>('SELECT reason FROM dead_letter ORDER BY line'),
    bench.store.rows<{ source: string; rows: number }>(
      'SELECT source, toUInt32(sum(rows_read)) AS rows FROM load GROUP BY source ORDER BY source',
    ),
  ]);
  return {
    sources: inputs.map(({ source }) => source).sort(),
    rows: Object.fromEntries(loads.map(({ source, rows }) => [source, rows])),
    rejects: rejects.map(({ reason }) => reason),
    unread: problems.filter(({ level }) => level !== 'note').map(({ where }) => where),
  };
}

const countBy = (values: string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
};

describe.skipIf(!isHere)("Hubble's flows", () => {
  const folder = join(EXTERNAL, 'hubble-otel', 'testdata');
  const files = isHere ? readdirSync(folder) : [];
  interface Flow {
    IP: { source: string; destination: string };
    l4: Record<string, { source_port?: number; destination_port?: number }>;
    l7?: { type: string; dns?: { query: string }; http?: { url: string } };
    is_reply?: boolean;
    reply?: boolean;
  }
  const flowsOf = (name: string) =>
    linesOf(join(folder, name)).map((line) => (JSON.parse(line) as { flow: Flow }).flow);
  const kindOf = ({ l7 }: Flow): string =>
    l7?.dns ? 'hubble-dns' : l7?.http && l7.type === 'REQUEST' ? 'hubble-http' : l7 ? '' : 'hubble-flow';

  test.each(files)('%s: each line to its source', async (name) => {
    const { '': _responses, ...kinds } = countBy(flowsOf(name).map(kindOf));
    expect(await read(join(folder, name))).toEqual({
      sources: Object.keys(kinds).sort(),
      rows: kinds,
      rejects: [],
      unread: [],
    });
  });

  test('client and server are those that Cilium tells', async () => {
    const told = new Set<string>();
    for (const flow of files.flatMap(flowsOf)) {
      if (kindOf(flow) !== 'hubble-flow' || (flow.is_reply === undefined && !flow.reply)) continue;
      const { source_port = 0, destination_port = 0 } = Object.values(flow.l4)[0]!;
      const ends = [`${flow.IP.source} ${source_port}`, `${flow.IP.destination} ${destination_port}`];
      told.add((flow.is_reply || flow.reply ? ends.reverse() : ends).join(' > '));
    }
    await read(folder);
    const rows = await bench.store.rows<{ ends: string }>(
      `SELECT DISTINCT concat(ip_text(src_endpoint_ip), ' ', toString(src_endpoint_port), ' > ', ip_text(dst_endpoint_ip), ' ', toString(dst_endpoint_port)) AS ends
       FROM network_activity WHERE NOT is_direction_guessed`,
    );
    const stored = new Set(rows.map(({ ends }) => ends));
    expect([...told].filter((ends) => !stored.has(ends))).toEqual([]);
    expect(told.size).toBeGreaterThan(100);
  });

  test('names asked for and hosts of requests', async () => {
    const flows = files.flatMap(flowsOf);
    await read(folder);
    const [row] = await bench.store.rows<Json>(
      `SELECT (SELECT arraySort(groupUniqArray(query_hostname)) FROM dns_activity) AS names, (SELECT arraySort(groupUniqArray(url_hostname)) FROM http_activity) AS hosts`,
    );
    const unique = (values: string[]) => [...new Set(values)].sort();
    expect(row).toEqual({
      names: unique(
        flows.flatMap(({ l7 }) => (l7?.dns ? [l7.dns.query.toLowerCase().replace(/\.$/, '')] : [])),
      ),
      hosts: unique(flows.flatMap(({ l7 }) => (l7?.http ? [new URL(l7.http.url).hostname] : []))),
    });
  });
});

describe.skipIf(!isHere)("the firewall's lines in the kernel's log", () => {
  const ends = async () =>
    (
      await bench.store.rows<{ ends: string }>(
        `SELECT DISTINCT concat(ip_text(src_endpoint_ip), ' ', toString(src_endpoint_port), ' > ', ip_text(dst_endpoint_ip), ' ', toString(dst_endpoint_port), ' ', connection_info_protocol_name) AS ends
         FROM network_activity ORDER BY ends`,
      )
    ).map((row) => row.ends);
  const field = (line: string, name: string) => new RegExp(` ${name}=(\\S*)`).exec(line)?.[1] ?? '0';
  /** The packets of these samples all go from client to server, by their flags or ports. */
  const endsOf = (line: string) =>
    `${field(line, 'SRC')} ${field(line, 'SPT')} > ${field(line, 'DST')} ${field(line, 'DPT')} ${field(line, 'PROTO').toLowerCase()}`;

  test.each([
    'iptables-logs/iptables-logs.log',
    'iptables-scan-multi-port/iptables-scan-multi-port.log',
    'proxmox-iptables-logs/proxmox-iptables.log',
  ])('%s', async (name) => {
    const path = join(EXTERNAL, 'crowdsec', '.tests', name);
    const packets = linesOf(path).filter((line) => /(?: IN=|: OUT=)\S* .*SRC=/.test(line));
    const { rows, rejects } = await read(path);
    // Made up, with a port as its last word: it could be half of one.
    const cut = packets.filter((line) => / DPT=\d+$/.test(line));
    expect({ rows, rejects: rejects.length }).toEqual({
      rows: { 'netfilter-log': packets.length },
      rejects: cut.length,
    });
    const whole = packets.filter((line) => !cut.includes(line));
    expect(await ends()).toEqual([...new Set(whole.map(endsOf))].sort());
  });

  test("Sekoia's inputs have no time in front, and are told as unread", async () => {
    const from = join(EXTERNAL, 'sekoia', 'Netfilter', 'netfilter', 'tests');
    const lines = readdirSync(from).map(
      (name) =>
        (JSON.parse(readFileSync(join(from, name), 'utf8')) as { input: { message: string } }).input.message,
    );
    const path = join(bench.folder, 'sekoia-netfilter.log');
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
    expect(lines.length).toBeGreaterThan(3);
    expect(await read(path)).toMatchObject({ sources: [], unread: [path] });
  });

  const lab = join(SHARED, 'lab');
  test.each(['a-http-upload', 'b-ftp', 'c-git-registry', 'e2-ddos-slow', 'f-periodic'])(
    'the lab’s %s: the kernel, with a time in front, and ulogd tell of the same connections',
    async (name) => {
      const lines = linesOf(join(lab, name, 'kernel-log.txt'));
      expect((await read(join(lab, name, 'kernel-log.txt'))).rejects).toEqual(
        lines.map(() => expect.stringContaining('seconds since boot')),
      );
      const path = join(bench.folder, `${name}.log`);
      writeFileSync(path, lines.map((line) => `2026-11-21T03:30:00.5+00:00 lab kernel: ${line}\n`).join(''));
      expect((await read(path)).rejects.slice(lines.length)).toEqual([]);
      const kernels = await ends();
      expect(kernels).toEqual([...new Set(lines.map(endsOf))].sort());
      await bench.store.run('TRUNCATE TABLE network_activity');
      const records = join(lab, name, 'ulogd-nflog.ndjson');
      expect((await read(records)).unread).toEqual([]);
      expect(await ends()).toEqual(kernels);
      const [row] = await bench.store.rows<{ n: number }>(
        'SELECT toUInt32(count()) AS n FROM network_activity',
      );
      expect(row!.n).toBe(linesOf(records).length);
    },
  );
});

const hasTshark = findProgram('tshark') !== null;
if (isHere && !hasTshark) console.log('SKIP: no tshark here; packet captures are not compared');

describe.skipIf(!isHere || !hasTshark)('packet captures', () => {
  /** Bytes and packets at IP level in a pcap of Ethernet frames, by the headers; null for other kinds of captures. */
  function sumsOf(file: Buffer): { bytes: number; packets: number } | null {
    if (file.readUInt32LE(0) !== 0xa1b2c3d4 || file.readUInt32LE(20) !== 1) return null;
    const sums = { bytes: 0, packets: 0 };
    for (let at = 24; at + 16 <= file.length; at += 16 + file.readUInt32LE(at + 8)) {
      const frame = at + 16;
      if (frame + file.readUInt32LE(at + 8) > file.length) break;
      const type = file.readUInt16BE(frame + 12);
      if (type !== 0x0800 && type !== 0x86dd) {
        if (type === 0x8100 || type < 1536) return null;
        continue;
      }
      sums.packets += 1;
      const told = type === 0x0800 ? file.readUInt16BE(frame + 16) : 40 + file.readUInt16BE(frame + 18);
      sums.bytes += told || file.readUInt32LE(at + 12) - 14;
    }
    return sums;
  }
  test('every byte and packet of others’ captures is counted', async () => {
    const folders = ['slips/dataset', 'slips/dataset/test-cc', 'zeek-btest/Traces', 'zeek-btest/Traces/ftp'];
    const expected = folders
      .map((folder) => join(EXTERNAL, folder))
      .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
      .filter((path) => path.endsWith('.pcap'))
      .map((path) => ({ file: path, ...sumsOf(readFileSync(path)) }))
      .filter(({ bytes }) => bytes !== undefined)
      .sort((one, next) => (one.file < next.file ? -1 : 1));
    const { rejects, unread } = await read(...expected.map(({ file }) => file));
    expect([rejects, unread]).toEqual([[], []]);
    expect(
      await bench.store.rows(
        `SELECT file, toFloat64(sum(traffic_bytes_out + traffic_bytes_in)) AS bytes, toFloat64(sum(traffic_packets_out + traffic_packets_in)) AS packets
         FROM network_activity GROUP BY file ORDER BY file`,
      ),
    ).toEqual(expected);
    expect(expected.length).toBeGreaterThan(20);
  });

  const lab = join(SHARED, 'lab');
  test.each(['a-http-upload', 'b-ftp', 'c-git-registry', 'd-staging', 'e2-ddos-slow', 'f-periodic'])(
    'the lab’s %s: as many bytes and packets as conntrack counted, connection by connection',
    async (name) => {
      await read(join(lab, name, 'br-work.pcap'), join(lab, name, 'ulogd-nfct.ndjson'));
      const rows = await bench.store.rows<{ source: string; told: string }>(
        `SELECT source, toJSONString((ip_text(src_endpoint_ip), src_endpoint_port, ip_text(dst_endpoint_ip), dst_endpoint_port, traffic_bytes_out, traffic_bytes_in, traffic_packets_out, traffic_packets_in)) AS told
         FROM network_activity WHERE connection_info_protocol_name = 'tcp' AND startsWith(ip_text(src_endpoint_ip), '10.96.0.') AND startsWith(ip_text(dst_endpoint_ip), '198.51.100.')`,
      );
      const of = (source: string) =>
        rows
          .filter((row) => row.source === source)
          .map(({ told }) => told)
          .sort();
      expect(of('ulogd-nfct').length).toBeGreaterThan(0);
      expect(of('packet-capture')).toEqual(of('ulogd-nfct'));
    },
  );
});

const nfdump = findProgram('nfdump');
if (isHere && nfdump === null) console.log('SKIP: no nfdump here; its JSON and CSV are not compared');

describe.skipIf(!isHere || nfdump === null)('what nfdump prints of a file of others', () => {
  const file = join(EXTERNAL, 'slips', 'dataset', 'test1-malicious.nfdump');
  const print = (format: string): string =>
    execFileSync(nfdump!, ['-r', file, '-o', format], {
      env: { TZ: 'UTC' },
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });

  test.each(['json', 'csv'])('%s', async (format) => {
    const flows = JSON.parse(print('json')) as { in_bytes: number; in_packets: number }[];
    const path = join(bench.folder, `flows.${format}`);
    writeFileSync(path, print(format));
    const { sources, rejects, unread } = await read(path);
    const [sums] = await bench.store.rows<Json>(
      `SELECT toFloat64(sum(traffic_bytes_out + traffic_bytes_in)) AS bytes, toFloat64(sum(traffic_packets_out + traffic_packets_in)) AS packets, toUInt32(count()) AS rows FROM network_activity`,
    );
    const sum = (key: 'in_bytes' | 'in_packets') => flows.reduce((total, flow) => total + flow[key], 0);
    expect({ sources, rejects, unread, ...sums }).toEqual({
      ...{ sources: [`nfdump-${format}`], rejects: [], unread: [] },
      ...{ bytes: sum('in_bytes'), packets: sum('in_packets'), rows: flows.length },
    });
  });
});

test.skipIf(!isHere)('every log of Zeek is known: read, or named as one that nothing reads', async () => {
  const folders = ['zed', 'slips', 'stratosphere', 'vast-m57', 'rita'].map((name) => join(EXTERNAL, name));
  const all = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  const logs = all.filter((path) => path.endsWith('.log')).map((path) => ({ path, kind: kindOf(path) }));
  // One log of each kind that no source of Zeek's reads.
  const others = [
    ...new Map(logs.filter(({ kind }) => !READ.includes(kind)).map((log) => [log.kind, log])).values(),
  ];
  expect(others.length).toBeGreaterThanOrEqual(15);
  const { inputs, problems } = await bench.ingest(...others.map(({ path }) => path));
  expect(inputs).toEqual([]);
  for (const { path, kind } of others) {
    const rows = linesOf(path).filter((line) => !line.startsWith('#')).length;
    const what =
      rows === 0
        ? 'no rows'
        : `${rows} ${rows === 1 ? 'row' : 'rows'} known as zeek-other and not used (${rows} ${kind})`;
    const told = problems.filter(({ where }) => where === path);
    if (rows > 0) expect(told.map((problem) => problem.what)).toEqual([what]);
  }
});

/** Kinds of Zeek's logs that feed tables; '' is no Zeek log in columns. */
const READ = [
  '',
  'conn',
  'open_conn',
  'conn_long',
  'dns',
  'files',
  'ftp',
  'http',
  'open_http',
  'ssh',
  'ssl',
  'open_ssl',
];

function kindOf(path: string): string {
  return /^#path\t(\S+)/m.exec(readFileSync(path).subarray(0, 4096).toString('latin1'))?.[1] ?? '';
}
