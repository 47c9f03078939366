import { expect, test } from 'vitest';
import { type Actor, eventOf, inspected, PLAYED_BY } from './inspect.js';
import type { NetworkSpec } from './wires.js';

const network: NetworkSpec = {
  Name: 'workloads',
  IPAM: { Config: [{ Subnet: '10.96.0.0/24', Gateway: '10.96.0.1' }] },
  Options: {},
  Labels: {},
};
const stage = { network, networkId: 'n'.repeat(64), imageId: 'sha256:1' };

const actor: Actor = {
  id: 'a'.repeat(64),
  name: 'app1',
  body: {
    Image: 'localhost/tools:latest',
    Cmd: ['sleep', 'infinity'],
    Labels: { tier: 'web' },
    HostConfig: { NetworkMode: 'workloads', Binds: ['/srv/keys:/keys:ro'], CapAdd: ['NET_ADMIN'] },
  },
  created: new Date('2026-11-21T10:00:00Z'),
  started: new Date('2026-11-21T10:00:01Z'),
  finished: null,
  exitCode: 0,
  pid: 4711,
  netns: 'stowaway-1-aaaaaaaa',
  endpoint: { device: 'vethaaaaaaaa', address: '10.96.0.2', mac: '02:42:0a:60:00:02' },
};

test('whose address it is stands in the inventory, and that no engine runs it', () => {
  const said = inspected(actor, stage);
  // What belongs to the lab is told by the line's beginning.
  expect(JSON.stringify(said)).toMatch(/^\{"Id":"a{64}"/);
  expect(said).toMatchObject({
    Driver: 'network namespace',
    HostConfig: { Runtime: 'none', NetworkMode: 'workloads' },
    Config: { Labels: { tier: 'web', ...PLAYED_BY } },
    Mounts: [{ Type: 'bind', Source: '/srv/keys', Destination: '/keys', RW: false }],
    NetworkSettings: {
      SandboxKey: '/run/netns/stowaway-1-aaaaaaaa',
      Networks: { workloads: { IPAddress: '10.96.0.2', IPPrefixLen: 24, Gateway: '10.96.0.1' } },
    },
  });
});

test('one in the network of another has no address of its own', () => {
  const sharing: Actor = { ...actor, endpoint: null };
  expect(inspected(sharing, stage)).toMatchObject({ NetworkSettings: { Networks: {} } });
});

test.each([
  [{ started: null }, { Status: 'created', Running: false }],
  [{}, { Status: 'running', Running: true, FinishedAt: '0001-01-01T00:00:00Z' }],
  [
    { finished: new Date('2026-11-21T10:05:00Z'), exitCode: 3 },
    { Status: 'exited', Running: false, ExitCode: 3 },
  ],
])('its state follows from its times: %o', (times, state) => {
  expect(inspected({ ...actor, ...times }, stage).State).toMatchObject(state);
});

test('only an end tells how it ended', () => {
  const at = new Date('2026-11-21T10:05:00.250Z');
  const started = eventOf(actor, 'start', at);
  expect(started).toMatchObject({ Action: 'start', time: 1795255500, timeNano: 1795255500250000000 });
  expect(started.Actor).toEqual({
    ID: actor.id,
    Attributes: { image: 'localhost/tools:latest', name: 'app1', tier: 'web', ...PLAYED_BY },
  });
  expect(eventOf({ ...actor, exitCode: 137 }, 'die', at).Actor).toMatchObject({
    Attributes: { exitCode: '137' },
  });
});
