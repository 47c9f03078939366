import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openApiDocument } from './api.js';
import { ROLE_NAMES } from './roles.js';
import {
  type Answer,
  type Operation,
  operations,
  sampleOf,
  shapesOf,
  whyUndocumented,
} from './testing/documented.js';
import { ENCODINGS, FILTERS, TEXTS, VALUES } from './testing/hostile-values.js';
import { startOverStore } from './testing/over-a-store.js';

/** Every path and method of the server's own OpenAPI document, so that a new one is attacked without anybody thinking of it. */

let over: Awaited<ReturnType<typeof startOverStore>>;
beforeAll(async () => {
  over = await startOverStore();
});
afterAll(() => over.end());

// A failure of the store is told as one that passes: only the log says what it was.
afterEach(() => expect(over.logged.splice(0).filter((line) => line.includes('"error"'))).toEqual([]));

interface Sent {
  path?: string;
  query?: string;
  body?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
}

const NAME = /\{\w+\}/;
const pair = (name: string, value: string): string =>
  `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
const isIngest = ({ path }: Operation): boolean => !path.startsWith('/api/');
/** Whose token a request has that nothing but its content is wrong with. */
const allowed = (operation: Operation): string =>
  isIngest(operation) ? over.server.ingest : over.server.admin;

async function send(operation: Operation, sent: Sent = {}): Promise<Answer> {
  const { method, path } = operation;
  const answer = await fetch(
    `${over.server.url}${sent.path ?? path.replace(NAME, 'a1')}${sent.query ?? ''}`,
    {
      method,
      headers: { authorization: `Bearer ${allowed(operation)}`, ...sent.headers },
      ...(sent.body !== undefined && { body: sent.body }),
    },
  );
  const isStream = answer.headers.get('content-type') === 'text/event-stream';
  if (isStream) await answer.body!.cancel();
  return { status: answer.status, headers: answer.headers, text: isStream ? '' : await answer.text() };
}

/** The rule for every answer: as documented, and never a failure; `later` says when. */
function whyWrong(operation: Operation, answer: Answer): string {
  if (answer.status === 503 && !answer.headers.has('retry-after'))
    return `503 without a time: ${answer.text}`;
  return whyUndocumented(operation, answer);
}

/** Changes are written to disk one by one: of very many things to send, so many, evenly. */
const MOST = 150;
const spread = (all: Sent[]): Sent[] => {
  const each = Math.max(1, all.length / MOST);
  return all.filter((_, index) => Math.floor(index / each) !== Math.floor((index - 1) / each));
};

/** Sends all, a few at a time; what came of each that is not as it must be. */
async function attack(operation: Operation, all: Iterable<Sent>): Promise<void> {
  const wrong: string[] = [];
  const waiting = spread([...all]);
  const one = async (): Promise<void> => {
    for (let sent = waiting.pop(); sent; sent = waiting.pop()) {
      const why = whyWrong(operation, await send(operation, sent));
      if (why !== '') wrong.push(`${JSON.stringify(sent).slice(0, 300)}: ${why}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
  expect(wrong).toEqual([]);
}

/** The path with the name of something that is there, where there is one of its kind. */
async function known(operation: Operation): Promise<string> {
  for (const name of over.names) {
    const path = operation.path.replace(NAME, name);
    const body = operation.body ? { body: JSON.stringify(sampleOf(operation.body.schema, false)) } : {};
    if ((await send(operation, { path, ...body })).status !== 404) return path;
  }
  return operation.path.replace(NAME, over.names[0]!);
}

const named = (list: readonly Operation[]) => list.map((one) => [`${one.method} ${one.path}`, one] as const);

test('the document that the server gives is the one gone by here', async () => {
  const answer = await fetch(`${over.server.url}/api/v1/openapi.json`);
  expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
  expect(operations.length).toBeGreaterThan(50);
});

