import { expect, test } from 'vitest';
import { credentialChecklist } from './credentials.js';
import { inspect } from './inspect.js';

const ID = 'cd'.repeat(32);

/** The checklist of a container as the engine answers for it. */
async function checklist(values: { Env?: string[] | null; Mounts?: object[] | null }): Promise<string> {
  const answer = {
    ...{ Id: ID, Name: '/app1', Image: 'sha256:0', Args: [], HostConfig: {}, NetworkSettings: {} },
    Config: { Image: 'app:1', Env: values.Env },
    State: { Running: true, Paused: false, Pid: 7, StartedAt: '' },
    Mounts: values.Mounts,
  };
  const refuse = () => Promise.reject(new Error('only reads'));
  const engine = { get: async () => answer, post: refuse, getRaw: refuse } as never;
  return credentialChecklist((await inspect(engine, ID))!).join('\n');
}

test('names what stands in variables and mounts, and never a value', async () => {
  const text = await checklist({
    Env: ['PATH=/bin', 'DB_PASSWORD=hunter2', 'AWS_SECRET_ACCESS_KEY=a=b', 'DB_PASSWORD=again'],
    Mounts: [{ Type: 'bind', Source: '/srv/keys', Destination: '/keys', RW: false }],
  });
  expect(text.match(/environment variable DB_PASSWORD$/gm)).toHaveLength(1);
  expect(text).toMatch(/environment variable AWS_SECRET_ACCESS_KEY$/m);
  expect(text).toContain('look at 1 environment variables');
  expect(text).toContain('bind /srv/keys (in the container /keys)');
  expect(text).not.toMatch(/hunter2|again|a=b/);
});

test('an engine socket is the whole host, and is told once', async () => {
  const socket = { Type: 'bind', Source: '/run/podman/podman.sock', Destination: '/var/run/docker.sock' };
  const text = await checklist({ Mounts: [socket] });
  expect(text).toContain('engine socket /run/podman/podman.sock is mounted');
  expect(text.match(/podman\.sock/g)).toHaveLength(1);
});

test('says without variables or mounts, too, that nothing is revoked here', async () => {
  expect(await checklist({ Env: null, Mounts: null })).toMatch(/^cannot be revoked here: the engine issues/);
});
