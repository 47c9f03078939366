import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HuntResult } from '../src/model/hunt-result.js';
import { hunting } from './hunting.js';

const { hunt } = hunting();

/** An attack in the log of one network sensor is found, and its benign twin is not. */

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-network-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function huntLines(name: string, lines: (object | string)[]): Promise<HuntResult> {
  const file = join(folder, name);
  await writeFile(
    file,
    lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
  );
  const result = await hunt([file]);
  expect([result.deadLetters.total, result.problems.filter(({ level }) => level !== 'note')]).toEqual([
    0,
    [],
  ]);
  return result;
}

const findingsOf = (result: HuntResult, technique: string) =>
  result.report.findings
    .filter((finding) => finding.technique === technique && finding.status === 'open')
    .map(({ entity }) => entity.name);

const stateOf = (result: HuntResult, id: string) =>
  result.report.strategies.find((strategy) => strategy.technique === id)?.state;

const at = (seconds: number): string =>
  new Date(1_795_248_000_000 + Math.round(seconds * 1000)).toISOString();
const range = (count: number): number[] => [...Array(count).keys()];

describe('Hubble alone', () => {
  const flow = (seconds: number, event: object) => {
    const own = {
      time: at(seconds),
      source: {
        namespace: 'shop',
        pod_name: 'web-5d9c7b7f66-x2x4z',
        workloads: [{ name: 'web', kind: 'Deployment' }],
      },
      node_name: 'node-1',
      event_type: { type: 4 },
      is_reply: false,
      ...event,
    };
    return { flow: own, node_name: 'node-1', time: own.time };
  };
  const lookup = (seconds: number, query: string) =>
    flow(seconds, {
      verdict: 'FORWARDED',
      IP: { source: '10.20.0.15', destination: '10.20.0.53' },
      l4: { UDP: { source_port: 40000 + (Math.round(seconds * 10) % 20000), destination_port: 53 } },
      Type: 'L7',
      l7: { type: 'REQUEST', dns: { query, qtypes: ['TXT'] } },
    });
  /** Packets of the lookups: they say for how long the pod held its address. */
  const packets = [0, 1001].map((seconds) =>
    flow(seconds, {
      verdict: 'FORWARDED',
      IP: { source: '10.20.0.15', destination: '10.20.0.53' },
      l4: { UDP: { source_port: 40000, destination_port: 53 } },
      Type: 'L3_L4',
    }),
  );
  const secret = (n: number): string =>
    (BigInt(n + 1) * 0x9e3779b97f4a7c15f39cc0605cedc835n).toString(36).slice(-24);

  test('data in the names a pod asks for is found, and the pod is named', async () => {
    const result = await huntLines('tunnel.ndjson', [
      ...packets,
      ...range(2000).map((n) =>
        lookup(1 + n / 2, `${secret(n)}${secret(n + 5000)}.${secret(n + 9000)}.tunnel.example.`),
      ),
    ]);
    expect(findingsOf(result, 'T1020')).toEqual(['shop/web']);
  });

  test('as many lookups of a cluster are none', async () => {
    const names = ['db.shop.svc.cluster.local.', 'api.example.net.', 'cart.shop.svc.cluster.local.'];
    const result = await huntLines('lookups.ndjson', [
      ...packets,
      ...range(2000).map((n) => lookup(1 + n / 2, names[n % names.length]!)),
    ]);
    expect(findingsOf(result, 'T1020')).toEqual([]);
    // No bytes: what compares volumes did not look, and says so.
    expect(stateOf(result, 'T1567')).toBe('blind');
  });

  const syn = (seconds: number, port: number, verdict: string) =>
    flow(seconds, {
      verdict,
      IP: { source: '10.20.0.15', destination: '198.51.100.10' },
      l4: { TCP: { source_port: port, destination_port: 80, flags: { SYN: true } } },
      Type: 'L3_L4',
    });

  test('a flood of connections that a policy drops is found; a client that is refused is none', async () => {
    const flood = range(6000).map((n) => syn(n / 20, 20_000 + n, 'DROPPED'));
    expect(findingsOf(await huntLines('flood.ndjson', flood), 'T1498.001')).toEqual(['shop/web']);
    const refused = range(60).map((n) => syn(n * 5, 20_000 + n, 'DROPPED'));
    expect(findingsOf(await huntLines('refused.ndjson', refused), 'T1498.001')).toEqual([]);
  });
});

