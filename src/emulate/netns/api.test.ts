import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Engine } from '../../engine/engine.js';
import { NamespaceApi } from './api.js';

/** What needs no root: that the engines' client is understood, and refused where no engine is. */
let folder: string;
let api: NamespaceApi;
let engine: Engine;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-netns-'));
  api = new NamespaceApi({ id: 'stowaway-test', folder, addNamespace: async () => undefined }, 'nowhere');
  engine = new Engine(join(folder, 'engine.sock'));
  await api.listen(engine.socketPath);
});

afterEach(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

test('before anything is made there is nothing', async () => {
  expect(await engine.get('/containers/json?all=true')).toEqual([]);
  expect(await engine.get('/networks')).toEqual([]);
});

test('what is an engine’s work is refused, and why', async () => {
  for (const path of ['/containers/app1/pause', '/commit?container=app1', '/containers/app1/update'])
    await expect(engine.post(path)).rejects.toThrow(
      /network namespaces play the containers: there is no engine/,
    );
  await expect(engine.version()).rejects.toMatchObject({ status: 501 });
});

test('nobody is taken for somebody else', async () => {
  await expect(engine.get('/containers/app1/json')).rejects.toMatchObject({ status: 404 });
  await expect(engine.get('/exec/0/json')).rejects.toThrow('no such execution: 0');
});

test('who follows events is let go when it closes, and it can listen again', async () => {
  const stream = await engine.stream('/events');
  const ended = (async () => {
    for await (const _ of stream);
  })();
  await api.close();
  await expect(ended).rejects.toThrow();
  await expect(engine.get('/networks')).rejects.toThrow(/no engine listens/);
  await api.listen(engine.socketPath);
  expect(await engine.get('/networks')).toEqual([]);
});
