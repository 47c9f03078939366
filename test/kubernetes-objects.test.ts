import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { HuntResult } from '../src/model/hunt-result.js';
import { hunting } from './hunting.js';

const { hunt } = hunting();

/** A dump of a cluster's objects tells whose an address was, and what is within the cluster: beside a network log that knows addresses only. */

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-kubernetes-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Pod {
  name: string;
  owner: [kind: string, name: string];
  ip: string;
  /** Minutes after eight. */
  from: number;
  until?: number;
  node?: string;
  isOnHost?: boolean;
  containers?: number;
}

const at = (minute: number): string => new Date(Date.UTC(2026, 10, 21, 8, minute)).toISOString();

function pod({ name, owner, ip, from, until, node = 'node-1', isOnHost, containers = 1 }: Pod): object {
  const names = Array.from({ length: containers }, (_, index) => `c${index}`);
  const uid = Buffer.from(name.padEnd(32, '.')).toString('hex').slice(0, 62);
  const statuses = names.map((container, index) => ({
    ...{ name: container, containerID: `containerd://${uid}0${index}`, image: 'web:1', imageID: '' },
    state: until
      ? { terminated: { startedAt: at(from), finishedAt: at(until), exitCode: 0 } }
      : { running: { startedAt: at(from) } },
  }));
  const [kind, owned] = owner;
  return {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: {
      ...{ name, namespace: 'shop', uid: `${name}-uid`, creationTimestamp: at(from) },
      labels: kind === 'ReplicaSet' ? { 'pod-template-hash': '5d9c7b7f66' } : {},
      ownerReferences: [{ kind, name: owned, controller: true }],
    },
    spec: {
      ...{ nodeName: node, hostNetwork: isOnHost },
      containers: names.map((container) => ({ name: container, image: 'web:1' })),
    },
    status: {
      ...{ phase: until ? 'Succeeded' : 'Running', startTime: at(from), podIP: ip, podIPs: [{ ip }] },
      containerStatuses: statuses,
    },
  };
}

/** Half a gigabyte from the address at this minute, to a documentation address or another. */
const upload = (ip: string, minute: number, to = '198.51.100.10') => ({
  ...{ ts: Date.parse(at(minute)) / 1000, uid: `C${ip}${minute}`, proto: 'tcp', duration: 50 },
  ...{ 'id.orig_h': ip, 'id.orig_p': 41_000 + minute, 'id.resp_h': to, 'id.resp_p': 443 },
  ...{ conn_state: 'SF', service: 'ssl', orig_bytes: 500_000_000, resp_bytes: 900 },
  ...{ orig_pkts: 400_000, orig_ip_bytes: 520_000_000, resp_pkts: 100, resp_ip_bytes: 6000 },
});

let count = 0;
async function huntCluster(
  objects: object[],
  connections: object[],
  events: string[] = [],
): Promise<HuntResult> {
  const list = { apiVersion: 'v1', items: objects, kind: 'List', metadata: { resourceVersion: '' } };
  return huntDump(JSON.stringify(list, null, 4), connections, events);
}

async function huntDump(dump: string, connections: object[], events: string[] = []): Promise<HuntResult> {
  count += 1;
  const place = join(folder, `case-${count}`);
  await mkdir(place);
  await writeFile(join(place, 'cluster'), dump);
  await writeFile(
    join(place, 'conn.log'),
    connections.map((one) => `${JSON.stringify({ ...one, _path: 'conn' })}\n`).join(''),
  );
  if (events.length > 0) await writeFile(join(place, 'containerd.log'), `${events.join('\n')}\n`);
  const result = await hunt([place]);
  expect(result.mismatches).toEqual([]);
  expect(result.deadLetters.total).toBe(0);
  return result;
}

const uploaders = (result: HuntResult): string[] =>
  result.report.findings
    .filter(({ technique, status }) => technique === 'T1567' && status === 'open')
    .map(({ entity }) => `${entity.kind}:${entity.name}`)
    .sort();

/** Whose uploads there were, and at which minute. */
const sentBy = (result: HuntResult): [string, number][] =>
  result.report.findings
    .filter(({ technique, status }) => technique === 'T1567' && status === 'open')
    .map(({ entity, window }): [string, number] => [
      `${entity.kind}:${entity.name}`,
      new Date(window.from).getUTCMinutes(),
    ])
    .sort(([a], [b]) => a.localeCompare(b));

const WEB: Pod = {
  ...{ name: 'web-5d9c7b7f66-x2x4z', owner: ['ReplicaSet', 'web-5d9c7b7f66'] },
  ...{ ip: '10.244.1.7', from: 0 },
};

describe('a connection that only Zeek saw', () => {
  test('is its Deployment’s, its container’s where the pod has one', async () => {
    const result = await huntCluster([pod(WEB)], [upload('10.244.1.7', 30)]);
    expect(uploaders(result)).toEqual(['workload:shop/web']);
    expect(result.report.findings[0]!.entity.container_uid).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is the pod’s, and no container’s, where it has several', async () => {
    const result = await huntCluster([pod({ ...WEB, containers: 2 })], [upload('10.244.1.7', 30)]);
    expect(uploaders(result)).toEqual(['workload:shop/web']);
    expect(result.report.findings[0]!.entity.container_uid).not.toMatch(/^[0-9a-f]{64}$/);
  });

  test('is nobody’s by name where the pod is on the host’s network', async () => {
    const result = await huntCluster(
      [pod({ ...WEB, ip: '192.168.7.11', isOnHost: true })],
      [upload('192.168.7.11', 30)],
    );
    expect(uploaders(result)).toEqual(['address:192.168.7.11']);
  });
});

