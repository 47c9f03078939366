import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { QueryError } from '../model/event-query/parse.js';
import type { Explorations } from '../model/explore.js';
import { may, ROLE_NAMES } from './roles.js';
import { startTestServer, type TestServer } from './testing/stand-ins.js';

const PATHS = [
  '/events?table=connection',
  '/events/histogram?table=http',
  '/events/values?table=dns&field=rcode',
  '/events/pairs',
  '/events/rhythm',
  '/graph',
];

describe('questions about stored events', () => {
  let server: TestServer;
  const asked: unknown[] = [];
  let failure: Error | null = null;
  const nowhere = { from: '2026-11-21T03:00:00.000Z', to: '2026-11-21T03:00:00.000Z' };

  beforeEach(async () => {
    asked.length = 0;
    failure = null;
    server = await startTestServer();
    const rows: Explorations['rows'] = async (question) => {
      asked.push(question);
      if (failure) throw failure;
      return { ...nowhere, rows: [], reachable: 1 };
    };
    Object.assign(server.explorations, { rows });
  });
  afterEach(() => server.end());

  const call = async (path: string, token = server.admin) => {
    const answer = await server.call(`/api/v1${path}`, token);
    return { status: answer.status, detail: ((await answer.json()) as { detail?: string }).detail ?? '' };
  };

  test.each(ROLE_NAMES)('%s may ask them if it may read', async (role) => {
    const token = await server.secretOf(role);
    for (const path of PATHS)
      expect([path, (await call(path, token)).status]).toEqual([path, may(role, 'read') ? 200 : 403]);
  });

  test('reach the store as they are asked', async () => {
    await call(
      '/events?table=file&filter=file_path%3A*x%20-a&now=2026-11-22T15:00:00Z&sort=file_size&limit=5&offset=10',
    );
    expect(asked).toEqual([
      {
        ...{ table: 'file', filter: 'file_path:*x -a', now: '2026-11-22T15:00:00Z', sort: 'file_size' },
        ...{ limit: 5, offset: 10 },
      },
    ]);
  });

  test.each([
    ['/events?table=finding', 'table in the query'],
    ['/events?table=connection&limit=501', 'limit in the query'],
    ['/events?table=connection&offset=10001', 'offset in the query'],
    ['/events?table=connection&now=yesterday', 'now in the query'],
    [`/events?table=connection&filter=${'x'.repeat(4001)}`, 'filter in the query'],
    ['/events?table=connection&sql=SELECT', 'Unrecognized key'],
    ['/graph?edges=none', 'edges in the query'],
  ])('%s is refused with the place', async (path, detail) => {
    expect(await call(path)).toEqual({ status: 400, detail: expect.stringContaining(detail) });
    expect(asked).toEqual([]);
  });

  test('a filter that is wrong, and one that takes too long, are the asker’s to mend', async () => {
    failure = new QueryError([{ column: 7, says: 'there is no such field' }]);
    expect(await call(PATHS[0]!)).toEqual({
      status: 400,
      detail: 'column 7 of the filter: there is no such field',
    });
    failure = new Error('Timeout exceeded: elapsed 30.1 seconds. (TIMEOUT_EXCEEDED)');
    expect(await call(PATHS[0]!)).toEqual({
      status: 400,
      detail: expect.stringContaining('narrow the time'),
    });
    failure = new Error('the engine is gone');
    expect((await call(PATHS[0]!)).status).toBe(503);
  });
});
