import { type Secret, secretOf } from '../remote/secret.js';
import type { Endpoint } from './post.js';
import type { Surroundings } from './surroundings.js';

interface StatedTarget {
  url?: string;
  url_file?: string | undefined;
  url_env?: string | undefined;
  token_file?: string | undefined;
  token_env?: string | undefined;
  secret_file?: string | undefined;
  secret_env?: string | undefined;
  allow_private: boolean;
  insecure: boolean;
  ca_file?: string | undefined;
}

/** A target with its secrets, as every HTTP channel states them. */
export interface SecretEndpoint extends Endpoint {
  token: Secret;
  secret: Secret;
}

export function endpointOf(stated: StatedTarget, surroundings: Surroundings): SecretEndpoint {
  const { url } = stated;
  const token = secretOf('token', { file: stated.token_file, env: stated.token_env }, surroundings);
  const secret = secretOf('secret', { file: stated.secret_file, env: stated.secret_env }, surroundings);
  return {
    url:
      url === undefined
        ? secretOf('url', { file: stated.url_file, env: stated.url_env }, surroundings)
        : async () => url,
    reach: { allow_private: stated.allow_private, insecure: stated.insecure },
    caFile: stated.ca_file,
    token,
    secret,
    secrets: [token, secret],
  };
}
