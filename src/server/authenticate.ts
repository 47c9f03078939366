import type { Parts, Request } from './context.js';
import { clientOf } from './context.js';
import { RateLimit } from './limits.js';
import { Refusal } from './refusal.js';
import { may, type Permission } from './roles.js';
import { whyForged } from './sessions.js';
import type { Token } from './tokens.js';

/** Refused attempts of one address, and of all: what is beyond is refused without being written down. */
const REFUSALS_BURST = 10;
const REFUSALS_PER_SECOND = 1 / 6;
const ALL = '*';
const ALL_BURST = 100;
const MAX_HEADER = 4096;

/** Tells whose request it is. @throws Refusal when nobody's, when the token's role may not, or when it asks too often */
export type Authenticate = (c: Request, permission: Permission) => Promise<Token>;

export function buildAuthenticate(
  parts: Omit<
    Parts,
    'journal' | 'findings' | 'investigations' | 'allowances' | 'tuning' | 'catalogue' | 'status'
  >,
): Authenticate {
  const { limits, metrics } = parts;
  const clock = () => parts.now().getTime();
  const refusals = new RateLimit(REFUSALS_PER_SECOND, REFUSALS_BURST, clock);
  const allRefusals = new RateLimit(REFUSALS_PER_SECOND * REFUSALS_BURST, ALL_BURST, clock);
  const requests = new RateLimit(limits.requestsPerSecond, limits.requestsPerSecond * 2, clock);

  const refuse: Refuse = async (c, refusal, token) => {
    metrics.refusedTokens.inc({ status: refusal.status });
    const from = clientOf(c);
    const wait = Math.max(refusals.take(from), allRefusals.take(ALL));
    if (wait > 0) throw new Refusal(429, 'too many refused requests from this address: wait', wait);
    const who = { who: token?.holder ?? '', token: token?.id ?? '', from };
    const detail = { status: refusal.status, method: c.req.method.slice(0, 16) };
    const target = c.req.path.slice(0, 200);
    // Refused it is in any case; that it could not be written down is in the log.
    await parts.audit.append({ ...who, what: 'authentication.refused', target, detail }).catch(() => {});
    throw refusal;
  };

  return async (c, permission) => {
    const token = await identify(parts, c, refuse);
    if (!may(token.role, permission))
      return refuse(c, new Refusal(403, `a token of role ${token.role} may not ${permission}`), token);
    const wait = requests.take(token.id);
    if (wait > 0)
      throw new Refusal(429, `more than ${limits.requestsPerSecond} requests a second with this token`, wait);
    return token;
  };
}

type Refuse = (c: Request, refusal: Refusal, token: Token | null) => Promise<never>;

/** A token counts before a session: who sends one means it. */
async function identify(
  { tokens, sessions }: Pick<Parts, 'tokens' | 'sessions'>,
  c: Request,
  refuse: Refuse,
): Promise<Token> {
  const secret = secretOf(c.req.header('authorization') ?? '');
  const session = secret === null ? sessions.of(c) : null;
  if (session) {
    const forged = whyForged(c, session);
    return forged === null ? session.token : refuse(c, new Refusal(403, forged), session.token);
  }
  // A console whose session ended asks without one: that is no attempt at guessing.
  if (secret === null && c.req.path.endsWith('/session')) throw new Refusal(401, NO_TOKEN);
  if (secret === null) return refuse(c, new Refusal(401, NO_TOKEN), null);
  const token = tokens.check(secret);
  const detail = 'the token is unknown, was revoked or has expired: ask an administrator for another';
  return token ?? refuse(c, new Refusal(401, detail), null);
}

const NO_TOKEN = 'no token: send Authorization: Bearer TOKEN';

/**
 * The secret in an Authorization header: Bearer, Splunk's scheme, Elasticsearch's API key (base64 of id:key), and Basic, where it is the password: some
 * producers know no other way.
 */
function secretOf(header: string): string | null {
  const match = header.length > MAX_HEADER ? null : /^(\w+) +(\S+) *$/.exec(header);
  if (!match) return null;
  const [, scheme, value] = match as unknown as [string, string, string];
  switch (scheme.toLowerCase()) {
    case 'bearer':
    case 'splunk':
      return value;
    case 'basic':
    case 'apikey': {
      const text = Buffer.from(value, 'base64').toString('utf8');
      return text.slice(text.indexOf(':') + 1) || null;
    }
    default:
      return null;
  }
}
