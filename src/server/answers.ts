import { HTTPException } from 'hono/http-exception';
import { forJsonOutput } from '../output/escape.js';
import type { Parts, Request } from './context.js';
import { Refusal } from './refusal.js';

const TITLES: Record<number, string> = {
  400: 'Bad request',
  401: 'No valid token',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Too large',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Not now',
};

/** The shapes in which producers expect to be refused. */
export type RefusalShape = (refusal: Refusal) => object;

/** What went wrong, as RFC 9457 has it. */
const asProblem: RefusalShape = ({ status, message, reasons }) => ({
  type: 'about:blank',
  title: TITLES[status],
  status,
  detail: message,
  ...(reasons.length > 0 && { reasons }),
});

export function answerRefusal(refusal: Refusal, shape: RefusalShape = asProblem): Response {
  const headers: Record<string, string> = {
    'content-type': shape === asProblem ? 'application/problem+json' : 'application/json',
  };
  if (refusal.retryAfterSeconds !== null) headers['retry-after'] = String(refusal.retryAfterSeconds);
  if (refusal.status === 401) headers['www-authenticate'] = 'Bearer realm="stowaway"';
  return new Response(forJsonOutput(JSON.stringify(shape(refusal))), { status: refusal.status, headers });
}

/** JSON that is also safe to look at in a terminal: much of it was written by whoever wrote the logs. */
export const answerJson = (value: unknown, status = 200): Response =>
  new Response(forJsonOutput(JSON.stringify(value)), {
    status,
    headers: { 'content-type': 'application/json' },
  });

/** Turns what was thrown into an answer. What nobody meant to throw is told to the log only. */
export function answerError(error: unknown, c: Request, { log }: Pick<Parts, 'log'>): Response {
  if (error instanceof Refusal) return answerRefusal(error);
  if (error instanceof HTTPException) {
    const status = error.status === 413 ? 413 : 400;
    const detail = status === 413 ? 'the body is larger than is taken here' : error.message || 'bad request';
    return answerRefusal(new Refusal(status, detail.split('\n', 1)[0]!));
  }
  log.error({ err: error, method: c.req.method, path: c.req.path }, 'a request failed');
  const detail = 'something broke while this was done; the log of the server says what';
  return answerRefusal(Object.assign(new Refusal(503, detail), { status: 500 }));
}
