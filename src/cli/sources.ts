import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describeFilled, type Fidelity, fidelityOf } from '../ingest/fidelity.js';
import { MAPPING_FILE } from '../ingest/mapping-file.js';
import { readSources } from '../ingest/sources.js';
import { contentFolder } from '../model/paths.js';
import type { Source } from '../model/source.js';
import { forTerminal } from '../output/escape.js';
import { readTables } from '../store/tables.js';
import { columns } from './columns.js';
import { addDetectCommand } from './detect.js';
import { addDoctorCommand } from './doctor.js';
import { EXIT, ExitError } from './exit.js';
import { ownSourcesOption, tableOrJson } from './log-options.js';
import { addMappingCommands } from './mapping.js';

export function addSourcesCommands(program: Command): void {
  const sources = program.command('sources').description('the logs Stowaway reads');
  sources
    .command('list')
    .description('every source: what it is, where its rows go, how far it is tested')
    .addOption(ownSourcesOption())
    .addOption(tableOrJson())
    .action(listSources);
  sources
    .command('show')
    .description('one source: what it sees, its setup, and which columns it fills from what')
    .argument('<id>', 'as `sources list` names it')
    .addOption(ownSourcesOption())
    .addOption(tableOrJson())
    .action(showSource);
  addDetectCommand(sources);
  addDoctorCommand(sources);
  addMappingCommands(sources);
}

interface SourceFlags {
  format: string;
  sources: string[];
}

async function listSources(flags: SourceFlags): Promise<void> {
  const tables = await readTables(contentFolder('schema'));
  const sources = (await readSources(contentFolder('sources'), ...flags.sources)).map((source) => ({
    ...headOf(source),
    ...(source.into !== 'nothing' && countOf(fidelityOf(source, tables.get(source.into)!))),
  }));
  process.stdout.write(
    flags.format === 'json'
      ? `${JSON.stringify({ version: 1, sources }, null, 2)}\n`
      : columns(
          ['SOURCE', 'TITLE', 'PRODUCT', 'TABLE', 'COLUMNS', 'STATUS'],
          sources.map((one) => [
            one.id,
            one.title,
            one.product,
            one.table,
            'filled' in one ? `${one.filled} of ${one.columns}` : '-',
            one.status,
          ]),
        ) + LEGEND,
  );
}

const LEGEND = `
TABLE: where rows go (\`stowaway query\`); nothing: known, counted and told, but no analytic reads them. COLUMNS: how many of the table's the log fills.
STATUS: of the sample it is tested with. tested: written by the product; derived: from real traffic of ours; designed: by hand after the documentation.
\`stowaway sources show <id>\` tells the rest, with the setup; \`sources doctor <paths>\` what to add to the logs you have.
`;

const headOf = ({ id, title, product, into, status, fills }: Source) => ({
  id,
  title,
  product,
  table: into,
  status,
  fills,
});

const countOf = ({ filled, unfilled }: Fidelity) => ({
  filled: filled.length,
  columns: filled.length + unfilled.length,
});

async function showSource(id: string, flags: SourceFlags): Promise<void> {
  const all = await readSources(contentFolder('sources'), ...flags.sources);
  const source = all.find((one) => one.id === id);
  if (!source) {
    throw new ExitError(
      EXIT.error,
      `no source "${forTerminal(id)}"; \`stowaway sources list\` names all ${all.length}`,
    );
  }
  const table = (await readTables(contentFolder('schema'))).get(source.into);
  const fidelity = table ? fidelityOf(source, table) : null;
  const text = await textOf(source);
  if (flags.format === 'json') {
    process.stdout.write(
      `${JSON.stringify({ version: 1, ...headOf(source), text, ...fidelity }, null, 2)}\n`,
    );
    return;
  }
  const head = `${source.id}: ${source.title} (${source.product}), ${source.status}, into ${source.into}\n`;
  process.stdout.write([head, text, ...(fidelity ? [toTable(fidelity)] : [])].join('\n'));
}

/** What source.md says below its title; of a mapping file, the file. */
async function textOf({ folder }: Source): Promise<string> {
  if (folder.endsWith(MAPPING_FILE)) return readFile(folder, 'utf8');
  const text = await readFile(join(folder, 'source.md'), 'utf8');
  return `${text
    .replace(/^---\r?\n[\s\S]*?\r?\n---\r?\n/, '')
    .replace(/^\s*# .*\n/, '')
    .trim()}\n`;
}

const toTable = ({ filled, unfilled }: Fidelity): string =>
  `${columns(
    ['COLUMN', 'FILLED FROM'],
    filled.map((one) => [one.column, describeFilled(one)]),
  )}${unfilled.length > 0 ? `\nIt knows nothing of: ${unfilled.join(', ')}\n` : ''}`;