describe('an address that pods had one after another', () => {
  const job: Pod = {
    ...{ name: 'report-29395200-zx9zp', owner: ['Job', 'report-29395200'] },
    ...{ ip: '10.244.1.7', from: 0, until: 20 },
  };

  test('is each one’s in its time, and nobody’s between', async () => {
    const pods = [pod(job), pod({ ...WEB, from: 40 })];
    const result = await huntCluster(
      pods,
      [10, 30, 50].map((minute) => upload('10.244.1.7', minute)),
    );
    expect(sentBy(result)).toEqual([
      ['address:10.244.1.7', 30],
      ['workload:shop/report', 10],
      ['workload:shop/web', 50],
    ]);
  });

  test('is the newer one’s where nothing says that the older ended, on whatever node', async () => {
    const { until: _, ...unended } = job;
    const pods = [pod({ ...WEB, from: 40, node: 'node-2' }), pod(unended)];
    const result = await huntCluster(
      pods,
      [30, 50].map((minute) => upload('10.244.1.7', minute)),
    );
    expect(sentBy(result)).toEqual([
      ['workload:shop/report', 30],
      ['workload:shop/web', 50],
    ]);
  });
});

test('what containerd says of a container’s end ends its pod’s hold on the address', async () => {
  const id = `${Buffer.from(WEB.name.padEnd(32, '.')).toString('hex').slice(0, 62)}00`;
  const ended = `2026-11-21 08:20:00.5 +0000 UTC k8s.io /tasks/exit {"container_id":"${id}","id":"${id}","pid":7}`;
  const result = await huntCluster(
    [pod(WEB)],
    [10, 30].map((minute) => upload('10.244.1.7', minute)),
    [ended],
  );
  expect(sentBy(result)).toEqual([
    ['address:10.244.1.7', 30],
    ['workload:shop/web', 10],
  ]);
});

test('a dump as YAML, in a list or in documents, tells the same', async () => {
  const pods = [pod(WEB), pod({ ...WEB, name: 'web-5d9c7b7f66-y7y7y', ip: '10.244.1.8' })];
  const bare = pods.map((one) => ({ ...one, apiVersion: undefined, kind: undefined }));
  for (const dump of [
    stringify({ apiVersion: 'v1', items: pods, kind: 'List' }),
    stringify({ apiVersion: 'v1', items: bare, kind: 'PodList' }),
    pods.map((one) => `---\n${stringify(one)}`).join(''),
  ]) {
    const result = await huntDump(dump, [upload('10.244.1.8', 30)]);
    expect(uploaders(result)).toEqual(['workload:shop/web']);
  }
});

test('bulk to a service whose address looks public stays within the cluster', async () => {
  const service = {
    ...{ apiVersion: 'v1', kind: 'Service', spec: { clusterIP: '34.118.224.10', type: 'ClusterIP' } },
    metadata: { name: 'store', namespace: 'shop', uid: 'store-uid', creationTimestamp: at(0) },
    status: { loadBalancer: {} },
  };
  const traffic = [upload('10.244.1.7', 30, '34.118.224.10')];
  expect(uploaders(await huntCluster([pod(WEB)], traffic))).toEqual(['workload:shop/web']);
  const result = await huntCluster([pod(WEB), service], traffic);
  expect(uploaders(result)).toEqual([]);
  expect(result.assumptions.join('\n')).toContain('34.118.224.10 (service shop/store)');
});

test('a dump of everything is read and counted, secrets left out', async () => {
  const other = (kind: string, own: object) => ({
    ...{ apiVersion: 'v1', kind, ...own },
    metadata: { name: 'x', namespace: 'shop', uid: `${kind}-uid`, creationTimestamp: at(0) },
  });
  const template = {
    containers: [{ name: 'c', image: 'tools:1', command: ['rclone', 'copy', '/data', 'away:'] }],
  };
  const cronJob = other('CronJob', {
    spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: { spec: template } } } },
  });
  const event = { ...other('Event', { reason: 'Started' }), involvedObject: { kind: 'Pod' } };
  const result = await huntCluster(
    [other('Secret', { data: { key: 'aHVudGVyMg==' } }), pod(WEB), event, cronJob, other('Lease', {})],
    [upload('10.244.1.7', 30)],
  );
  expect(result.report.inputs.map(({ source, events }) => [source, events])).toEqual([
    ['kubernetes-pods', 2],
    ['kubernetes-workloads', 2],
    ['zeek-conn', 1],
  ]);
  const notes = result.problems.map(({ what }) => what).join('\n');
  expect(notes).toContain('2 rows known as kubernetes-other and not used (1 Secret, 1 Lease)');
  expect(notes).toContain('1 row known as kubernetes-events and not used (1 Started)');
});
