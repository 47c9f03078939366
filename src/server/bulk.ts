import type { Hono } from 'hono';
import { answerJson, type RefusalShape } from './answers.js';
import type { Authenticate } from './authenticate.js';
import { CONSOLE, wantsPage } from './console.js';
import type { Env } from './context.js';
import type { Door, TakeIn } from './ingest.js';
import { JsonScan } from './json-scan.js';
import { LineWriter } from './lines.js';
import { Refusal } from './refusal.js';

/** Shippers look for a version they know before they send. */
const GREETING = {
  name: 'stowaway',
  cluster_name: 'stowaway',
  cluster_uuid: 'stowaway',
  version: { number: '8.17.0', build_flavor: 'default', lucene_version: '9.12.0' },
  tagline: 'You Know, for Search',
};
const LICENSE = { license: { status: 'active', uid: 'stowaway', type: 'basic', mode: 'basic' } };
const HEADERS = { 'x-elastic-product': 'Elasticsearch' };

const refuse: RefusalShape = ({ status, message }) => ({
  error: { type: 'stowaway_exception', reason: message },
  status,
});

/** Elasticsearch's bulk endpoint, and the little that shippers ask for before they use it. Index names mean nothing here. */
export function addBulkDoor(
  app: Hono<Env>,
  { takeIn, authenticate }: { takeIn: TakeIn; authenticate: Authenticate },
): void {
  const door: Door = { name: 'http:bulk', refuse, read: readBulk };
  for (const path of ['/_bulk', '/:index/_bulk'])
    for (const method of ['POST', 'PUT']) app.on(method, path, (c) => takeIn(c, () => door));
  for (const [path, answer] of [
    ['/', GREETING],
    ['/_license', LICENSE],
    ['/_xpack', { license: LICENSE.license, features: {} }],
  ] as const)
    app.get(path, async (c) => {
      // The same address is the console's door: a browser is led on.
      if (path === '/' && wantsPage(c)) return c.redirect(`${CONSOLE}/`);
      await authenticate(c, 'ingest');
      return withHeaders(answerJson(answer));
    });
}

const NEWLINE = 0x0a;
const ACTION = /^\s*\{\s*"(index|create)"\s*:/;

/** Pairs of lines: what to do, and the document. */
function readBulk(body: Buffer): ReturnType<Door['read']> {
  const out = new LineWriter(body.length);
  const actions: string[] = [];
  let expected: string | null = null;
  let number = 0;
  for (let start = 0; start < body.length; ) {
    const newline = body.indexOf(NEWLINE, start);
    const end = newline === -1 ? body.length : newline;
    const line = body.subarray(start, end);
    start = end + 1;
    number += 1;
    if (new JsonScan(line).skipBlanks() === undefined) continue;
    if (expected === null) {
      expected = actionOf(line, number);
      continue;
    }
    // A broken document is for its source to reject, as a broken line is.
    out.add(line);
    actions.push(expected);
    expected = null;
  }
  if (expected !== null) throw new Refusal(400, `line ${number}: the body ends where a document is expected`);
  return { lines: out.done(), answer: () => answerItems(actions) };
}

function actionOf(line: Buffer, number: number): string {
  const action = ACTION.exec(line.toString('latin1', 0, 256))?.[1];
  if (!action)
    throw new Refusal(
      400,
      `line ${number}: {"index":…} or {"create":…} is expected; nothing else is done here`,
    );
  return action;
}

function answerItems(actions: string[]): Response {
  const items = actions.map((action) => ({
    [action]: { _index: 'stowaway', status: 201, result: 'created' },
  }));
  return withHeaders(answerJson({ took: 0, errors: false, items }));
}

function withHeaders(answer: Response): Response {
  for (const [name, value] of Object.entries(HEADERS)) answer.headers.set(name, value);
  return answer;
}
