import type { Hono } from 'hono';
import { answerJson, type RefusalShape } from './answers.js';
import { bodyLines, documents } from './body-lines.js';
import type { Env } from './context.js';
import type { Door, TakeIn } from './ingest.js';
import { LineWriter } from './lines.js';
import { Refusal } from './refusal.js';

const PATHS = ['/services/collector', '/services/collector/event', '/services/collector/event/1.0'];
const RAW_PATHS = ['/services/collector/raw', '/services/collector/raw/1.0'];
const HEALTH_PATHS = ['/services/collector/health', '/services/collector/health/1.0'];

/** Codes by which clients of Splunk's collector know what happened. */
const CODES: Record<number, number> = { 400: 6, 401: 4, 403: 4, 413: 27, 429: 9, 503: 9 };
const refuse: RefusalShape = ({ status, message }) => ({ text: message, code: CODES[status] ?? 8 });
const success = () => answerJson({ text: 'Success', code: 0 });

/** Splunk's HTTP event collector, as code hosts and shippers talk to it: what is under `event` is the record. */
export function addCollectorDoor(app: Hono<Env>, takeIn: TakeIn): void {
  const events: Door = { name: 'http:collector', refuse, read: readEvents };
  const raw: Door = {
    name: 'http:collector',
    refuse,
    read: (body) => ({ lines: bodyLines(body), answer: success }),
  };
  for (const path of PATHS) app.post(path, (c) => takeIn(c, () => events));
  for (const path of RAW_PATHS) app.post(path, (c) => takeIn(c, () => raw));
  for (const path of HEALTH_PATHS) app.get(path, () => answerJson({ text: 'HEC is healthy', code: 17 }));
}

const WANTED = new Set(['event']);

function readEvents(body: Buffer): ReturnType<Door['read']> {
  const out = new LineWriter(body.length + 1024);
  let number = 0;
  for (const found of documents(body, WANTED)) {
    number += 1;
    const event = found.get('event')?.toString('latin1', 0, 1);
    if (event === '{') out.add(found.get('event')!);
    else if (event === '"') out.addText(JSON.parse(found.get('event')!.toString('utf8')) as string);
    else throw new Refusal(400, `document ${number} has no event that is an object or a text`);
  }
  return { lines: out.done(), answer: success };
}
