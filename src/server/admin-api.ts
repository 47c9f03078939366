import { z } from '@hono/zod-openapi';
import type { Parts } from './context.js';
import type { Define } from './endpoint.js';
import { Refusal } from './refusal.js';
import { auditFilter, auditPage, createdToken, newToken, token as tokenSchema } from './schemas.js';
import { type Token, TokenError } from './tokens.js';

const DEFAULT_PAGE = 100;

/** Tokens and the audit log. What cannot be written into the audit log is not done. */
export function addAdminApi(define: Define, parts: Parts): void {
  addTokens(define, parts);
  addRevocation(define, parts);
  define({
    method: 'get',
    path: '/audit',
    summary: 'Who changed what, and who was refused; newest first',
    permission,
    query: auditFilter,
    gives: auditPage,
    run: ({ query }) => parts.audit.read({ limit: query.limit ?? DEFAULT_PAGE, after: query.after }),
  });
}

const permission = 'administer';

function addTokens(define: Define, { tokens, audit, names }: Parts): void {
  define({
    method: 'get',
    path: '/tokens',
    summary: 'All tokens; never their secrets',
    permission,
    gives: z.array(tokenSchema),
    run: async () => tokens.list(),
  });
  define({
    method: 'post',
    path: '/tokens',
    summary: 'Makes a token; its secret is given this once',
    permission,
    body: newToken,
    gives: createdToken,
    status: 201,
    async run({ body, token, from }) {
      const { holder, role, sources = null, expires = null } = body;
      for (const name of sources ?? []) names.find(name);
      const detail = { role, sources, expires };
      await audit.append({ ...by(token), what: 'token.create', target: holder, detail, from });
      try {
        return await tokens.create({ holder, role, sources, expires });
      } catch (error) {
        throw error instanceof TokenError ? new Refusal(400, error.message) : error;
      }
    },
  });
}

function addRevocation(define: Define, { tokens, audit }: Parts): void {
  define({
    method: 'delete',
    path: '/tokens/{id}',
    summary: 'Revokes a token; its next request is refused',
    permission,
    gives: tokenSchema,
    async run({ name, token, from }) {
      const all = tokens.list();
      const found = all.find(({ id }) => id === name);
      if (!found) throw new Refusal(404, `no token ${name}`);
      if (found.role === 'admin' && all.filter(({ role }) => role === 'admin').length === 1)
        throw new Refusal(409, 'this is the last admin token: make another one first');
      const detail = { holder: found.holder, role: found.role };
      await audit.append({ ...by(token), what: 'token.revoke', target: name, detail, from });
      return (await tokens.revoke(name)) ?? found;
    },
  });
}

const by = ({ holder, id }: Token) => ({ who: holder, token: id });
