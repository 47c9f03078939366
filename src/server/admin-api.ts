import { z } from '@hono/zod-openapi';
import type { Parts } from './context.js';
import type { Define } from './endpoint.js';
import { manageTokens } from './manage-tokens.js';
import { auditFilter, auditPage, createdToken, newToken, token as tokenSchema } from './schemas.js';
import type { Token } from './tokens.js';

const DEFAULT_PAGE = 100;

const permission = 'administer';

/** Tokens and the audit log. */
export function addAdminApi(define: Define, parts: Parts): void {
  const { tokens, audit, names } = parts;
  const managed = manageTokens(tokens, audit, names);
  define({
    method: 'get',
    path: '/tokens',
    summary: 'All tokens; never their secrets',
    permission,
    gives: z.array(tokenSchema),
    run: async () => managed.list(),
  });
  define({
    method: 'post',
    path: '/tokens',
    summary: 'Makes a token; its secret is given this once',
    permission,
    body: newToken,
    gives: createdToken,
    status: 201,
    missing: 'No source of a name in `sources`; `detail` names the nearest.',
    run: ({ body: { holder, role, sources = null, expires = null }, token, from }) =>
      managed.create({ holder, role, sources, expires }, by(token, from)),
  });
  define({
    method: 'delete',
    path: '/tokens/{id}',
    summary: 'Revokes a token; its next request is refused',
    permission,
    gives: tokenSchema,
    conflict: 'It is the last one of an administrator.',
    run: ({ name, token, from }) => managed.revoke(name, by(token, from)),
  });
  define({
    method: 'get',
    path: '/audit',
    summary: 'Who changed what, and who was refused; newest first',
    permission,
    query: auditFilter,
    gives: auditPage,
    run: ({ query }) => audit.read({ limit: query.limit ?? DEFAULT_PAGE, after: query.after }),
  });
}

const by = ({ holder, id }: Token, from: string) => ({ who: holder, token: id, from });
