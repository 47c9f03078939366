import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toAllowance } from '../model/allowance.js';
import {
  type AllowancePreview,
  AllowanceRefused,
  type Allowances,
  type ListedAllowance,
} from '../model/live-allowances.js';
import { may, ROLE_NAMES } from './roles.js';
import { startTestServer, type TestServer } from './testing/stand-ins.js';

/** What the endpoints take, refuse and write down; what an allowance hides is shown in test/live-allowances.test.ts. */

const PATH = '/api/v1/allowances';
const ENTRY = { workload: 'shop/backup', reason: 'nightly backup', owner: 'ops', expires: '2099-12-31' };
const AT = '2026-11-21T03:00:00.000Z';

let given: ListedAllowance[];
let refused: string | null;
const nothing = { looked_at: 0, hidden: 0, findings: [] };
const inMemory: Allowances = {
  list: async () => given,
  preview: async (): Promise<AllowancePreview> => ({
    ...{ refused, true_positives: [], opened: [] },
    ...{ open: nothing, past: nothing },
  }),
  async add(id, entry, by) {
    if (entry.reason === 'judged meanwhile') throw new AllowanceRefused('it would hide a1');
    const one: ListedAllowance = {
      ...{ id, state: 'active', allowance: toAllowance(entry), revoked: null, hid: 0, hides: 0 },
      given: { by, at: AT, why: entry.reason },
    };
    given.push(one);
    return one;
  },
  async revoke(id, by, why) {
    const one = given.find((each) => each.id === id)!;
    return Object.assign(one, { state: 'revoked', revoked: { by, at: AT, why } });
  },
};

let server: TestServer;
beforeEach(async () => {
  given = [];
  refused = null;
  server = await startTestServer({ allowances: inMemory });
});
afterEach(() => server.end());

const post = (path: string, token: string, body: unknown) =>
  server.call(`${PATH}${path}`, token, { method: 'POST', body: JSON.stringify(body) });
const audited = async () => (await server.audit.read({ limit: 100 })).entries;
const problemOf = async (answer: Response) => [
  answer.status,
  ((await answer.json()) as { detail: string }).detail,
];

test.each(ROLE_NAMES)('%s looks at, previews, gives and revokes as the table of roles says', async (role) => {
  const token = await server.secretOf(role);
  const { id } = await inMemory.add('a1', { ...ENTRY }, 'alice');
  const asked = {
    read: (await server.call(PATH, token)).status,
    triage: (await post('/preview', token, ENTRY)).status,
    tune: (await post('', token, ENTRY)).status,
  };
  const revoked = (await post(`/${id}/revoke`, token, { why: 'over' })).status;
  expect(asked).toEqual({
    read: may(role, 'read') ? 200 : 403,
    triage: may(role, 'triage') ? 200 : 403,
    tune: may(role, 'tune') ? 201 : 403,
  });
  expect(revoked).toBe(may(role, 'tune') ? 200 : 403);
});

test('what is given and revoked is written down: who, what, why, from where', async () => {
  const engineer = await server.secretOf('engineer');
  const { id } = (await (await post('', engineer, ENTRY)).json()) as ListedAllowance;
  expect(id).toMatch(/^[0-9a-f]{12}$/);
  await post(`/${id}/revoke`, engineer, { why: 'the job is gone' });
  const [revoked, added] = await audited();
  const common = { who: 'a-engineer', target: id, from: '127.0.0.1' };
  expect(added).toMatchObject({ ...common, what: 'allowance.add', detail: ENTRY });
  expect(revoked).toMatchObject({ ...common, what: 'allowance.revoke', detail: { why: 'the job is gone' } });
});

describe('is refused', () => {
  test.each([
    [{ ...ENTRY, owner: undefined }, 'owner in the body'],
    [{ ...ENTRY, reason: '' }, 'reason in the body'],
    [{ ...ENTRY, reason: 'x'.repeat(1001) }, 'reason in the body: longer than 1000 characters'],
    [{ ...ENTRY, expires: undefined }, 'expires in the body'],
    [{ ...ENTRY, expires: 'never' }, 'expires in the body: a day such as 2026-12-31'],
    [{ ...ENTRY, expires: '2020-01-01' }, 'expires in the body: 2020-01-01 is over already'],
    [{ ...ENTRY, workload: undefined }, 'name a workload, an image or a destination'],
    [{ ...ENTRY, destination: '198.51.100.0/99' }, 'destination in the body'],
    [{ ...ENTRY, destination: ['ok.example', '10.0.0.0/x'] }, 'destination'],
    [{ ...ENTRY, destination: Array(101).fill('a.example') }, 'destination in the body: more than 100'],
    [{ ...ENTRY, schedule: { from: '25:00' } }, 'schedule.from in the body'],
    [{ ...ENTRY, verdict: 'benign' }, 'the body: Unrecognized key'],
  ])('%j', async (body, why) => {
    expect(await problemOf(await post('', server.admin, body))).toEqual([400, expect.stringContaining(why)]);
    expect([given, await audited()]).toEqual([[], []]);
  });

  test('what would hide a true positive, in the words of the preview', async () => {
    refused = 'it would hide a1 (T1567 on shop/api), judged a true positive';
    expect(await problemOf(await post('', server.admin, ENTRY))).toEqual([409, refused]);
    expect([given, await audited()]).toEqual([[], []]);
    expect(await (await post('/preview', server.admin, ENTRY)).json()).toMatchObject({ refused });
    refused = null;
    const meanwhile = await post('', server.admin, { ...ENTRY, reason: 'judged meanwhile' });
    expect(await problemOf(meanwhile)).toEqual([409, 'it would hide a1']);
  });

  test('to revoke what is not there, what the configuration states, and what was revoked', async () => {
    const why = { why: 'x' };
    expect(await problemOf(await post('/nothing/revoke', server.admin, why))).toEqual([
      404,
      'no allowance nothing; those of stowaway.yaml are changed there',
    ]);
    const { id } = await inMemory.add('a1', { ...ENTRY }, 'alice');
    expect((await post(`/${id}/revoke`, server.admin, {})).status).toBe(400);
    await post(`/${id}/revoke`, server.admin, why);
    expect(await problemOf(await post(`/${id}/revoke`, server.admin, why))).toEqual([
      409,
      expect.stringContaining('a1 was revoked already, by first-admin'),
    ]);
  });
});
