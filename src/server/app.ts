import { OpenAPIHono } from '@hono/zod-openapi';
import { answerError, answerRefusal } from './answers.js';
import { addApi } from './api.js';
import type { AuditLog } from './audit-log.js';
import { buildAuthenticate } from './authenticate.js';
import { addConsole } from './console.js';
import type { Env, Parts } from './context.js';
import { API } from './endpoint.js';
import { addHealth } from './health.js';
import { addIngest, INGEST_PATHS } from './ingest.js';
import type { Logger } from './log.js';
import { buildMetrics } from './metrics.js';
import { Refusal } from './refusal.js';
import type { ServerOptions } from './server.js';
import { openSessions } from './sessions.js';
import { openStream } from './stream.js';

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};
const HSTS = 'max-age=31536000';

/** Every endpoint, in one application that knows nothing of sockets. */
export function buildApp(options: ServerOptions): { app: OpenAPIHono<Env>; endStreams: () => void } {
  const { now = () => new Date(), ...given } = options;
  const metrics = buildMetrics(given);
  const audit = refusing(given.audit, given.log);
  const sessions = openSessions({ tokens: given.tokens, now, isSecure: given.tls !== undefined });
  const parts: Parts = {
    ...given,
    audit,
    metrics,
    now,
    sessions,
  };
  const authenticate = buildAuthenticate(parts);
  const stream = openStream(parts);
  const app = new OpenAPIHono<Env>();
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS))
      if (!c.res.headers.has(name)) c.res.headers.set(name, value);
    if (options.tls) c.res.headers.set('strict-transport-security', HSTS);
    // The pattern, not the path: what a client makes up must not become a label.
    const route = c.res.status === 404 ? 'none' : c.req.routePath;
    metrics.requests.inc({ route, status: c.res.status });
  });
  addRoles(app, options);
  addHealth(app, { parts, authenticate, isOpen: options.metrics === 'open' });
  addIngest(app, parts, authenticate);
  addApi(app, { parts, authenticate, stream });
  addConsole(app, given.console ?? new Map());
  app.notFound(() =>
    answerRefusal(new Refusal(404, 'there is nothing here; /api/v1/openapi.json lists what there is')),
  );
  app.onError((error, c) => answerError(error, c, parts));
  return { app, endStreams: stream.end };
}

const ROLE_SECONDS = 5;

/** What only the process knows that judges; tokens, sessions and audit log are those of each. */
const ABOUT_FINDINGS = [
  ...['/findings', '/findings/*', '/entity', '/events', '/events/*', '/graph', '/graph/*'],
  ...['/allowances', '/allowances/*', '/strategies', '/strategies/*', '/sources', '/stream'],
  ...['/test-attacks', '/test-attacks/*', '/notifications', '/notifications/*'],
];

/** One of several processes over a store does not do everything: whoever asks is told, and asks another. */
function addRoles(app: OpenAPIHono<Env>, { away, takesNoLogs }: ServerOptions): void {
  const refuse = (why: string | null, next: () => Promise<void>) =>
    why === null ? next() : Promise.resolve(answerRefusal(new Refusal(503, why, ROLE_SECONDS)));
  if (away) for (const path of ABOUT_FINDINGS) app.use(`${API}${path}`, (_, next) => refuse(away(), next));
  if (takesNoLogs) for (const path of INGEST_PATHS) app.use(path, (_, next) => refuse(takesNoLogs, next));
}

const AUDIT_SECONDS = 5;

/** What cannot be written down is refused: nothing is changed without a trace. */
const refusing = (audit: AuditLog, log: Logger): AuditLog => ({
  read: (page) => audit.read(page),
  append: (entry) =>
    audit.append(entry).catch((error: unknown) => {
      log.error({ err: error }, 'the audit log cannot be written');
      throw new Refusal(503, 'the audit log cannot be written, so nothing was changed', AUDIT_SECONDS);
    }),
});
