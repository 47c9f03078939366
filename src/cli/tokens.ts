import { userInfo } from 'node:os';
import { type Command, Option } from 'commander';
import { parseDuration } from '../model/duration.js';
import { contentFolder } from '../model/paths.js';
import { forJsonOutput, forTerminal } from '../output/escape.js';
import type { TokenManager } from '../server/manage-tokens.js';
import { ROLE_NAMES, type Role } from '../server/roles.js';
import type { Token } from '../server/tokens.js';
import { askOrDo, tellWhy } from './ask-or-do.js';
import { columns } from './columns.js';
import { EXIT, ExitError } from './exit.js';
import { configOf, stateFolderOf, withStateFolder } from './serve.js';

interface TokenFlags {
  state?: string;
  config?: string;
  format: 'table' | 'json';
}

interface CreateFlags extends TokenFlags {
  role: Role;
  source: string[];
  expires?: string;
}

/** `tokens`: who may ask a server, and who may hand over logs. Whoever owns the state folder may say so. */
export function addTokensCommands(program: Command): void {
  const tokens = program
    .command('tokens')
    .description('who may use a `stowaway serve`: list, create, revoke; also while it does not run');
  withPlace(tokens.command('list'))
    .description('all tokens; never their secrets')
    .action((flags: TokenFlags) => manage(flags, 'tokens.list', null, (managed) => managed.list(), describe));
  withPlace(tokens.command('create').argument('<holder>', 'a person, or the producer that carries it'))
    .description('make a token; its secret is printed this once')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLE_NAMES).makeOptionMandatory())
    .option(
      '--source <name>',
      'role ingest: only logs of this source or product; may be repeated',
      collected,
      [],
    )
    .option('--expires <when>', 'after this long (30d), or at this moment (2027-01-31T00:00:00Z)')
    .action((holder: string, flags: CreateFlags) => {
      const { role, source: sources } = flags;
      const wanted = {
        ...{ holder, role, sources: sources.length > 0 ? sources : null },
        expires: flags.expires === undefined ? null : momentOf(flags.expires),
      };
      return manage(
        flags,
        'tokens.create',
        wanted,
        (managed) => managed.create(wanted, BY),
        ({ secret }) => `${secret}\n`,
      );
    });
  withPlace(tokens.command('revoke').argument('<id>', 'as `tokens list` names it'))
    .description('revoke a token; its next request is refused')
    .action((id: string, flags: TokenFlags) =>
      manage(
        flags,
        'tokens.revoke',
        id,
        (managed) => managed.revoke(id, BY),
        ({ holder, role }) => `revoked: ${holder}, role ${role}\n`,
      ),
    );
}

const collected = (value: string, before: string[]): string[] => [...before, value];

/** Nobody is known here but by the account that may write into the state folder. */
const BY = { who: `${userInfo().username} on the command line`, token: '', from: '' };

const withPlace = (command: Command): Command =>
  withStateFolder(command).addOption(
    new Option('-f, --format <format>', 'what stdout gets').choices(['table', 'json']).default('table'),
  );

function momentOf(stated: string): string {
  const seconds = parseDuration(stated);
  const at = seconds === null ? Date.parse(stated) : Date.now() + seconds * 1000;
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  throw new ExitError(
    EXIT.error,
    forTerminal(`--expires ${stated}: say how long (30d, 12h) or when (2027-01-31T00:00:00Z)`),
  );
}

async function manage<T>(
  flags: TokenFlags,
  what: string,
  of: unknown,
  work: (managed: TokenManager) => T | Promise<T>,
  text: (done: T) => string,
): Promise<void> {
  const stateFolder = stateFolderOf(flags.state, (await configOf(flags.config)).config);
  const [{ Refusal }, { TokenError }] = await Promise.all([
    import('../server/refusal.js'),
    import('../server/tokens.js'),
  ]);
  await tellWhy([Refusal, TokenError], async () => {
    const done = await askOrDo<T>({ stateFolder, what, of: { of, by: BY } }, async () =>
      work(await managerOf(stateFolder)),
    );
    process.stdout.write(
      flags.format === 'json' ? `${forJsonOutput(JSON.stringify(done, null, 2))}\n` : text(done),
    );
  });
}

async function managerOf(stateFolder: string): Promise<TokenManager> {
  const [{ manageTokens }, { openAuditLog }, { readTokens }, { SourceNames }, { readSources }] =
    await Promise.all([
      import('../server/manage-tokens.js'),
      import('../server/audit-log.js'),
      import('../server/tokens.js'),
      import('../server/source-names.js'),
      import('../ingest/sources.js'),
    ]);
  const sources = await readSources(contentFolder('sources'));
  const names = new SourceNames(
    sources.map(({ id }) => id),
    () => null,
  );
  return manageTokens(await readTokens(stateFolder), await openAuditLog(stateFolder), names);
}

const describe = (tokens: Token[]): string =>
  columns(
    ['ID', 'ROLE', 'SOURCES', 'CREATED', 'EXPIRES', 'HOLDER'],
    tokens.map(({ id, role, sources, created, expires, holder }) => [
      ...[
        id,
        role,
        sources?.join(', ') ?? 'any',
        created.slice(0, 16),
        expires?.slice(0, 16) ?? 'never',
        holder,
      ],
    ]),
  );
