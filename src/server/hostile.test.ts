import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from './testing/stand-ins.js';

// The journal is a stand-in that forgets: what is tested is what hostile clients do to the server.
let server: TestServer;
/** Has time: unpacking takes seconds where the machine is busy, and who is let go meanwhile gets no answer. */
let patient: TestServer;
beforeAll(async () => {
  const bounds = { bodyBytes: 2_000_000, plainBytes: 4_000_000 };
  patient = await startTestServer({ bounds });
  server = await startTestServer({
    bounds: { ...bounds, headerTimeoutSeconds: 1, requestTimeoutSeconds: 2 },
  });
  for (const { journal } of [patient, server]) journal.keep = false;
});
afterAll(() => Promise.all([patient.end(), server.end()]));

const isAlive = async (): Promise<void> => expect((await server.call('/healthz', '')).status).toBe(200);

const INGEST = [
  '/ingest',
  '/ingest/falco',
  '/ingest/zeek',
  '/services/collector',
  '/services/collector/raw',
  '/_bulk',
  '/x/_bulk',
];
const API = [
  '/findings',
  '/findings/a1',
  '/findings/a1/changes',
  '/findings/a1/events',
  '/status',
  '/strategies',
  '/sources',
  '/me',
  '/tokens',
  '/tokens/x',
  '/audit',
  '/nothing',
];
const PATHS = [
  ...INGEST,
  ...API.map((path) => `/api/v1${path}`),
  '/',
  '/healthz',
  '/readyz',
  '/metrics',
  '/api/v1/openapi.json',
  '/services/collector/health',
  '/_license',
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Sends bytes as they are, and returns what came back until the connection ended. */
async function raw(...parts: (string | Buffer)[]): Promise<string> {
  const socket = open();
  for (const part of parts) socket.write(part);
  return ended(socket);
}

function open(): Socket {
  const { hostname, port } = new URL(server.url);
  return connect(Number(port), hostname);
}

async function ended(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  // A connection that is cut off ends with an error, too.
  socket.on('error', () => {});
  await new Promise<void>((resume) => socket.once('close', () => resume()));
  return text;
}

/** Until more can be written, or nothing more ever can. */
const drained = (socket: Socket): Promise<void> =>
  new Promise((resume) => {
    const go = (): void => {
      socket.off('drain', go).off('close', go);
      resume();
    };
    socket.on('drain', go).on('close', go);
  });

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);

