import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { JournalFull } from '../model/live.js';
import { startTestServer, type TestServer } from './testing/stand-ins.js';

// The journal is a stand-in in memory: what is tested is when the server acknowledges, and what it hands over.
let server: TestServer;
beforeEach(async () => {
  server = await startTestServer({ bounds: { bodyBytes: 10_000, plainBytes: 100_000 } });
});
afterEach(() => server.end());

const detailOf = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { detail: string }).detail;

describe('acknowledged is what the journal has taken', () => {
  test('not before', async () => {
    let release = (): void => {};
    server.journal.hold = new Promise((resolve) => {
      release = resolve;
    });
    let isAnswered = false;
    const answer = server.post('/ingest', '{"a":1}').then((response) => {
      isAnswered = true;
      return response;
    });
    while (server.journal.begun === 0) await new Promise((resume) => setTimeout(resume, 1));
    // Another request goes all the way there and back in the meantime.
    expect((await server.call('/healthz', '')).status).toBe(200);
    expect(isAnswered).toBe(false);
    release();
    expect(await (await answer).json()).toEqual({ accepted: 1 });
  });

  test('not when it is full: 503 with how long to wait', async () => {
    server.journal.failure = new JournalFull(6.2);
    for (const path of ['/ingest', '/ingest/falco', '/services/collector/raw', '/services/collector']) {
      const answer = await server.post(path, '{"event":{"a":1}}');
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '7']);
    }
  });

  test('not when the disk fails; the error is in the log and not in the answer', async () => {
    server.journal.failure = Object.assign(new Error('ENOSPC: /secret/place'), { code: 'ENOSPC' });
    const answer = await server.post('/ingest', '{"a":1}');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await detailOf(answer)).toBe('the journal cannot be written now: send it again');
    expect(server.logged.join('')).toContain('ENOSPC');
  });

  test('nothing of a body is kept that breaks off or is broken', async () => {
    const zipped = gzipSync('{"a":1}\n'.repeat(1000));
    const bodies: [Uint8Array<ArrayBuffer>, string][] = [
      [new Uint8Array(zipped.subarray(0, zipped.length - 5)), 'gzip'],
      [new Uint8Array(Buffer.from('no gzip')), 'gzip'],
      [new Uint8Array(Buffer.from('no zstd at all')), 'zstd'],
      [new Uint8Array(Buffer.from('x')), 'br'],
      [new Uint8Array(zipped), 'identity'],
    ];
    for (const [body, encoding] of bodies) {
      const answer = await server.post('/ingest', body, { 'content-encoding': encoding });
      expect(answer.status).toBe(400);
      expect(await detailOf(answer)).toMatch(/gzip|zstd/);
    }
    expect((await server.post('/ingest', '[{"a":1},{"b"')).status).toBe(400);
    expect(server.journal.begun).toBe(0);
  });

  test('an empty body is acknowledged and kept nowhere', async () => {
    for (const body of ['', '\n', '[]', '{"events":[]}'])
      expect(await (await server.post('/ingest/registry', body)).json()).toEqual({ accepted: 0 });
    expect(server.journal.begun).toBe(0);
  });
});

/** A frame of blocks that repeat one byte, without its size in the header. */
const zstdOf = (blocks: number, bytes: number): Uint8Array<ArrayBuffer> => {
  const block = (isLast: boolean): number[] => {
    const header = (bytes << 3) | 2 | Number(isLast);
    return [header & 255, (header >> 8) & 255, header >> 16, 0x78];
  };
  const body = Array.from({ length: blocks }, (_, index) => block(index === blocks - 1)).flat();
  return new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, ...body]);
};

describe('sizes', () => {
  test.each([
    ['said', 'x'.repeat(10_001), {}],
    ['gzip bomb', new Uint8Array(gzipSync(Buffer.alloc(9_000_000))), { 'content-encoding': 'gzip' }],
    ['zstd bomb', zstdOf(100, 100_000), { 'content-encoding': 'zstd' }],
  ])('too large: %s', async (_, body, headers) => {
    const answer = await server.post('/ingest', body, headers as Record<string, string>);
    expect(answer.status).toBe(413);
    expect(await detailOf(answer)).toContain('send less at once');
    expect(server.journal.begun).toBe(0);
  });

  test('zstd is read', async () => {
    const answer = await server.post('/ingest', zstdOf(3, 10), { 'content-encoding': 'zstd' });
    expect(answer.status).toBe(200);
    expect(server.journal.lines).toEqual(['x'.repeat(30)]);
    const broken = zstdOf(3, 10);
    broken[5] = 0xff;
    expect((await server.post('/ingest', broken, { 'content-encoding': 'zstd' })).status).toBe(400);
    expect(
      (await server.post('/ingest', zstdOf(3, 10).subarray(0, 12), { 'content-encoding': 'zstd' })).status,
    ).toBe(400);
  });
});

