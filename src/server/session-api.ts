import { answerJson } from './answers.js';
import type { Parts } from './context.js';
import type { Define } from './endpoint.js';
import { Refusal } from './refusal.js';
import { ROLES } from './roles.js';
import { session as sessionSchema } from './schemas.js';
import type { Session } from './sessions.js';

/** Signing in and out, for browsers: a token becomes a cookie that no script can read. */
export function addSessions(define: Define, { sessions, audit }: Parts): void {
  const permission = 'read';
  const gives = sessionSchema;
  const whose = ({ token, csrf, expires }: Session) => ({
    token,
    permissions: ROLES[token.role],
    csrf,
    expires,
  });
  define({
    method: 'post',
    path: '/session',
    summary: 'Begins a session: the token in the Authorization header becomes a cookie',
    permission,
    gives,
    status: 201,
    async run({ token, from, c }) {
      if (!c.req.header('authorization')) throw new Refusal(400, 'there is a session already');
      const entry = { who: token.holder, token: token.id, target: token.id, detail: {}, from };
      await audit.append({ ...entry, what: 'session.begin' });
      const { session, cookie } = sessions.begin(c, token);
      return withCookie(answerJson(whose(session), 201), cookie);
    },
  });
  define({
    method: 'get',
    path: '/session',
    summary: 'The session of the cookie: whose it is, and what a change must carry',
    permission,
    gives,
    async run({ c }) {
      const session = sessions.of(c);
      if (!session) throw new Refusal(400, 'no session: this was asked with a token');
      return whose(session);
    },
  });
  define({
    method: 'delete',
    path: '/session',
    summary: 'Ends the session of the cookie',
    permission,
    gives,
    async run({ c, token, from }) {
      const session = sessions.of(c);
      if (!session) throw new Refusal(400, 'no session: this was asked with a token');
      const entry = { who: token.holder, token: token.id, target: token.id, detail: {}, from };
      await audit.append({ ...entry, what: 'session.end' });
      return withCookie(answerJson(whose(session)), sessions.end(c));
    },
  });
}

function withCookie(answer: Response, cookie: string): Response {
  answer.headers.set('set-cookie', cookie);
  return answer;
}
