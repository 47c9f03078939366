import { afterEach, beforeEach, expect, test } from 'vitest';
import { TuningRefused } from '../live/tuning.js';
import { may, ROLE_NAMES } from './roles.js';
import { startTestServer, type TestServer } from './testing/stand-ins.js';

/** Who may try values, and how a refusal is told; what values do is shown in test/live-tuning.test.ts. */

const PATH = '/api/v1/strategies/T1567-x';
let refused: TuningRefused;
let server: TestServer;
beforeEach(async () => {
  refused = new TuningRefused('later', 'values are being tried already: ask again');
  server = await startTestServer({
    tuning: {
      parameters: () => [],
      backtest: async () => {
        throw refused;
      },
    },
  });
});
afterEach(() => server.end());

const trial = (token: string, body: unknown = { parameter: 'openAt' }) =>
  server.call(`${PATH}/backtest`, token, { method: 'POST', body: JSON.stringify(body) });

test.each(ROLE_NAMES)('%s reads parameters and tries values as the table of roles says', async (role) => {
  const token = await server.secretOf(role);
  const read = await server.call(`${PATH}/parameters`, token);
  expect([read.status, (await trial(token)).status]).toEqual([
    may(role, 'read') ? 200 : 403,
    may(role, 'triage') ? 429 : 403,
  ]);
});

test.each([
  ['unknown', 404, null],
  ['invalid', 400, null],
  ['later', 429, '5'],
] as const)('what is %s is told as %i', async (kind, status, wait) => {
  refused = new TuningRefused(kind, 'why');
  const answer = await trial(server.admin);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, wait]);
  expect(await answer.json()).toMatchObject({ detail: 'why' });
});

test.each([
  [{}, 'parameter in the body'],
  [{ parameter: 'openAt', values: [] }, 'values in the body'],
  [{ parameter: 'openAt', values: Array(16).fill(1) }, 'values in the body'],
  [{ parameter: 'openAt', values: ['1'] }, 'values.0 in the body'],
  [{ parameter: 'openAt', sql: 'x' }, 'the body: Unrecognized key'],
])('%j is refused with the place', async (body, why) => {
  const answer = await trial(server.admin, body);
  expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
    400,
    expect.stringContaining(why),
  ]);
});
