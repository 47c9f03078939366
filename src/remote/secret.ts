import { readFile } from 'node:fs/promises';
import { errnoName } from '../host/errno.js';
import type { Lookups } from './lookups.js';

/** A secret cannot be had; the text names where it was sought, never what it is. */
export class SecretError extends Error {
  override name = 'SecretError';
}

/** Asked for at each use, so that a secret that was replaced is taken without a restart. Null: none is configured. */
export type Secret = () => Promise<string | null>;

/** Longest secret file: whoever names a log by mistake is told. */
const MOST_CHARACTERS = 16_384;

/** @param what the key's beginning in the configuration: `token` of `token_file` and `token_env` */
export function secretOf(
  what: 'secret' | 'token' | 'url',
  stated: { file?: string | undefined; env?: string | undefined },
  surroundings: Pick<Lookups, 'environment'>,
): Secret {
  const { file, env } = stated;
  return async () => {
    if (file !== undefined) return meant(await read(file, what), `${what}_file ${file}`);
    if (env === undefined) return null;
    return meant(surroundings.environment(env) ?? '', `${what}_env: the environment variable ${env}`);
  };
}

async function read(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    const why = errno === undefined ? 'unreadable' : errnoName(-errno);
    throw new SecretError(`${what}_file ${file} cannot be read (${why}): let the user of stowaway read it`);
  }
}

function meant(text: string, where: string): string {
  const secret = text.trim();
  if (secret === '') throw new SecretError(`${where} is empty: put the secret there`);
  if (secret.length > MOST_CHARACTERS || /[^\x21-\x7e]/.test(secret.replace(/ /g, ''))) {
    throw new SecretError(`${where} holds more than one line of plain characters: put only the secret there`);
  }
  return secret;
}

/** The text with every secret in it, and every longer part of a URL that is one, covered. */
export function cover(text: string, secrets: readonly (string | null)[]): string {
  const parts = secrets.flatMap((secret) => (secret === null ? [] : partsOf(secret)));
  const longestFirst = [...new Set(parts)].sort((a, b) => b.length - a.length);
  return longestFirst.reduce((covered, part) => covered.replaceAll(part, '***'), text);
}

/** A URL is known by its host; what follows lets in. */
function partsOf(secret: string): string[] {
  if (!URL.canParse(secret)) return [secret];
  const { pathname, search } = new URL(secret);
  const pieces = [...pathname.split('/'), ...search.slice(1).split(/[&=]/)];
  return [pathname + search, ...pieces].filter((piece) => piece.length >= 6);
}
