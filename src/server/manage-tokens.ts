import type { Answers } from '../live/control.js';
import type { AuditEntry, AuditLog } from './audit-log.js';
import { Refusal } from './refusal.js';
import type { SourceNames } from './source-names.js';
import { type NewToken, type Token, TokenError, type TokenStore } from './tokens.js';

/** Who asks for a change, as the audit log names them. */
export type By = Pick<AuditEntry, 'who' | 'token' | 'from'>;

export interface TokenManager {
  list(): Token[];
  /** The secret is returned this once. @throws Refusal */
  create(wanted: NewToken, by: By): Promise<{ token: Token; secret: string }>;
  /** @throws Refusal where there is none of that id, or it is the last of an administrator */
  revoke(id: string, by: By): Promise<Token>;
}

/** Tokens as people change them, by the API or on the command line. What cannot be written into the audit log is not done. */
export const manageTokens = (tokens: TokenStore, audit: AuditLog, names: SourceNames): TokenManager => ({
  list: () => tokens.list(),
  async create({ holder, role, sources = null, expires = null }, by) {
    for (const name of sources ?? []) names.find(name);
    await audit.append({ ...by, what: 'token.create', target: holder, detail: { role, sources, expires } });
    try {
      return await tokens.create({ holder, role, sources, expires });
    } catch (error) {
      throw error instanceof TokenError ? new Refusal(400, error.message) : error;
    }
  },
  async revoke(id, by) {
    const all = tokens.list();
    const found = all.find((token) => token.id === id);
    if (!found) throw new Refusal(404, `no token ${id}`);
    if (found.role === 'admin' && all.filter(({ role }) => role === 'admin').length === 1)
      throw new Refusal(409, 'this is the last admin token: make another one first');
    const detail = { holder: found.holder, role: found.role };
    await audit.append({ ...by, what: 'token.revoke', target: id, detail });
    return (await tokens.revoke(id)) ?? found;
  },
});

/** The same for commands of who owns the state folder: see src/cli/tokens.ts. */
export const answersAboutTokens = (managed: TokenManager): Answers => ({
  'tokens.list': async () => managed.list(),
  'tokens.create': (asked) => {
    const { of, by } = asked as { of: NewToken; by: By };
    return managed.create(of, by);
  },
  'tokens.revoke': (asked) => {
    const { of, by } = asked as { of: string; by: By };
    return managed.revoke(of, by);
  },
});
