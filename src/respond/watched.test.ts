import { expect, test } from 'vitest';
import { groupOfContainer, parseCgroup } from './cgroup-of.js';
import { parseConntrack } from './conntrack.js';
import { dropOutputRuleset } from './drop-rules.js';
import { Watched } from './watched.js';

const ID = 'ab'.repeat(32);
const flowOf = (protocol: string, from: string, to: string) =>
  parseConntrack(
    `ipv4 2 ${protocol} 6 src=${from.split(':')[0]} dst=${to.split(':')[0]} sport=${from.split(':')[1]} dport=${to.split(':')[1]} packets=1 bytes=60 src=${to.split(':')[0]} dst=${from.split(':')[0]} sport=${to.split(':')[1]} dport=${from.split(':')[1]} packets=1 bytes=60 id=1`,
  )[0]!;

test('on the host’s network a flow is somebody’s by its socket, not by its address', () => {
  const watched = new Watched({ addresses: [], destinations: [] });
  watched.noteSockets(
    [
      'tcp   ESTAB  0 0 [::ffff:198.51.100.1]:40000 [::ffff:198.51.100.10]:9002',
      'tcp   ESTAB  0 0 198.51.100.1:22 198.51.100.7:50000',
      'udp   UNCONN 0 0 0.0.0.0:5353 0.0.0.0:*',
    ].join('\n'),
  );
  expect(watched.sideOf(flowOf('tcp', '198.51.100.1:40000', '198.51.100.10:9002'))).toBe('source');
  expect(watched.sideOf(flowOf('tcp', '198.51.100.1:40001', '198.51.100.10:9002'))).toBeNull();
  expect(watched.sideOf(flowOf('tcp', '198.51.100.7:50000', '198.51.100.1:22'))).toBe('answerer');
  expect(watched.sideOf(flowOf('udp', '198.51.100.1:5353', '198.51.100.9:53'))).toBe('source');
});

test('where one destination is blocked, the others are not watched', () => {
  const watched = new Watched({ addresses: ['10.0.0.2'], destinations: ['198.51.100.10'] });
  expect(watched.sideOf(flowOf('tcp', '10.0.0.2:1', '198.51.100.10:80'))).toBe('source');
  expect(watched.sideOf(flowOf('tcp', '10.0.0.2:1', '198.51.100.11:80'))).toBeNull();
});

test('a control group is named as nft wants it, and only a container’s own is ever meant', () => {
  const hybrid = 'cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n';
  const unified = 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n';
  const docker = parseCgroup(`1:cpu:/docker/${ID}\n0::/docker/${ID}`, hybrid);
  expect(docker).toEqual({ path: `unified/docker/${ID}`, level: 2 });
  expect(groupOfContainer(docker, ID)).toEqual(docker);
  const nested = parseCgroup(`0::/machine.slice/libpod-${ID}.scope/container`, unified);
  expect(groupOfContainer(nested, ID)).toEqual({ path: `machine.slice/libpod-${ID}.scope`, level: 2 });
  expect(parseCgroup('0::/', unified)).toBeNull();
  expect(parseCgroup(`0::/x" timeout 1s }; flush ruleset #/docker-${ID}.scope`, unified)).toBeNull();
  expect(groupOfContainer(parseCgroup('0::/system.slice/ssh.service', unified), ID)).toBeNull();
});

test('a rule names the destinations it is for, by family', () => {
  const rule = { table: 'stowaway_0123456789ab', timeout_seconds: 60, netns: null };
  const change = {
    ...rule,
    kind: 'drop-output' as const,
    container: ID,
    cgroup: { path: 'docker/x', level: 2 },
  };
  const lines = (destinations: string[]) =>
    dropOutputRuleset({ ...change, destinations })
      .split('\n')
      .filter((line) => line.startsWith('add rule'));
  expect(lines([])).toEqual([
    'add rule inet stowaway_0123456789ab output socket cgroupv2 level 2 @contained counter drop',
  ]);
  expect(lines(['198.51.100.10', '2001:db8::1']).map((line) => line.split('@contained ')[1])).toEqual([
    'ip daddr { 198.51.100.10 } counter drop',
    'ip6 daddr { 2001:db8::1 } counter drop',
  ]);
});
