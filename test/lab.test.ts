import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sleep } from '../src/emulate/lab/commands.js';
import { Lab } from '../src/emulate/lab/lab.js';
import { LABS } from '../src/emulate/lab/ledger.js';
import { unifiedRoot } from '../src/sense/cgroups.js';
import { whySkip } from './live-lab.js';
import { root } from './recorded.js';

const http = { kind: 'http' as const, address: '198.51.100.10', port: 80, name: 'sink.example.net' };
const spec = { name: 'app1', command: ['sleep', 'infinity'], network: 'workloads', volumes: [], labels: {} };

const programs = ['bpftrace', 'curl'];
const whyNot = {
  docker: await whySkip('the lab', programs),
  netns: await whySkip('the lab without an engine', programs, 'netns'),
};

/** Ids of labs that left something on this machine: a namespace, a folder, a mount, a control group. */
function traces(): Set<string> {
  const list = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
  const mounts = existsSync('/proc/self/mounts') ? readFileSync('/proc/self/mounts', 'utf8') : '';
  const groups = unifiedRoot();
  const text = [
    ...list('/run/netns'),
    ...list(LABS),
    ...(groups === null ? [] : list(groups)),
    ...mounts.split('\n').filter((line) => line.includes(LABS)),
  ];
  return new Set(text.flatMap((each) => each.match(/stowaway-[0-9a-f]{6}/g) ?? []));
}

/** Labs that a process has opened; others may come and go on this machine. */
function openedBy(pid: number): string[] {
  const names = readdirSync(LABS).filter((name) => name.endsWith('.json'));
  const entries = names.map((name) => JSON.parse(readFileSync(join(LABS, name), 'utf8')));
  return entries.filter((entry) => entry.owner.pid === pid).map((entry) => entry.id as string);
}

describe.each(['docker', 'netns'] as const)('a lab of %s', (kind) => {
  const labTest = test.skipIf(whyNot[kind] !== null);
  let lab: Lab;

  beforeAll(async () => {
    if (whyNot[kind] !== null) return;
    lab = await Lab.open(kind);
    await lab.serve([http]);
    await lab.start(spec, [http]);
  });

  afterAll(async () => {
    await lab?.close();
  });

  labTest('reaches its destinations by name', async () => {
    const { exitCode, stdout } = await lab.exec(
      'app1',
      'curl -sS --data-binary hello http://sink.example.net/x',
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '{"ok":true}\n' });
    const told = readFileSync(lab.path('sink.ndjson'), 'utf8');
    expect(JSON.parse(told.trim().split('\n').at(-1)!)).toMatchObject({
      bytes: expect.any(Number),
      path: '/x',
    });
  });

  labTest('reaches nothing else: not the internet, not this machine', async () => {
    const own = execFileSync('ip', ['-j', 'addr'], { encoding: 'utf8' });
    const addresses = (JSON.parse(own) as { addr_info: { family: string; local: string }[] }[])
      .flatMap((link) => link.addr_info)
      .filter((address) => address.family === 'inet' && !address.local.startsWith('127.'))
      .map((address) => address.local);
    for (const target of ['192.0.2.1', '1.1.1.1', ...addresses]) {
      const { exitCode } = await lab.exec('app1', ['bash', '-c', `exec 3<>/dev/tcp/${target}/80`]);
      expect(exitCode, target).not.toBe(0);
      const ping = await lab.exec('app1', ['ping', '-c', '1', '-W', '1', target]);
      expect(ping.exitCode, target).not.toBe(0);
    }
  });

  labTest('holds no interface of this machine and no default route', async () => {
    const machine = readdirSync('/sys/class/net').filter((name) => name !== 'lo');
    const inside = execFileSync('ip', ['-n', lab.hostNamespace, '-o', 'link'], { encoding: 'utf8' });
    const indexes = [...inside.matchAll(/^\d+: ([^:@]+)/gm)].map((match) => match[1]);
    expect(indexes).toContain('lab-ext');
    for (const name of machine) expect(indexes).not.toContain(name);
    expect(
      execFileSync('ip', ['-n', lab.hostNamespace, 'route', 'show', 'default'], { encoding: 'utf8' }),
    ).toBe('');
  });

  labTest('a run that was killed is cleaned up afterwards, and a lab in use is left alone', async () => {
    const cli = join(root, 'dist/cli/main.js');
    const child = spawn(process.execPath, [cli, 'emulate', 'run', 'curl-put', '--engine', kind], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString('utf8')));
    while (!said.includes('detonating') && child.exitCode === null) await sleep(50);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const killed = openedBy(child.pid!);
    expect(killed).toHaveLength(1);
    const answer = execFileSync(process.execPath, [cli, 'emulate', 'clean', '--format', 'json'], {
      encoding: 'utf8',
    });
    const { removed, in_use } = JSON.parse(answer) as { removed: string[]; in_use: string[] };
    expect(removed).toEqual(expect.arrayContaining(killed));
    expect(in_use).toContain(lab.id);
    await lab.close();
    const left = traces();
    expect([lab.id, ...killed].filter((id) => left.has(id))).toEqual([]);
  });
});
