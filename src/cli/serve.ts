import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type Config, DEFAULT_CONFIG, readConfig } from '../model/config.js';
import { contentFolder } from '../model/paths.js';
import { forTerminal } from '../output/escape.js';
import type { Serving } from '../serve.js';
import type { StoreLocation } from '../store/store.js';
import type { Role } from '../work/work-shared.js';
import { EXIT, ExitError } from './exit.js';
import type { KnownServer } from './known-server.js';
import { respondFolderOf } from './respond-common.js';

interface ServeFlags {
  config?: string;
  state?: string;
  listen?: string;
  url?: string;
  urlFile?: string;
  database?: string;
  sources: string[];
  strategies: string[];
  host: boolean;
  role: Role;
  demo?: boolean;
}

/** Where a running server says how it is reached, for commands of the same user: readable by nobody else. */
export const LOCAL_FILE = 'local.json';

export const stateFolderOf = (stated: string | undefined, config: Config): string =>
  resolve(
    stated ??
      config.serve.state_folder ??
      join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'stowaway', 'serve'),
  );

/** Reads the config a command is given, or the one in this folder, or none. */
export async function configOf(stated: string | undefined): Promise<{ config: Config; folder: string }> {
  const file = stated ?? (existsSync('stowaway.yaml') ? 'stowaway.yaml' : undefined);
  if (file === undefined) return { config: DEFAULT_CONFIG, folder: '.' };
  if (!existsSync(file)) throw new ExitError(EXIT.invalidContent, `${file}: no such file; check --config`);
  return { config: await readConfig(file), folder: dirname(resolve(file)) };
}

/** For commands about what a server keeps. */
export const withStateFolder = (command: Command): Command =>
  command
    .addOption(
      new Option('-c, --config <file>', 'stowaway.yaml (default: the one in this folder, if any)').env(
        'STOWAWAY_CONFIG',
      ),
    )
    .addOption(new Option('--state <folder>', 'state folder of the server').env('STOWAWAY_SERVE_STATE'));

const collected = (value: string, before: string[]): string[] => [...before, value];
const flag = (definition: string, description: string, variable: string): Option =>
  new Option(definition, description).env(`STOWAWAY_${variable}`);

/** A URL with a password is no argument: others see those of a process. */
export const urlFileFlag = (): Option =>
  flag(
    '--url-file <file>',
    'a file with that URL, where it holds a password',
    'CLICKHOUSE_URL_FILE',
  ).conflicts('url');

/** The ClickHouse server that is named, if any. */
export async function serverOf({
  url,
  urlFile,
  database,
}: Pick<ServeFlags, 'url' | 'urlFile' | 'database'>): Promise<
  { url: string; database?: string } | undefined
> {
  const stated = urlFile === undefined ? url : await urlIn(urlFile);
  return stated === undefined ? undefined : { url: stated, ...(database !== undefined && { database }) };
}

/** The same with the cluster it is a node of. */
async function storeOf(
  flags: ServeFlags,
  { serve: { cluster } }: Config,
): Promise<StoreLocation | undefined> {
  const server = await serverOf(flags);
  if (cluster === undefined) return server;
  if (server === undefined)
    throw new ExitError(
      EXIT.invalidContent,
      'serve.cluster names a ClickHouse cluster: give the URL of a node of its first shard with --url or --url-file',
    );
  const { name, nodes, replicated } = cluster;
  return { ...server, cluster: { name, others: nodes, isReplicated: replicated } };
}

async function urlIn(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ExitError(EXIT.invalidContent, `--url-file ${file} cannot be read (${error.code})`);
  });
  if (URL.canParse(text.trim())) return text.trim();
  throw new ExitError(
    EXIT.invalidContent,
    `--url-file ${file} holds no URL, such as http://user:password@127.0.0.1:8123`,
  );
}

