import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { Engine } from '../engine/engine.js';
import { applyPlan } from '../respond/apply.js';
import { approvePlan } from '../respond/approve.js';
import type { ResponseMode } from '../respond/responder.js';
import { responsesOf } from '../respond/responses.js';
import type { Surroundings } from '../respond/surroundings.js';
import { ITS_FINDING, OneContainer } from '../respond/testing/one-container.js';
import { openLog } from './log.js';
import { tellRecovery } from './open-responder.js';
import { startTestServer, type TestServer } from './testing/stand-ins.js';

// The engine is a stand-in in memory; the ledger and its lock are the real ones. test/respond-console.test.ts asks a real engine.

/** What came back, to be looked at. */
// biome-ignore lint/suspicious/noExplicitAny: answers are held against what is expected, not typed
type Loose = any;

class Desk {
  private constructor(
    readonly server: TestServer,
    readonly one: OneContainer,
  ) {}

  static async open(mode: ResponseMode = 'apply', more: Partial<Surroundings> = {}): Promise<Desk> {
    const one = await OneContainer.open(mode, more);
    const { responder, world } = one;
    const server = await startTestServer({ responder, now: () => new Date(world.clock) });
    server.findings.add('a1', { ...ITS_FINDING, destinations: [...ITS_FINDING.destinations] });
    return new Desk(server, one);
  }

  async ask(
    path: string,
    body?: unknown,
    token = this.server.admin,
  ): Promise<{ status: number; body: Loose }> {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const answer = await this.server.call(`/api/v1${path}`, token, init);
    return { status: answer.status, body: await answer.json() };
  }

  async planned(wish: object = { action: 'pause' }): Promise<string> {
    const { status, body } = await this.ask('/findings/a1/responses', wish);
    expect([status, body.detail]).toEqual([201, undefined]);
    return body.response.hash;
  }

  async approved(wish?: object): Promise<string> {
    const hash = await this.planned(wish);
    expect((await this.ask(`/responses/${hash}/approve`, { why: 'case 17' })).status).toBe(200);
    return hash;
  }

  async audited(): Promise<Loose[]> {
    return (await this.ask('/audit')).body.entries.reverse();
  }

  async close(): Promise<void> {
    await this.one.close();
    await this.server.end();
  }
}

let desk: Desk;
afterEach(() => desk.close());

test('a plan shows every change and its cost, and changes nothing', async () => {
  desk = await Desk.open();
  const { body: options } = await desk.ask('/findings/a1/actions');
  expect(options).toMatchObject({
    container: { id: 'c'.repeat(64), name: 'web' },
    usual: 'pause',
    refused: [],
  });
  const refusedOf = (action: string) => options.actions.find((each: Loose) => each.action === action).refused;
  expect(refusedOf('pause')).toEqual([]);
  expect(refusedOf('stop-restarts')[0]).toContain('does not restart it');
  const hash = await desk.planned({ action: 'block-destination', expires_seconds: 900 });
  const { body } = await desk.ask(`/responses/${hash}`);
  expect(body.response).toMatchObject({ hash, status: 'planned', approvals: [], changes: [] });
  expect(body.plan).toMatchObject({ confirm: 'web', expires_seconds: 900 });
  const [{ before, after }] = body.plan.differences;
  expect([before, after.join('\n')]).toEqual([
    [],
    expect.stringContaining('ip daddr { 198.51.100.10 } counter drop'),
  ]);
  expect(body.plan.cost.join()).toContain('198.51.100.10');
  expect(desk.one.touched).toEqual([]);
});

test('what was approved by its hash is applied, shown, reverted, and written down with who and why', async () => {
  desk = await Desk.open();
  const hash = await desk.approved();
  const applied = await desk.ask(`/responses/${hash}/apply`, { confirm: 'web' });
  expect(applied.body.response).toMatchObject({
    status: 'contained',
    in_force: true,
    seconds_left: expect.any(Number),
    verification: { verdict: 'not verified' },
  });
  expect(desk.one.touched).toEqual(['pause']);
  const reverted = await desk.ask(`/responses/${hash}/revert`, { why: 'it was a backup' });
  expect(reverted.body.response).toMatchObject({
    status: 'closed',
    closed: { why: 'first-admin: it was a backup' },
  });
  expect(desk.one.touched).toEqual(['pause', 'unpause']);
  const list = await desk.ask('/responses?finding=a1');
  expect(list.body).toMatchObject({ mode: 'apply', total: 1, responses: [{ hash }] });
  expect((await desk.ask('/responses?finding=a2')).body.total).toBe(0);
  expect((await desk.audited()).map(({ who, what, target, detail }) => [who, what, target, detail])).toEqual([
    ['first-admin', 'response.plan', 'a1', { action: 'pause' }],
    ['first-admin', 'response.approve', hash, { why: 'case 17' }],
    ['first-admin', 'response.apply', hash, { confirm: 'web' }],
    ['first-admin', 'response.revert', hash, { why: 'it was a backup' }],
  ]);
});