describe('who may not is told so, and nothing else', () => {
  test.each(named(operations))('%s', async (_, operation) => {
    expect(operation.roles.length).toBeGreaterThan(0);
    for (const role of ROLE_NAMES) {
      const authorization = `Bearer ${over.secrets[role]}`;
      const answer = await send(operation, { headers: { authorization } });
      if (operation.roles.includes(role)) expect([401, 403, 429]).not.toContain(answer.status);
      else expect([role, answer.status]).toEqual([role, 403]);
      expect(whyWrong(operation, answer)).toBe('');
    }
    for (const authorization of over.strangers) {
      const answer = await send(operation, { headers: { authorization } });
      expect([authorization.slice(0, 60), answer.status]).toEqual([authorization.slice(0, 60), 401]);
      expect(whyWrong(operation, answer)).toBe('');
    }
  });
});

describe('hostile names in the path', () => {
  test.each(named(operations.filter(({ path }) => NAME.test(path))))('%s', async (_, operation) => {
    const names = [
      ...TEXTS.filter((text) => !['', '..'].includes(text)).map(encodeURIComponent),
      ...ENCODINGS,
    ];
    const body = operation.body ? { body: JSON.stringify(sampleOf(operation.body.schema, false)) } : {};
    await attack(
      operation,
      names.map((name) => ({ path: operation.path.replace(NAME, () => name), ...body })),
    );
  });
});

describe('hostile questions', () => {
  test.each(named(operations.filter(({ method }) => method === 'GET')))('%s', async (_, operation) => {
    const path = await known(operation);
    const wanted = operation.query.filter(({ required }) => required);
    const questions = operation.query.flatMap(({ name, schema }) => {
      const others = wanted
        .filter((one) => one.name !== name)
        .map((one) => pair(one.name, String(sampleOf(one.schema, true))));
      const fitting = pair(name, String(sampleOf(schema, true)));
      const values = [
        ...(name === 'filter' ? [...FILTERS, ...TEXTS] : TEXTS).map((text) => pair(name, text)),
        ...ENCODINGS.map((text) => `${name}=${text}`),
        ...[fitting, `${fitting}&${fitting}`, `${name}[]=x`, `${name}[a]=x`, name],
        ...[Array(300).fill(pair(name, 'x')).join('&'), `${fitting}&${pair(name, "'")}`],
      ];
      return values.map((value) => [...others, value].join('&'));
    });
    const everywhere = [
      '?',
      '&&&',
      '__proto__=1',
      'constructor[prototype]=1',
      '%00=%00',
      'x=1',
      'a&'.repeat(2000),
    ];
    await attack(
      operation,
      [...questions, ...everywhere].map((query) => ({ path, query: `?${query}` })),
    );
  });
});

describe('hostile bodies', () => {
  const taking = operations.filter(({ body }) => body !== null);

  test.each(named(taking.filter((one) => !isIngest(one))))('%s, value by value', async (_, operation) => {
    const path = await known(operation);
    const bodies = shapesOf(operation.body!.schema).flatMap((shape) =>
      [true, false].flatMap((isWhole) => {
        const fitting = sampleOf(shape, isWhole) as Record<string, unknown>;
        const names = [...Object.keys(shape.properties ?? {}), '__proto__', 'more'];
        return [JSON.stringify(fitting), ...names.flatMap((name) => withEach(fitting, name))];
      }),
    );
    await attack(
      operation,
      [...new Set(bodies)].map((body) => ({ path, body })),
    );
  });
});

/** The body with one of its values replaced by each that nobody means well with, without it, and with two of it. */
function withEach(fitting: Record<string, unknown>, name: string): string[] {
  const { [name]: _, ...others } = fitting;
  const rest = JSON.stringify(others).slice(1, -1);
  const body = (...members: string[]): string =>
    `{${[rest, ...members].filter((one) => one !== '').join(',')}}`;
  const key = JSON.stringify(name);
  return [body(), body(`${key}:1`, `${key}:"x"`), ...VALUES.map((value) => body(`${key}:${value}`))];
}