/** `serve`: detection of what happens now, until it is told to end. */
export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('watch this host and take logs over HTTP, syslog and files; judge all the while, and tell')
    .addOption(
      flag('-c, --config <file>', 'stowaway.yaml (default: the one in this folder, if any)', 'CONFIG'),
    )
    .addOption(flag('--state <folder>', 'folder of everything that outlives the process', 'SERVE_STATE'))
    .addOption(flag('--listen <host:port>', 'where to listen (default: 127.0.0.1:8470)', 'LISTEN'))
    .addOption(flag('--url <url>', 'a ClickHouse server instead of the embedded engine', 'CLICKHOUSE_URL'))
    .addOption(urlFileFlag())
    .addOption(flag('--database <name>', 'database on that server', 'CLICKHOUSE_DATABASE'))
    .option('--sources <path>', 'sources and mapping files of your own; may be repeated', collected, [])
    .option('--strategies <folder>', 'strategies of your own; may be repeated', collected, [])
    .addOption(
      flag('--role <role>', 'of several processes over a ClickHouse cluster, what this one does', 'ROLE')
        .choices(['all', 'ingest', 'schedule'])
        .default('all'),
    )
    .option('--no-host', 'do not watch this host')
    .option('--demo', 'play recorded attacks as if they happened now, in a temporary state folder')
    .action(async (flags: ServeFlags) => {
      if (flags.demo) return serveDemo(flags);
      const { config, folder } = await configOf(flags.config);
      if (flags.listen !== undefined) config.serve.listen = flags.listen;
      if (!flags.host) config.inputs.host.enabled = false;
      const stateFolder = stateFolderOf(flags.state, config);
      const respondFolder = respondFolderOf(process.env.STOWAWAY_STATE, config);
      const running = await startOrTell(flags, { config, folder, stateFolder, respondFolder });
      await sayReady(running, stateFolder);
      await untilToldToEnd(running);
    });
}

/** Nothing of this host, nothing that stays: recordings of real containers, as if they happened now. */
async function serveDemo(flags: ServeFlags): Promise<void> {
  const demo = contentFolder('demo');
  const { config } = await configOf(flags.config ?? join(demo, 'stowaway.yaml'));
  if (flags.listen !== undefined) config.serve.listen = flags.listen;
  config.inputs.host.enabled = false;
  config.serve.tick_seconds = DEMO_TICK_SECONDS;
  const stateFolder = flags.state ?? (await mkdtemp(join(tmpdir(), 'stowaway-demo-')));
  try {
    const replay = join(demo, 'recordings');
    const running = await startOrTell(flags, { config, folder: demo, stateFolder, replay });
    await sayReady(running, stateFolder, [
      'This is the demo: recorded attacks, played as if they happened now. The first findings come within seconds.',
      `Open ${running.local.url}/ in a browser and sign in with the token above.`,
      ...(flags.state === undefined ? ['Ctrl-C ends it and removes what it stored.'] : []),
    ]);
    await untilToldToEnd(running);
  } finally {
    if (flags.state === undefined) await rm(stateFolder, { recursive: true, force: true });
  }
}

const DEMO_TICK_SECONDS = 2;

interface Start {
  config: Config;
  folder: string;
  stateFolder: string;
  respondFolder?: string;
  replay?: string;
}

async function startOrTell(
  flags: ServeFlags,
  { config, folder, stateFolder, respondFolder, replay }: Start,
): Promise<Serving> {
  // Loaded here, so that no other command waits for the libraries of a server.
  const [{ serve, CannotServe }, { openLog }] = await Promise.all([
    import('../serve.js'),
    import('../server/log.js'),
  ]);
  const store = await storeOf(flags, config);
  try {
    return await serve({
      config,
      configFolder: folder,
      stateFolder,
      ...(respondFolder !== undefined && { respondFolder }),
      ...(replay !== undefined && { replay }),
      role: flags.role,
      ...(store !== undefined && { store }),
      sources: flags.sources,
      strategies: flags.strategies,
      environment: (name) => process.env[name],
      log: openLog(process.stderr),
    });
  } catch (error) {
    const code = CannotServe.find(({ kind }) => error instanceof kind)?.code;
    if (code !== undefined) throw new ExitError(EXIT[code], (error as Error).message);
    throw error;
  }
}

async function sayReady(
  { url, local, firstToken, localToken }: Serving,
  stateFolder: string,
  further: string[] = [],
): Promise<void> {
  const known: KnownServer = { ...local, token: localToken };
  await writeFile(join(stateFolder, LOCAL_FILE), `${JSON.stringify(known)}\n`, { mode: 0o600 });
  const lines = [
    `stowaway listens on ${url}; state lies in ${stateFolder}`,
    ...(firstToken === null
      ? []
      : [
          `first token, role admin, told this once: ${firstToken}`,
          'it ends in 24 hours, since logs may keep it: `stowaway tokens create NAME --role admin` makes one of your own',
        ]),
    `the console is at ${local.url}/; \`stowaway findings list\` and \`stowaway watch\` show the same in a terminal`,
    ...further,
  ];
  process.stdout.write(`${lines.map(forTerminal).join('\n')}\n`);
}

/** The first signal ends it in order, the second at once. */
async function untilToldToEnd(running: Serving): Promise<void> {
  await new Promise<void>((resolveEnd) => {
    let times = 0;
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        times += 1;
        if (times > 1) process.exit(EXIT.interrupted);
        resolveEnd();
      });
  });
  await running.stop();
}
