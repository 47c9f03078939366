import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { isNetnsName } from '../host/programs.js';
import { type Config, DEFAULT_CONFIG, readConfig } from '../model/config.js';
import { forJsonOutput, forTerminal } from '../output/escape.js';
import { ApplyError } from '../respond/apply.js';
import { LedgerError } from '../respond/ledger.js';
import { LockedError } from '../respond/lock.js';
import { openWorld } from '../respond/open-world.js';
import { recover } from '../respond/recover.js';
import { RefusedError, type Surroundings } from '../respond/surroundings.js';
import { EXIT, ExitError } from './exit.js';

export interface CommonFlags {
  state?: string;
  config?: string;
  strategies?: string[];
  format: 'table' | 'json';
}

export interface EngineFlags extends CommonFlags {
  socket?: string;
  netns?: string;
}

interface Opened {
  world: Surroundings;
  config: Config;
  stateFolder: string;
}

const flag = (definition: string, description: string, variable: string): Option =>
  new Option(definition, description).env(`STOWAWAY_${variable}`);

export const withCommon = (command: Command): Command =>
  command
    .addOption(flag('--state <folder>', 'folder of ledger and evidence', 'STATE'))
    .addOption(
      flag('-c, --config <file>', 'stowaway.yaml (default: the one in this folder, if any)', 'CONFIG'),
    )
    .addOption(
      new Option('-f, --format <format>', 'what stdout gets').choices(['table', 'json']).default('table'),
    );

export const withEngine = (command: Command): Command =>
  withCommon(command)
    .addOption(flag('--socket <path>', 'socket of Docker or of Podman’s service', 'ENGINE_SOCKET'))
    .addOption(
      flag(
        '--netns <name>',
        'the engine runs in this network namespace (a name under /run/netns)',
        'NETNS',
      ).argParser(checkedNetns),
    );

export const withFindings = (command: Command): Command =>
  withEngine(command)
    .argument('<finding-uid>', 'the finding')
    .requiredOption('--findings <hunt.json>', 'report of `stowaway hunt --format json`');

function checkedNetns(name: string): string {
  if (isNetnsName(name)) return name;
  throw new ExitError(EXIT.error, `--netns ${JSON.stringify(name)} is no name of a network namespace`);
}

/** The one folder of ledger and evidence on this host: the server's, too. */
export const respondFolderOf = (stated: string | undefined, config: Config): string =>
  stated ??
  config.respond.state_folder ??
  join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'stowaway');

/** Reads the configuration, opens the state folder, and brings the world in line with the ledger first. */
export async function open(flags: CommonFlags): Promise<Opened> {
  const file = flags.config ?? (existsSync('stowaway.yaml') ? 'stowaway.yaml' : undefined);
  if (file !== undefined && !existsSync(file))
    throw new ExitError(EXIT.invalidContent, `${file}: no such file; check --config`);
  const config = file === undefined ? DEFAULT_CONFIG : await readConfig(file);
  const stateFolder = respondFolderOf(flags.state, config);
  const world = await openWorld(stateFolder, config.respond, flags.strategies);
  await recoverAndTell(world);
  return { world, config, stateFolder };
}

export async function recoverAndTell(world: Surroundings): Promise<void> {
  try {
    const { did, problems } = await world.ledger.exclusively(() => recover(world), 0);
    for (const each of did) process.stderr.write(`stowaway: ${forTerminal(each)}\n`);
    for (const each of problems) process.stderr.write(`stowaway: NOT recovered: ${forTerminal(each)}\n`);
  } catch (error) {
    if (!(error instanceof LockedError)) throw error;
  }
}

export const print = (flags: { format: 'table' | 'json' }, value: unknown, text: () => string): void => {
  process.stdout.write(
    flags.format === 'json' ? `${forJsonOutput(JSON.stringify(value, null, 2))}\n` : text(),
  );
};

/** Every refusal is told in full, one reason a line. */
export async function told(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof RefusedError)
      throw new ExitError(
        EXIT.refused,
        `refused, nothing was changed:\n${error.reasons.map((each) => `  ${forTerminal(each)}`).join('\n')}`,
      );
    if (error instanceof LedgerError) throw new ExitError(EXIT.refused, forTerminal(error.message));
    if (
      error instanceof LockedError ||
      error instanceof ApplyError ||
      (error as Error).name === 'EngineError'
    )
      throw new ExitError(EXIT.error, forTerminal((error as Error).message));
    throw error;
  }
}
