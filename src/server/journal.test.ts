import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openJournal } from '../collect/journal.js';
import { startTestServer } from './testing/stand-ins.js';

test('with the real journal: acknowledged is in segments, full is 503, and it recovers by itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stowaway-journal-'));
  const journal = await openJournal(folder, { maxBytes: 4000 });
  const server = await startTestServer({ journal });
  const taken: number[] = [];
  let full: Response | null = null;
  for (let n = 0; full === null; n += 1) {
    const answer = await server.post('/ingest/kubernetes-audit', `[{"n":${n},"pad":"${'x'.repeat(500)}"}]`);
    if (answer.status === 200) taken.push(n);
    else full = answer;
  }
  expect([full.status, Number(full.headers.get('retry-after')) > 0]).toEqual([503, true]);
  const segments = await journal.take();
  const text = (await Promise.all(segments.map(({ path }) => readFile(path, 'utf8')))).join('');
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { n: number }).n),
  ).toEqual(taken);
  expect(segments[0]).toMatchObject({ input: 'http:kubernetes-audit/a-ingest', source: 'kubernetes-audit' });
  for (const segment of segments) await journal.remove(segment);
  expect((await server.post('/ingest', 'x')).status).toBe(200);
  await server.end();
  await journal.close();
  await rm(folder, { recursive: true, force: true });
});
