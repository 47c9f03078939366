import { expect, test } from 'vitest';
import { type Change, inverseOf } from './change.js';
import { differenceOf } from './diff.js';

const container = 'a'.repeat(64);
const rule = { table: 'stowaway_0123456789ab', timeout_seconds: 900, destinations: ['198.51.100.10'] };
const endpoint = {
  ...{ network_id: 'n1', network: 'back', ipv4: '10.96.1.2', ipv6: '', aliases: ['web'] },
  ...{ links: [], driver_opts: {}, gw_priority: 0 },
};
const cgroup = { path: 'unified/docker/x', level: 3 };

const CHANGES: [Change, { where: string; before: string[]; after: string[] }][] = [
  [
    { kind: 'pause', container },
    { where: 'container aaaaaaaaaaaa', before: ['state: running'], after: ['state: paused'] },
  ],
  [
    { kind: 'disconnect', container, endpoint },
    { where: 'container aaaaaaaaaaaa', before: ['network: back, 10.96.1.2, aliases web'], after: [] },
  ],
  [
    { kind: 'stop-restarts', container, previous: { name: 'on-failure', retries: 5 } },
    {
      where: 'container aaaaaaaaaaaa',
      before: ['restart policy: on-failure:5'],
      after: ['restart policy: no'],
    },
  ],
];

test.each(CHANGES)(
  '%j is told by what goes and what comes, and its inverse the other way round',
  (change, told) => {
    expect(differenceOf(change)).toEqual(told);
    expect(differenceOf(inverseOf(change)!)).toEqual({ ...told, before: told.after, after: told.before });
  },
);

test('a rule is told as the text that nft is given', () => {
  const own = differenceOf({ kind: 'drop', ...rule, devices: ['veth1'], netns: 'lab' });
  expect(own.where).toBe('nftables of network namespace lab');
  expect(own.after).toContain(
    'add rule netdev stowaway_0123456789ab ingress iifname @contained ip daddr { 198.51.100.10 } counter drop',
  );
  const shared = differenceOf({ kind: 'drop-output', ...rule, container, cgroup, netns: null });
  expect([shared.where, shared.before]).toEqual(['nftables of this host', []]);
  expect(shared.after[0]).toBe('create table inet stowaway_0123456789ab');
});
