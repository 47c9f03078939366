#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { ContentError } from '../model/front-matter.js';
import { packageVersion } from '../model/paths.js';
import { forTerminal } from '../output/escape.js';
import { SchemaError } from '../store/schema.js';
import { addAdsCommands } from './ads.js';
import { addAllowCommands } from './allow.js';
import { addBacktestCommand } from './backtest.js';
import { addEmulateCommands } from './emulate.js';
import { EXIT, EXIT_HELP, ExitError } from './exit.js';
import { addFindingsCommands } from './findings.js';
import { addHuntCommand } from './hunt.js';
import { addNotifyCommands } from './notify.js';
import { addQueryCommand } from './query.js';
import { addRespondCommands } from './respond.js';
import { addSenseCommand } from './sense.js';
import { addServeCommand } from './serve.js';
import { addSimulateCommand } from './simulate.js';
import { addSourcesCommands } from './sources.js';
import { addStoreCommands } from './store.js';
import { addTokensCommands } from './tokens.js';
import { addTuneCommand } from './tune.js';
import { addWatchCommand } from './watch.js';

/** Builds the whole command line; every verb refuses what it does not know and suggests the nearest. */
async function buildProgram(): Promise<Command> {
  const version = await packageVersion();
  const program = new Command('stowaway')
    .description('Finds adversaries who use containers to slip past security monitoring.')
    .version(version, '-V, --version')
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(`stowaway: ${text.replace(/^error: /, '')}`) })
    .addHelpText('after', EXIT_HELP);
  addHuntCommand(program);
  addAdsCommands(program);
  addAllowCommands(program);
  addBacktestCommand(program);
  addTuneCommand(program);
  addSourcesCommands(program);
  addEmulateCommands(program);
  addQueryCommand(program);
  addRespondCommands(program);
  addSenseCommand(program);
  addServeCommand(program);
  addFindingsCommands(program);
  addWatchCommand(program);
  addNotifyCommands(program);
  addStoreCommands(program);
  addTokensCommands(program);
  addSimulateCommand(program);
  program
    .command('version')
    .description('print the versions of Stowaway and Node')
    .action(() => {
      process.stdout.write(`stowaway ${version}\nnode ${process.versions.node}\n`);
    });
  refuseByThrowing(program);
  return program;
}

/** Subcommands inherit neither of these settings. */
function refuseByThrowing(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) refuseByThrowing(child);
}

/** What the process exits with, whatever happened. */
async function main(): Promise<number> {
  try {
    await (await buildProgram()).parseAsync(process.argv);
    return Number(process.exitCode ?? EXIT.done);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.error;
    if (error instanceof ExitError) {
      process.stderr.write(`stowaway: ${error.message}\n`);
      return error.code;
    }
    if (error instanceof ContentError) {
      process.stderr.write(`stowaway: ${error.message}\n`);
      return EXIT.invalidContent;
    }
    if (error instanceof SchemaError) {
      process.stderr.write(`stowaway: ${forTerminal(error.message)}\n`);
      return EXIT.error;
    }
    process.stderr.write(`stowaway: ${(error as Error).stack ?? String(error)}\n`);
    return EXIT.error;
  }
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
});
process.exitCode = await main();
