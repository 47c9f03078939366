import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { forTerminal } from '../output/escape.js';
import { openStore } from '../store/store.js';
import { EXIT, ExitError } from './exit.js';

/** `query`: asks a kept store, so that the evidence query of a finding can be run again. */
export function addQueryCommand(program: Command): void {
  program
    .command('query')
    .description('run one SQL statement over the rows a hunt kept with --store, and print JSON lines')
    .argument('<sql>', 'the statement, or - for standard input')
    .addOption(new Option('--store <folder>', 'the folder given to hunt').env('STOWAWAY_STORE'))
    .addOption(
      new Option('--clickhouse-url <url>', 'the server given to hunt')
        .env('STOWAWAY_CLICKHOUSE_URL')
        .conflicts('store'),
    )
    .action(async (sql: string, flags: { store?: string; clickhouseUrl?: string }) => {
      if (!flags.store && !flags.clickhouseUrl)
        throw new ExitError(EXIT.error, 'query needs --store or --clickhouse-url');
      const statement = sql === '-' ? readFileSync(0, 'utf8') : sql;
      await using store = await openStore(
        flags.clickhouseUrl ? { url: flags.clickhouseUrl } : { path: flags.store! },
      );
      for (const row of await store.rows<Record<string, unknown>>(statement.replace(/;\s*$/, ''))) {
        process.stdout.write(`${forTerminal(JSON.stringify(row))}\n`);
      }
    });
}
