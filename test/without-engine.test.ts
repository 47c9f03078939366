/**
 * Emulations without an engine: network namespaces play the containers, and the sensors and strategies are those of every
 * other run. What attacks is found, its twin is quiet, and what an engine is needed for is refused.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Lab } from '../src/emulate/lab/lab.js';
import type { Verification } from '../src/emulate/verify.js';
import { whySkip } from './live-lab.js';
import { root } from './recorded.js';

const whyNot = await whySkip('emulations without an engine', ['bpftrace', 'curl'], 'netns');
const liveTest = test.skipIf(whyNot !== null);

function verify(...names: string[]): Verification[] {
  const argv = ['emulate', 'verify', ...names, '--engine', 'netns', '--format', 'json', '--quiet'];
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), ...argv], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (stdout === '') throw new Error(stderr);
  return (JSON.parse(stdout) as { verifications: Verification[] }).verifications;
}

liveTest('attacks are found and twins are quiet', () => {
  const verifications = verify('curl-put', 'backup-to-the-usual-bucket', 'http-loop', 'http-poll');
  const verdicts = verifications.map(({ emulation, verdict, reason }) => ({ emulation, verdict, reason }));
  expect(verdicts).toEqual([
    { emulation: 'curl-put', verdict: 'found', reason: null },
    { emulation: 'backup-to-the-usual-bucket', verdict: 'quiet', reason: null },
    { emulation: 'http-loop', verdict: 'found', reason: null },
    { emulation: 'http-poll', verdict: 'quiet', reason: null },
  ]);
  for (const { engine } of verifications)
    expect(engine).toMatch(/^netns \(network namespaces of Linux .*no engine\)$/);
  expect(verifications.flatMap((one) => one.false_findings)).toEqual([]);
  // The destinations' own count: 8 MiB and what a request carries beside its body.
  expect(verifications[0]!.bytes_total).toBeGreaterThanOrEqual(8_388_608);
});

liveTest('what needs an engine is not run, and says what it needs', () => {
  const [one] = verify('build-and-push');
  expect(one).toMatchObject({
    verdict: 'not run',
    reason: "needs the engine's socket: network namespaces without an engine cannot play it",
  });
});

liveTest('what plays a container has what a container has, and no more', async () => {
  const lab = await Lab.open('netns', () => false);
  try {
    const spec = { network: 'workloads', command: ['sleep', 'infinity'], volumes: [], labels: {} };
    await lab.start({ ...spec, name: 'app1', alias: 'db.internal' }, []);
    const said = async (name: string, command: string) => (await lab.exec(name, command)).stdout.trim();
    await lab.start({ ...spec, name: 'app2' }, []);
    await lab.start({ ...spec, name: 'pod', network: 'container:app2' }, []);
    // Names reach those that came before, a shared network is one network.
    expect(await said('app2', 'ping -c 1 -W 2 db.internal > /dev/null && echo there')).toBe('there');
    const address = 'ip -4 -o addr show dev eth0';
    expect(await said('pod', address)).toBe(await said('app2', address));
    expect(await said('pod', 'hostname')).toBe('pod');
    // Its own files, processes and devices; nothing of this machine.
    expect(await said('app1', 'hostname; pwd; ls /srv /home /run/netns /.outside 2> /dev/null')).toBe(
      'app1\n/',
    );
    await lab.exec('app1', 'echo mine > /tmp/mine');
    expect((await lab.exec('app2', 'cat /tmp/mine')).exitCode).not.toBe(0);
    expect(await said('app1', 'cat /proc/1/cmdline | tr "\\0" " "')).toBe('sleep infinity');
    for (const refused of [
      'mount -t tmpfs x /tmp',
      'mknod /tmp/disk b 8 0',
      'ip link set eth0 down',
      'echo 1 > /proc/sys/vm/swappiness',
    ])
      expect((await lab.exec('app1', refused)).exitCode, refused).not.toBe(0);
    // One that ends says how, and its address is free again.
    const brief = await lab.start({ ...spec, name: 'brief' }, [], { run: 'exit 3' });
    expect(await lab.wait(brief)).toBe(3);
    await lab.remove(brief);
    const next = await lab.start({ ...spec, name: 'next' }, []);
    const inspected = await lab.engine.get<{
      NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
    }>(`/containers/${next}/json`);
    expect(inspected.NetworkSettings.Networks.workloads!.IPAddress).toBe('10.96.0.4');
  } finally {
    await lab.close();
  }
});