test('an analyst plans, a responder approves and applies, a viewer looks, a producer does nothing', async () => {
  desk = await Desk.open();
  const [viewer, analyst, responder, producer] = await Promise.all(
    (['viewer', 'analyst', 'responder', 'ingest'] as const).map((role) => desk.server.secretOf(role)),
  );
  const statusOf = async (path: string, body: unknown, token: string | undefined) =>
    (await desk.ask(path, body, token)).status;
  for (const token of [viewer, producer]) {
    expect(await statusOf('/findings/a1/responses', {}, token)).toBe(403);
    expect(await statusOf('/findings/a1/actions', undefined, token)).toBe(403);
  }
  // So many refusals of one address are refused themselves.
  desk.one.world.clock += 600_000;
  const { body } = await desk.ask('/findings/a1/responses', { action: 'pause' }, analyst);
  const { hash } = body.response;
  expect(await statusOf(`/responses/${hash}`, undefined, viewer)).toBe(200);
  expect(await statusOf(`/responses/${hash}`, undefined, producer)).toBe(403);
  const deeds = [
    ['approve', { why: 'x' }],
    ['apply', { confirm: 'web' }],
    ['revert', { why: 'x' }],
  ] as const;
  for (const [deed, asked] of deeds)
    for (const token of [viewer, analyst])
      expect([deed, await statusOf(`/responses/${hash}/${deed}`, asked, token)]).toEqual([deed, 403]);
  expect(desk.one.touched).toEqual([]);
  for (const [deed, asked] of deeds)
    expect([deed, await statusOf(`/responses/${hash}/${deed}`, asked, responder)]).toEqual([deed, 200]);
});

test('nothing is applied without an approval of that hash, and of no other plan', async () => {
  desk = await Desk.open();
  const approved = await desk.approved();
  desk.one.world.clock += 1000;
  const other = await desk.planned();
  expect(other).not.toBe(approved);
  const refused = await desk.ask(`/responses/${other}/apply`, { confirm: 'web' });
  expect(refused).toMatchObject({ status: 409, body: { reasons: ['nobody approved the plan'] } });
  for (const wrong of [approved.slice(0, 12), approved.replace(/.$/, (last) => (last === '0' ? '1' : '0'))])
    expect((await desk.ask(`/responses/${wrong}/apply`, { confirm: 'web' })).status).toBe(404);
  const misread = await desk.ask(`/responses/${approved}/apply`, { confirm: 'Web' });
  expect(misread.body.detail).toContain('confirm is not the name');
  expect(desk.one.touched).toEqual([]);
  expect((await desk.audited()).filter(({ what }) => what === 'response.apply.failed')).toHaveLength(4);
});

test('what changed since it was approved is refused, and so is what is protected', async () => {
  desk = await Desk.open();
  const hash = await desk.approved();
  desk.one.container.pid = 999;
  const changed = await desk.ask(`/responses/${hash}/apply`, { confirm: 'web' });
  expect([changed.status, changed.body.detail]).toEqual([409, expect.stringContaining('target.pid')]);
  desk.one.container.labels = { 'stowaway.protected': 'true' };
  const planned = await desk.ask('/findings/a1/responses', { action: 'pause' });
  expect([planned.status, planned.body.reasons]).toEqual([
    409,
    [`container cccccccccccc is protected by label stowaway.protected=true`],
  ]);
  expect((await desk.ask('/findings/a1/actions')).body.actions[0].refused[0]).toContain('protected');
  expect(desk.one.touched).toEqual([]);
});

