import type { Hono } from 'hono';
import type { Authenticate } from './authenticate.js';
import type { Env, Parts } from './context.js';

interface Health {
  parts: Parts;
  authenticate: Authenticate;
  /** Metrics are given without a token. */
  isOpen: boolean;
}

/** Whether it lives, whether it works, and numbers. The first two are for anybody and say nothing else. */
export function addHealth(app: Hono<Env>, { parts, authenticate, isOpen }: Health): void {
  app.get('/healthz', (c) => c.text('ok\n'));
  app.get('/readyz', (c) => (parts.status().ready ? c.text('ready\n') : c.text('not ready\n', 503)));
  app.get('/metrics', async (c) => {
    if (!isOpen) await authenticate(c, 'read');
    const { registry } = parts.metrics;
    return c.body(await registry.metrics(), 200, { 'content-type': registry.contentType });
  });
}
