import { useQuery } from '@tanstack/react-query';
import type { Token } from '../../src/server/tokens.js';

const API = '/api/v1';

/** What the server said is wrong: RFC 9457. */
export class ApiProblem extends Error {
  override name = 'ApiProblem';
  constructor(
    readonly status: number,
    detail: string,
    readonly retryAfterSeconds: number | null,
    /** Each of several, where there are such. */
    readonly reasons: string[] = [],
  ) {
    super(detail);
  }
}

export interface Session {
  token: Token;
  permissions: string[];
  csrf: string;
  expires: string;
}

/** Kept in memory only; a page that is loaded anew asks for it. */
let csrf = '';
let onSignedOut = (): void => {};

export function useSessionOf(session: Session | null, signedOut: () => void): void {
  csrf = session?.csrf ?? '';
  onSignedOut = signedOut;
}

async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
  const answer = await fetch(`${API}${path}`, { ...init, credentials: 'same-origin' }).catch(() => {
    throw new ApiProblem(0, 'the server cannot be reached', null);
  });
  if (answer.ok) return (await answer.json()) as T;
  const problem = (await answer.json().catch(() => ({}))) as { detail?: string; reasons?: string[] };
  const wait = Number(answer.headers.get('retry-after'));
  if (answer.status === 401) onSignedOut();
  const detail = problem.detail ?? `the server answered ${answer.status}`;
  throw new ApiProblem(answer.status, detail, wait || null, problem.reasons);
}

const withCsrf = (method: string, body?: unknown): RequestInit => ({
  method,
  headers: { 'x-stowaway-csrf': csrf },
  ...(body !== undefined && { body: JSON.stringify(body) }),
});

export const get = <T>(path: string): Promise<T> => call<T>(path);
export const post = <T>(path: string, body: unknown): Promise<T> => call<T>(path, withCsrf('POST', body));

export const readSession = (): Promise<Session> => call<Session>('/session');
export const signIn = (token: string): Promise<Session> =>
  call<Session>('/session', { method: 'POST', headers: { authorization: `Bearer ${token}` } });
export const signOut = (): Promise<unknown> => call('/session', withCsrf('DELETE'));

/** What the API gives at a path; the path is the key, so that the same is asked once. `null` asks nothing. */
export function useApi<T>(path: string | null) {
  return useQuery<T, ApiProblem>({
    queryKey: [path],
    queryFn: () => get<T>(path!),
    enabled: path !== null,
  });
}

/** A query of those values that are given. */
export function queryOf(values: Record<string, string | number | boolean | string[] | undefined>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(values))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined && one !== '') query.append(key, String(one));
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
