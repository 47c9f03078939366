import type { Hono } from 'hono';
import { answerError, answerJson, answerRefusal, type RefusalShape } from './answers.js';
import type { Authenticate } from './authenticate.js';
import { bodyLines } from './body-lines.js';
import { addBulkDoor } from './bulk.js';
import { addCollectorDoor } from './collector.js';
import type { Env, Parts, Request } from './context.js';
import { deliver } from './deliver.js';
import { Gate } from './limits.js';
import type { Lines } from './lines.js';
import { readBody } from './read-body.js';
import { Refusal } from './refusal.js';
import type { Named } from './source-names.js';

/** What one kind of endpoint makes of a body. */
export interface Door {
  /** As rows and metrics name it. */
  name: string;
  named?: Named;
  read(body: Buffer): { lines: Lines; answer: () => Response };
  refuse?: RefusalShape;
}

/** Takes a request through a door. */
export type TakeIn = (c: Request, open: () => Door) => Promise<Response>;

/** Where logs are handed over. */
export const INGEST_PATHS = ['/ingest', '/ingest/:source', '/services/collector/*', '/_bulk'];

/** The endpoints that take logs. */
export function addIngest(app: Hono<Env>, parts: Parts, authenticate: Authenticate): void {
  const takeIn = buildTakeIn(parts, authenticate);
  const read = (body: Buffer) => {
    const lines = bodyLines(body);
    return { lines, answer: () => answerJson({ accepted: lines.count }) };
  };
  app.post('/ingest', (c) => takeIn(c, () => ({ name: 'http', read })));
  app.post('/ingest/:source', (c) =>
    takeIn(c, () => {
      const named = parts.names.find(c.req.param('source'));
      return { name: `http:${named.name}`, named, read };
    }),
  );
  addCollectorDoor(app, takeIn);
  addBulkDoor(app, { takeIn, authenticate });
  for (const path of INGEST_PATHS)
    app.all(path, () => {
      const answer = answerRefusal(new Refusal(405, 'logs are handed over with POST'));
      answer.headers.set('allow', 'POST');
      return answer;
    });
}

/** A place is kept, the body read and acknowledged in this order; nothing is read of a request that may not hand over logs. */
function buildTakeIn(parts: Parts, authenticate: Authenticate): TakeIn {
  const gate = new Gate(parts.limits);
  return async (c, open) => {
    let shape: RefusalShape | undefined;
    try {
      const token = await authenticate(c, 'ingest');
      const { name, named = null, read, refuse } = open();
      shape = refuse;
      return await gate.enter(token.id, async (charge) => {
        const body = await readBody(c.env.incoming, parts.limits, charge);
        const { lines, answer } = read(body);
        await deliver(parts, { token, door: name, named, lines });
        return answer();
      });
    } catch (error) {
      const status = error instanceof Refusal ? error.status : 500;
      parts.metrics.refused.inc({ status });
      if (error instanceof Refusal && shape) return answerRefusal(error, shape);
      return answerError(error, c, parts);
    }
  };
}