describe('fuzz', () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ unit: 'binary', maxLength: 500 }).map((text) => Buffer.from(text)),
    fc.json({ maxDepth: 30 }).map((text) => Buffer.from(text)),
    fc
      .tuple(
        fc.constantFrom(
          '{"events":[',
          '[{',
          '{"event":',
          '{"index":{}}\n',
          '{"kind":"EventList","items":',
          '\x1f\x8b',
          '(\xb5/\xfd',
        ),
        fc.json(),
      )
      .map((parts) => Buffer.from(parts.join(''), 'latin1')),
    fc.nat(3000).map((depth) => Buffer.alloc(depth, '[')),
    fc.nat(3000).map((depth) => Buffer.from('{"a":'.repeat(depth))),
  );
  const request = fc.record({
    path: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...PATHS) },
      { weight: 1, arbitrary: fc.webPath() },
    ),
    method: fc.constantFrom(...METHODS),
    body: noise,
    encoding: fc.constantFrom(undefined, 'gzip', 'zstd', 'identity', 'br', 'gzip, gzip'),
    isZipped: fc.boolean(),
    role: fc.constantFrom('admin', 'ingest', 'none'),
    query: fc.constantFrom(
      '',
      '?limit=-1',
      '?after=%00',
      '?severity=x&severity=y',
      '?__proto__=1',
      '?limit=1e9',
    ),
  });

  test('of all endpoints: no answer is a failure of the server', async () => {
    await fc.assert(
      fc.asyncProperty(request, async ({ path, method, body, encoding, isZipped, role, query }) => {
        const answer = await fetch(`${server.url}${path || '/'}${query}`, {
          method,
          ...(method !== 'GET' &&
            method !== 'HEAD' && { body: new Uint8Array(isZipped ? gzipSync(body) : body) }),
          headers: {
            ...(role !== 'none' && {
              authorization: `Bearer ${role === 'admin' ? server.admin : server.ingest}`,
            }),
            ...(encoding && { 'content-encoding': encoding }),
          },
        });
        await answer.arrayBuffer();
        expect([method, path, answer.status < 500]).toEqual([method, path, true]);
      }),
      { numRuns: 800 },
    );
    expect(server.logged.filter((line) => line.includes('"error"'))).toEqual([]);
  });

  test('of the protocol: random bytes instead of a request', async () => {
    for (let n = 0; n < 40; n += 1) {
      const answer = await raw(Buffer.concat([randomBytes(200), Buffer.from('\r\n\r\n')]));
      expect([0, 400, 431, 505]).toContain(statusOf(answer));
    }
    await isAlive();
  });

  test.each([
    ['a request line without end', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, [0, 431]],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(10_000)}\r\n`, [0, 431]],
    [
      'two lengths',
      'POST /ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
      [400],
    ],
    [
      'a length and chunks',
      'POST /ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      [400],
    ],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', [400]],
    ['a host that is none', 'GET /healthz HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', [400]],
    [
      'a path that climbs',
      'GET /api/v1/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      [400, 404],
    ],
    ['a method that is none', 'BREW / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', [400, 404]],
    ['TRACE', 'TRACE /ingest HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', [404, 405]],
    [
      'an upgrade',
      'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n',
      [200, 400],
    ],
  ])('of the protocol: %s', async (_, text, statuses) => {
    expect(statuses).toContain(statusOf(await raw(text)));
    await isAlive();
  });
});

const head = (length: number | 'chunked', more = ''): string =>
  `POST /ingest HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.ingest}\r\n${length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`}\r\n${more}\r\n`;

describe('slow clients are let go', () => {
  test('that never say a word, or never end their headers', async () => {
    const [silent, slow] = [open(), open()];
    slow.write('GET /healthz HTTP/1.1\r\nHost: x\r\nX-');
    const answers = await Promise.all([ended(silent), ended(slow)]);
    expect(answers.map(statusOf).every((status) => status === 0 || status === 408)).toBe(true);
  });

  test('that send a body byte by byte, and their place is given back', async () => {
    const sockets = Array.from({ length: 20 }, open);
    const drips = sockets.map((socket) => {
      socket.write(head(100_000));
      const drip = setInterval(() => socket.write('x'), 100);
      return ended(socket).finally(() => clearInterval(drip));
    });
    // The others still get in: one token has at most half of the places.
    const other = await server.call('/ingest', await server.secretOf('ingest'), {
      method: 'POST',
      body: 'x',
    });
    expect(other.status).toBe(200);
    const statuses = (await Promise.all(drips)).map(statusOf);
    expect(statuses.every((status) => [0, 400, 408, 503].includes(status))).toBe(true);
    expect((await server.post('/ingest', 'x')).status).toBe(200);
  });

  test('that go away in the middle', async () => {
    const begun = server.journal.begun;
    for (let n = 0; n < 20; n += 1) {
      const socket = open();
      socket.write(head(1000));
      socket.write('{"a":1}\n');
      await once(socket, 'connect');
      socket.destroy();
    }
    expect((await server.post('/ingest', 'x')).status).toBe(200);
    expect(server.journal.begun).toBe(begun + 1);
  });

  test('that ask and never read the answer', async () => {
    for (let n = 0; n < 20; n += 1) server.findings.add(`b${n}`, { why: 'x'.repeat(100_000) });
    const socket = open();
    socket.pause();
    socket.on('error', () => {});
    socket.write(
      `GET /api/v1/findings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.admin}\r\n\r\n`.repeat(50),
    );
    await once(socket, 'connect');
    await isAlive();
    socket.destroy();
  });
});

describe('memory is bounded', () => {
  /** Highest use of memory while `work` runs, over what it was before, in MiB. */
  async function growth(work: () => Promise<void>): Promise<number> {
    const used = (): number => process.memoryUsage().rss / 1024 / 1024;
    const before = used();
    let most = before;
    const look = setInterval(() => {
      most = Math.max(most, used());
    }, 5);
    await work().finally(() => clearInterval(look));
    return most - before;
  }

  test('for what decompresses to a thousand times its size', async () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(500_000_000)));
    expect(bomb.length).toBeLessThan(1_000_000);
    const grown = await growth(async () => {
      for (let n = 0; n < 10; n += 1) {
        const answers = await Promise.all(
          Array.from({ length: 8 }, () => patient.post('/ingest', bomb, { 'content-encoding': 'gzip' })),
        );
        expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(413));
      }
    });
    expect(grown).toBeLessThan(400);
  });

  test('for bodies without end that do not say so', async () => {
    const grown = await growth(async () => {
      const socket = open();
      const answer = ended(socket);
      socket.write(head('chunked'));
      const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
      for (let n = 0; n < 4000 && !socket.destroyed; n += 1) if (!socket.write(chunk)) await drained(socket);
      expect([0, 413]).toContain(statusOf(await answer));
    });
    expect(grown).toBeLessThan(400);
  });

  test('for brackets, keys and commas in millions', async () => {
    const bodies = [
      `[${'[],'.repeat(600_000)}[]]`,
      '['.repeat(1_900_000),
      `[{${'"a":{},'.repeat(200_000)}"a":{}}]`,
      `[{}${',{}'.repeat(500_000)}]`,
    ];
    const grown = await growth(async () => {
      for (let n = 0; n < 5; n += 1)
        for (const body of bodies) expect((await patient.post('/ingest', body)).status).toBeLessThan(500);
    });
    expect(grown).toBeLessThan(400);
  });
});
