import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { makeStateFolder, writeWhole } from '../host/state-file.js';
import { ROLE_NAMES, type Role } from './roles.js';

/** What is known of a token; never its secret. */
export interface Token {
  id: string;
  /** Who answers for what is done with it: a person, or the producer that carries it. */
  holder: string;
  role: Role;
  /** Sources it may hand over logs of; null: any. Only where the role is `ingest`. */
  sources: string[] | null;
  /** ISO 8601 UTC */
  created: string;
  /** ISO 8601 UTC from which on it is refused; null: it lasts until it is revoked. */
  expires: string | null;
}

export interface NewToken {
  holder: string;
  role: Role;
  sources?: string[] | null;
  expires?: string | null;
}

export interface TokenStore {
  /** The token of this secret, unless it has expired. */
  check(secret: string): Token | null;
  /** The token as long as it counts: not revoked, not expired. */
  get(id: string): Token | null;
  list(): Token[];
  /** The secret is returned this once and kept nowhere. @throws TokenError */
  create(wanted: NewToken): Promise<{ token: Token; secret: string }>;
  /** @returns what was revoked; null when there is none of that id. */
  revoke(id: string): Promise<Token | null>;
}

/** A token that cannot be made, or a file of tokens that cannot be read; the message says what to do. */
export class TokenError extends Error {
  override name = 'TokenError';
}

/** Names go into the names of inputs, file listings and logs. */
const HOLDER = /^[A-Za-z0-9][A-Za-z0-9._@ -]{0,62}$/;
const MAX_TOKENS = 1000;
const PREFIX = 'stow_';
/** It is printed, so that logs of services and containers keep it: it is for making a token of one's own, and then ends. */
const FIRST_TOKEN_HOURS = 24;

const kept = z.object({
  id: z.string(),
  holder: z.string().regex(HOLDER),
  role: z.enum(ROLE_NAMES),
  sources: z.array(z.string()).nullable(),
  created: z.iso.datetime(),
  expires: z.iso.datetime().nullable(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const fileSchema = z.object({ version: z.literal(1), tokens: z.array(kept) });
type Kept = z.infer<typeof kept>;

/**
 * A secret is 256 random bits, which nobody guesses: one round of SHA-256 hides it as well as a slow function would, and costs a request nothing.
 * A slow one is for passwords, and there are none.
 */
const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/**
 * Tokens of `tokens.json` in the state folder. `first` is the secret of an administrator's token that was made because there was none; it
 * is to be shown once, and ends after a day. A change that another process makes is seen with the next request.
 *
 * @throws TokenError when the file does not fit
 */
export async function openTokens(
  folder: string,
  now: () => Date = () => new Date(),
): Promise<{ tokens: TokenStore; first: string | null }> {
  const tokens = await readTokens(folder, now);
  if (tokens.list().length > 0) return { tokens, first: null };
  const expires = new Date(now().getTime() + FIRST_TOKEN_HOURS * 3_600_000).toISOString();
  const { secret } = await tokens.create({ holder: 'first-admin', role: 'admin', expires });
  return { tokens, first: secret };
}

/** The same tokens, as they are. @throws TokenError when the file does not fit */
export async function readTokens(folder: string, now: () => Date = () => new Date()): Promise<TokenStore> {
  await makeStateFolder(folder);
  return new TokenFile(join(folder, 'tokens.json'), now);
}

class TokenFile implements TokenStore {
  #kept: Kept[] = [];
  #seen = '';
  #writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly file: string,
    private readonly now: () => Date,
  ) {
    this.#read();
  }

  check(secret: string): Token | null {
    this.#look();
    const hash = hashOf(secret);
    // Each is compared, and in constant time: how long it takes says nothing of how near a guess was.
    let found: Kept | null = null;
    for (const one of this.#kept) if (timingSafeEqual(Buffer.from(one.sha256, 'hex'), hash)) found = one;
    return found && this.#counts(found) ? withoutHash(found) : null;
  }

  get(id: string): Token | null {
    this.#look();
    const found = this.#kept.find((one) => one.id === id);
    return found && this.#counts(found) ? withoutHash(found) : null;
  }

  list(): Token[] {
    this.#look();
    return this.#kept.map(withoutHash);
  }

  create(wanted: NewToken): Promise<{ token: Token; secret: string }> {
    return this.#exclusively(async () => {
      const { holder, role, sources = null, expires = null } = wanted;
      this.#refuse(wanted);
      const secret = `${PREFIX}${randomBytes(32).toString('base64url')}`;
      const token: Token = {
        id: randomBytes(6).toString('hex'),
        holder,
        role,
        sources,
        created: this.now().toISOString(),
        expires,
      };
      await this.#write([...this.#kept, { ...token, sha256: hashOf(secret).toString('hex') }]);
      return { token, secret };
    });
  }

  revoke(id: string): Promise<Token | null> {
    return this.#exclusively(async () => {
      const found = this.#kept.find((one) => one.id === id);
      if (!found) return null;
      await this.#write(this.#kept.filter((one) => one !== found));
      return withoutHash(found);
    });
  }

  #refuse({ holder, role, sources, expires }: NewToken): void {
    if (!HOLDER.test(holder))
      throw new TokenError(
        'holder: a name of 1 to 63 letters, digits, blanks or . _ @ -, beginning with a letter or digit',
      );
    if (sources && role !== 'ingest')
      throw new TokenError(`sources: only a token of role ingest is restricted to sources, not ${role}`);
    if (sources?.length === 0) throw new TokenError('sources: name at least one, or leave it out for any');
    if (expires && Date.parse(expires) <= this.now().getTime())
      throw new TokenError('expires: lies in the past');
    if (this.#kept.length >= MAX_TOKENS)
      throw new TokenError(`there are ${MAX_TOKENS} tokens already: revoke some`);
  }

  #counts = ({ expires }: Kept): boolean => expires === null || Date.parse(expires) > this.now().getTime();

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#writing.then(() => {
      this.#read();
      return work();
    });
    this.#writing = next.catch(() => {});
    return next;
  }

  async #write(tokens: Kept[]): Promise<void> {
    await writeWhole(this.file, `${JSON.stringify({ version: 1, tokens }, null, 2)}\n`);
    this.#kept = tokens;
  }

  /** Looks for changes. Whoever breaks the file by hand neither lets anybody in nor ends the server: what was known goes on to count. */
  #look(): void {
    try {
      this.#read();
    } catch {
      // Told by the next attempt to change it, and by the next start.
    }
  }

  /** @throws TokenError */
  #read(): void {
    const stat = statSync(this.file, { throwIfNoEntry: false, bigint: true });
    const seen = stat ? `${stat.ino} ${stat.mtimeNs} ${stat.size}` : '';
    if (seen === this.#seen) return;
    const parsed = stat ? parseFile(readFileSync(this.file, 'utf8')) : { tokens: [] };
    if (!parsed)
      throw new TokenError(
        `${this.file}: holds no tokens; restore it, or remove it to begin with a new admin token`,
      );
    this.#kept = parsed.tokens;
    this.#seen = seen;
  }
}

function parseFile(text: string): { tokens: Kept[] } | null {
  try {
    return fileSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

const withoutHash = ({ sha256: _, ...token }: Kept): Token => token;