describe('the firewall log of the kernel alone', () => {
  const line = (seconds: number, rule: string, to: string, port: number) =>
    `${at(seconds)} node-1 kernel: [ 4000.000001] ${rule} IN=br0 OUT=eth0 MAC=02:42:0a:14:00:0f:02:42:0a:14:00:01:08:00 SRC=10.20.0.15 DST=${to} LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=0 DF PROTO=TCP SPT=${port} DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0 `;

  test('a flood that the firewall blocks is found', async () => {
    const flood = range(6000).map((n) => line(n / 20, '[UFW BLOCK]', '198.51.100.10', 20_000 + n));
    const result = await huntLines('blocked.log', flood);
    expect(findingsOf(result, 'T1498.001')).toEqual(['10.20.0.15']);
    expect(stateOf(result, 'T1567')).toBe('blind');
  });

  test('as many connections to many services over an hour are none', async () => {
    const work = range(6000).map((n) => line(n * 0.6, 'fwd new:', `198.51.100.${10 + (n % 40)}`, 20_000 + n));
    expect(findingsOf(await huntLines('work.log', work), 'T1498.001')).toEqual([]);
  });
});

describe('Calico alone', () => {
  /** What the node of a pod tells of five minutes with a server outside. */
  const flows = (minute: number, bytes: number, back: number, domain: string) => {
    const start = 1_795_248_000 + minute * 300;
    return {
      ...{
        start_time: start,
        end_time: start + 300,
        source_ip: '10.20.0.15',
        source_port: null,
        source_type: 'wep',
      },
      ...{ source_name: '-', source_name_aggr: 'web-5d9c7b7f66-*', source_namespace: 'shop' },
      source_labels: { labels: ['app=web', 'pod-template-hash=5d9c7b7f66'] },
      ...{
        dest_ip: '198.51.100.10',
        dest_name: '-',
        dest_name_aggr: 'pub',
        dest_namespace: '-',
        dest_type: 'net',
      },
      ...{
        dest_port: 443,
        dest_domains: [domain],
        proto: 'tcp',
        action: 'allow',
        reporter: 'src',
        num_flows: 1,
      },
      ...{
        bytes_in: back,
        bytes_out: bytes,
        packets_in: 900,
        packets_out: 1 + Math.ceil(bytes / 1400),
        host: 'node-1',
      },
    };
  };

  test('an upload is found and its workload named; a download of the same size is none', async () => {
    const upload = await huntLines('upload.ndjson', [
      flows(0, 400_000, 60_000, 'files.example.net.'),
      flows(1, 400_000_000, 900_000, 'files.example.net.'),
    ]);
    expect(findingsOf(upload, 'T1567')).toEqual(['shop/web']);
    const download = await huntLines('download.ndjson', [
      flows(0, 400_000, 60_000_000, 'files.example.net.'),
      flows(1, 900_000, 400_000_000, 'files.example.net.'),
    ]);
    expect(findingsOf(download, 'T1567')).toEqual([]);
  });
});

test('clocks that begin with 1970 hide nothing: captures are written anew with times of their own', async () => {
  const upload = {
    ...{ ts: 4000, uid: 'C1', 'id.orig_h': '10.88.0.7', 'id.orig_p': 30_000 },
    ...{ 'id.resp_h': '198.51.100.9', 'id.resp_p': 443, proto: 'tcp', service: 'ssl', duration: 30 },
    ...{ orig_bytes: 800_000_000, resp_bytes: 200_000, conn_state: 'SF', history: 'ShADadFf' },
    ...{ orig_pkts: 560_000, orig_ip_bytes: 829_000_000, resp_pkts: 9000, resp_ip_bytes: 668_000 },
  };
  const told = await huntLines('conn-1970.log', [upload]);
  expect(findingsOf(told, 'T1567')).toEqual(['10.88.0.7']);
  const [finding] = told.report.findings;
  expect(finding!.terms.map(({ analytic }) => analytic)).toEqual(
    expect.arrayContaining(['outbound-volume', 'first-seen-destination']),
  );
});
