import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request } from './context.js';
import type { Token, TokenStore } from './tokens.js';

/** A browser that signed in with a token. */
export interface Session {
  token: Token;
  /** What a change must carry in a header beside the cookie: another site can send the cookie, but not read this. */
  csrf: string;
  /** ISO 8601 UTC */
  expires: string;
}

export interface Sessions {
  /** @returns the session and the cookie that stands for it */
  begin(c: Request, token: Token): { session: Session; cookie: string };
  /** The session of the request's cookie, as long as its token counts. */
  of(c: Request): Session | null;
  /** @returns the cookie that takes the other away */
  end(c: Request): string;
}

const LASTS_SECONDS = 12 * 3600;
const MOST = 1000;
/** Only what the console asks needs it. */
const PATH = '/api/v1';

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** In memory: whoever restarts the server signs everybody out, and nothing on disk opens a session. */
export function openSessions({
  tokens,
  now,
  isSecure,
}: {
  tokens: TokenStore;
  now: () => Date;
  isSecure: boolean;
}): Sessions {
  const sessions = new Map<string, { tokenId: string; csrf: string; ends: number }>();
  const cookieOf = (c: Request, value: string, seconds: number): string =>
    `${nameOf(c)}=${value}; Path=${PATH}; HttpOnly; SameSite=Strict; Max-Age=${seconds}${isSecure ? '; Secure' : ''}`;
  const forget = (): void => {
    for (const [hash, { ends }] of sessions) if (ends <= now().getTime()) sessions.delete(hash);
    // The oldest goes: who signs in must not be shut out by those who did before.
    while (sessions.size >= MOST) sessions.delete(sessions.keys().next().value!);
  };
  return {
    begin(c, token) {
      forget();
      const secret = randomBytes(32).toString('base64url');
      const kept = {
        tokenId: token.id,
        csrf: randomBytes(32).toString('base64url'),
        ends: now().getTime() + LASTS_SECONDS * 1000,
      };
      sessions.set(hashOf(secret), kept);
      return {
        session: { token, csrf: kept.csrf, expires: new Date(kept.ends).toISOString() },
        cookie: cookieOf(c, secret, LASTS_SECONDS),
      };
    },
    of(c) {
      const secret = secretOf(c);
      const kept = secret === null ? undefined : sessions.get(hashOf(secret));
      if (!kept || kept.ends <= now().getTime()) return null;
      const token = tokens.get(kept.tokenId);
      return token && { token, csrf: kept.csrf, expires: new Date(kept.ends).toISOString() };
    },
    end(c) {
      const secret = secretOf(c);
      if (secret !== null) sessions.delete(hashOf(secret));
      return cookieOf(c, '', 0);
    },
  };
}

/** Cookies know no port: servers side by side on one host must not sign each other out. */
const nameOf = (c: Request): string =>
  `stowaway-${/:(\d{1,5})$/.exec(c.req.header('host') ?? '')?.[1] ?? 'session'}`;

function secretOf(c: Request): string | null {
  const name = nameOf(c);
  for (const part of (c.req.header('cookie') ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name && value && value.length <= 64) return value;
  }
  return null;
}

const CSRF_HEADER = 'x-stowaway-csrf';
const SAFE_METHODS = ['GET', 'HEAD'];

/** Why a request with a session's cookie does not come from the console; null when it does. */
export function whyForged(c: Request, { csrf }: Session): string | null {
  // Browsers say where a request comes from; a page on another port of this host has the cookie, too.
  const site = c.req.header('sec-fetch-site') ?? 'same-origin';
  if (site !== 'same-origin' && site !== 'none') return 'a session is for the console only: send a token';
  if (SAFE_METHODS.includes(c.req.method)) return null;
  const given = Buffer.from(c.req.header(CSRF_HEADER) ?? '');
  const isSame = given.length === csrf.length && timingSafeEqual(given, Buffer.from(csrf));
  return isSame
    ? null
    : `a change in a session takes the header ${CSRF_HEADER}; GET ${PATH}/session tells it`;
}