describe('names of sources', () => {
  test('one that there is not is 404 with the nearest', async () => {
    const answer = await server.post('/ingest/falko', '{}');
    expect(answer.status).toBe(404);
    expect(await detailOf(answer)).toBe(
      'no source of that name; did you mean falco? `stowaway sources list` names all',
    );
    expect(await detailOf(await server.post(`/ingest/${'x'.repeat(5000)}`, '{}'))).toBe(
      'no source of that name; `stowaway sources list` names all',
    );
  });

  test('the id of one source says which it is; the name of a product leaves it to the lines', async () => {
    await server.post('/ingest/kubernetes-audit', '{"a":1}');
    await server.post('/ingest/zeek', '{"a":1}');
    await server.post('/ingest', '{"a":1}');
    expect(server.journal.appended.map(({ input, source }) => [input, source])).toEqual([
      ['http:kubernetes-audit/a-ingest', 'kubernetes-audit'],
      ['http:zeek/a-ingest', null],
      ['http/a-ingest', null],
    ]);
  });
});

describe('a token for certain sources', () => {
  const AUDIT = '{"kind":"Event","auditID":"1","stage":"ResponseComplete","verb":"get","requestURI":"/"}';
  const FALCO = '{"rule":"r","priority":"p","output_fields":{"proc.cmdline":"nc"},"time":"t"}';
  const FILE = '{"rule":"r","priority":"p","output_fields":{"evt.type":"openat"},"time":"t"}';
  const give = async (sources: string[], path: string, body: string) => {
    const secret = await server.secretOf('ingest', sources);
    return server.call(path, secret, { method: 'POST', body });
  };

  test('hands over nothing of another by name', async () => {
    const answer = await give(['falco'], '/ingest/kubernetes-audit', AUDIT);
    expect([answer.status, await detailOf(answer)]).toEqual([
      403,
      'this token hands over logs of falco only',
    ]);
    expect(server.journal.begun).toBe(0);
  });

  test('hands over nothing of another by content: its lines are all given to its sources', async () => {
    expect((await give(['falco'], '/ingest', `${FALCO}\n${AUDIT}\n${FILE}\nx\n`)).status).toBe(200);
    expect(server.journal.appended.map(({ source, text }) => [source, text])).toEqual([
      ['falco', `${FALCO}\n${AUDIT}\nx\n`],
      ['falco-file', `${FILE}\n`],
    ]);
  });

  test('of one source needs to name none, whatever the door', async () => {
    await give(['kubernetes-audit'], '/ingest', FALCO);
    await give(['kubernetes-audit'], '/ingest/kubernetes', FALCO);
    await give(['kubernetes-audit'], '/services/collector', `{"event":${FALCO}}`);
    expect(server.journal.appended.map(({ source }) => source)).toEqual(Array(3).fill('kubernetes-audit'));
  });
});

describe('who may', () => {
  test.each(['viewer', 'analyst', 'engineer', 'responder', 'admin'] as const)(
    '%s may not hand over logs',
    async (role) => {
      const answer = await server.call('/ingest', await server.secretOf(role), {
        method: 'POST',
        body: '{}',
      });
      expect(answer.status).toBe(403);
    },
  );

  test('nobody may without a token, and no other method is taken', async () => {
    expect((await fetch(`${server.url}/ingest`, { method: 'POST', body: '{}' })).status).toBe(401);
    expect(
      (await fetch(`${server.url}/ingest?token=${server.ingest}`, { method: 'POST', body: '{}' })).status,
    ).toBe(401);
    const answer = await server.call('/ingest/falco', server.ingest);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    expect(server.journal.begun).toBe(0);
  });
});

describe('how much at once', () => {
  test('a token that asks too often waits', async () => {
    const slow = await startTestServer({ bounds: { requestsPerSecond: 1 }, now: () => new Date(0) });
    const answers = [];
    for (let n = 0; n < 3; n += 1) answers.push(await slow.post('/ingest', 'x'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[2]!.headers.get('retry-after')).toBe('1');
    await slow.end();
  });

  test('one token has at most half of the places; all are given back', async () => {
    const small = await startTestServer({ bounds: { concurrentIngest: 2 } });
    let release = (): void => {};
    small.journal.hold = new Promise((resolve) => {
      release = resolve;
    });
    const first = small.post('/ingest', 'x');
    while (small.journal.begun === 0) await new Promise((resume) => setTimeout(resume, 1));
    const second = await small.post('/ingest', 'x');
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '1']);
    const other = small.call('/ingest', await small.secretOf('ingest'), { method: 'POST', body: 'y' });
    while (small.journal.begun === 1) await new Promise((resume) => setTimeout(resume, 1));
    release();
    expect([(await first).status, (await other).status]).toEqual([200, 200]);
    expect((await small.post('/ingest', 'x')).status).toBe(200);
    await small.end();
  });

  test('bodies that are held are bounded together, and let go', async () => {
    const small = await startTestServer({ bounds: { memoryBytes: 5000 } });
    expect((await small.post('/ingest', 'x'.repeat(6000))).status).toBe(503);
    for (let n = 0; n < 5; n += 1) expect((await small.post('/ingest', 'x'.repeat(4000))).status).toBe(200);
    await small.end();
  });
});
