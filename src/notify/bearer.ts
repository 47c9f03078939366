import type { Secret } from '../remote/secret.js';

/** The Authorization header, when there is a token. */
export async function authorizationOf(token: Secret, scheme = 'Bearer'): Promise<Record<string, string>> {
  const value = await token();
  return value === null ? {} : { authorization: `${scheme} ${value}` };
}