test('of two who apply at once one does', async () => {
  desk = await Desk.open();
  const hash = await desk.approved();
  const answers = await Promise.all(
    [1, 2].map(() => desk.ask(`/responses/${hash}/apply`, { confirm: 'web' })),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect(answers.find(({ status }) => status === 409)?.body.detail).toContain('carried out already');
  expect(desk.one.touched).toEqual(['pause']);
});

test('a server whose configuration allows plans alone applies none, and one that allows nothing plans none', async () => {
  desk = await Desk.open('plan');
  const hash = await desk.approved();
  const applied = await desk.ask(`/responses/${hash}/apply`, { confirm: 'web' });
  expect([applied.status, applied.body.detail]).toEqual([
    409,
    expect.stringContaining('serve.responses is plan'),
  ]);
  expect((await desk.ask(`/responses/${hash}/revert`, { why: 'x' })).status).toBe(409);
  expect(desk.one.touched).toEqual([]);
  await desk.close();
  desk = await Desk.open('off');
  expect((await desk.ask('/responses')).body).toEqual({ mode: 'off', responses: [], total: 0 });
  expect((await desk.ask('/findings/a1/actions')).status).toBe(409);
  expect((await desk.ask('/findings/a1/responses', {})).status).toBe(409);
});

test('a browser’s session alone changes nothing: the console’s own value goes with it', async () => {
  desk = await Desk.open();
  const hash = await desk.approved();
  const begun = await desk.server.call('/api/v1/session', desk.server.admin, { method: 'POST' });
  const cookie = begun.headers.get('set-cookie')!.split(';')[0]!;
  const { csrf } = (await begun.json()) as { csrf: string };
  const apply = (headers: Record<string, string>) =>
    fetch(`${desk.server.url}/api/v1/responses/${hash}/apply`, {
      method: 'POST',
      body: JSON.stringify({ confirm: 'web' }),
      headers: { cookie, ...headers },
    });
  expect((await apply({})).status).toBe(403);
  expect(desk.one.touched).toEqual([]);
  expect((await apply({ 'x-stowaway-csrf': csrf })).status).toBe(200);
});

test('an engine that does not answer is told in one line', async () => {
  desk = await Desk.open('apply', { connect: () => new Engine('/nonexistent/engine.sock') });
  const { status, body } = await desk.ask('/findings/a1/actions');
  expect([status, body.detail]).toEqual([
    503,
    'no engine listens on /nonexistent/engine.sock; start it, or say in respond.engine_socket where it listens',
  ]);
});

test('what cannot be written into the audit log is not done', async () => {
  desk = await Desk.open();
  const hash = await desk.approved();

  await rm(join(desk.server.folder, 'audit.ndjson'));

  await mkdir(join(desk.server.folder, 'audit.ndjson'));
  expect((await desk.ask(`/responses/${hash}/apply`, { confirm: 'web' })).status).toBe(503);
  expect(desk.one.touched).toEqual([]);
});

test('the command line and the server see one ledger, whoever wrote into it', async () => {
  desk = await Desk.open();
  const byServer = await desk.planned();
  await approvePlan(byServer, { by: 'root', reason: 'on the phone', segment: null }, desk.one.surroundings);
  const { body } = await desk.ask(`/responses/${byServer}`);
  expect(body.response).toMatchObject({ status: 'approved', approvals: [{ by: 'root' }] });
  await applyPlan(byServer, desk.one.surroundings);
  expect((await desk.ask(`/responses/${byServer}`)).body.response.status).toBe('contained');
  await desk.ask(`/responses/${byServer}/revert`, { why: 'over' });
  const [seen] = responsesOf(await desk.one.surroundings.ledger.read());
  expect(seen?.closed?.why).toBe('first-admin: over');
});

test('what expires is reverted once by the running server, which says so', async () => {
  desk = await Desk.open();
  const hash = await desk.approved({ action: 'pause', expires_seconds: 600 });
  await desk.ask(`/responses/${hash}/apply`, { confirm: 'web' });
  let changes = 0;
  desk.one.responder.onChange(() => {
    changes += 1;
  });
  desk.one.responder.follow(tellRecovery(desk.server.audit, openLog({ write: () => {} })));
  await sleep(1500);
  expect(desk.one.touched).toEqual(['pause']);
  desk.one.world.clock += 601_000;
  for (let waited = 0; waited < 100 && desk.one.touched.length < 2; waited += 1) await sleep(50);
  await sleep(1500);
  expect(desk.one.touched).toEqual(['pause', 'unpause']);
  expect(changes).toBeGreaterThanOrEqual(2);
  expect((await desk.audited()).at(-1)).toMatchObject({
    who: 'stowaway',
    what: 'response.recover',
    target: hash.slice(0, 12),
    detail: { why: `${hash.slice(0, 12)}: expired; reverted` },
  });
});
