import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { FindingDetail } from '../model/hunt-result.js';
import type { FindingChange, FindingEvent, FindingPage, KeptFinding } from '../model/live.js';
import type { Precision } from '../model/precision.js';
import { VERDICTS, type VerdictWord } from '../model/verdict-file.js';
import { forJsonOutput, forTerminal } from '../output/escape.js';
import { EXIT, ExitError } from './exit.js';
import { describeFinding, describeFindings, describePrecision } from './findings-text.js';
import { type KnownServer, requestTo } from './known-server.js';
import { configOf, LOCAL_FILE, stateFolderOf } from './serve.js';

export interface ServerFlags {
  server?: string;
  tokenFile?: string;
  state?: string;
  config?: string;
  format: 'table' | 'json';
}

interface ListFlags extends ServerFlags {
  all?: boolean;
  closed?: boolean;
  search?: string;
  limit: string;
}

/** `findings`: triage from the terminal, against a running server. */
export function addFindingsCommands(program: Command): void {
  const findings = program
    .command('findings')
    .description('what a running `stowaway serve` found: list, explain, close, note, export');
  withServer(findings.command('list'))
    .description('open findings, the newest first')
    .option('--closed', 'closed ones')
    .option('--all', 'suppressed ones, too')
    .option('--search <text>', 'only those with this text in entity, reason or destinations')
    .option('--limit <n>', 'at most so many', '50')
    .action(async (flags: ListFlags) => {
      const page = await ask<FindingPage>(flags, `/findings?${listQuery(flags)}`);
      print(flags, page, () => describeFindings(page));
    });
  withServer(findings.command('show').argument('<uid>'))
    .description('why, term by term; the evidence on one clock; what became of it')
    .action(async (uid: string, flags: ServerFlags) => {
      const whole = await ask<Whole>(flags, `/findings/${encodeURIComponent(uid)}`);
      print(flags, whole, () => describeFinding(whole));
    });
  withServer(findings.command('close').argument('<uid>'))
    .description('close it with a verdict')
    .addOption(new Option('--verdict <verdict>', 'what it is').choices([...VERDICTS]).makeOptionMandatory())
    .requiredOption('--reason <text>', 'why')
    .action(async (uid: string, flags: ServerFlags & { verdict: VerdictWord; reason: string }) => {
      await change(flags, uid, { what: 'verdict', verdict: flags.verdict, why: flags.reason });
      const kept = await change(flags, uid, { what: 'closed', why: flags.reason });
      print(flags, kept, () => `${uid} is closed: ${flags.verdict}\n`);
    });
  withServer(findings.command('precision'))
    .description('how often findings were right by their verdicts, for each strategy and analytic')
    .action(async (flags: ServerFlags) => {
      const all = await ask<Precision[]>(flags, '/findings/precision');
      print(flags, all, () => describePrecision(all));
    });
  withServer(findings.command('note').argument('<uid>').argument('<text>'))
    .description('add a note')
    .action(async (uid: string, text: string, flags: ServerFlags) => {
      const kept = await change(flags, uid, { what: 'note', why: text });
      print(flags, kept, () => `noted on ${uid}\n`);
    });
  withServer(findings.command('export'))
    .description(
      'open findings as `stowaway hunt --format json` writes them, for `respond` and other programs',
    )
    .option('-o, --output <file>', 'write it there')
    .action(async (flags: ServerFlags & { output?: string }) => {
      const findings = await allOpen(flags);
      const report = {
        version: 1,
        inputs: [],
        strategies: [],
        findings: findings.map(({ finding }) => finding),
        suppressed: 0,
      };
      const text = `${forJsonOutput(JSON.stringify(report, null, 2))}\n`;
      if (flags.output === undefined) process.stdout.write(text);
      else await writeFile(flags.output, text);
    });
}

export interface Whole {
  kept: KeptFinding;
  detail: FindingDetail | null;
  events: FindingEvent[];
}

export const withServer = (command: Command): Command =>
  command
    .addOption(
      new Option('--server <url>', 'the server (default: the one running here)').env('STOWAWAY_SERVER'),
    )
    .addOption(new Option('--token-file <file>', 'file with a token for it').env('STOWAWAY_TOKEN_FILE'))
    .addOption(
      new Option('--state <folder>', 'state folder of the server running here').env('STOWAWAY_SERVE_STATE'),
    )
    .addOption(new Option('-c, --config <file>', 'its stowaway.yaml').env('STOWAWAY_CONFIG'))
    .addOption(
      new Option('-f, --format <format>', 'what stdout gets').choices(['table', 'json']).default('table'),
    );

function listQuery({ closed, all, search, limit }: ListFlags): string {
  return new URLSearchParams({
    state: closed ? 'closed' : 'open',
    limit,
    ...(all && { suppressed: 'true' }),
    ...(search !== undefined && { search }),
  }).toString();
}

/** Page by page: a server gives no more than a thousand at once. What moved between two pages is there once. */
async function allOpen(flags: ServerFlags): Promise<KeptFinding[]> {
  const findings = new Map<string, KeptFinding>();
  let after: string | null = null;
  do {
    const from: string = after === null ? '' : `&after=${encodeURIComponent(after)}`;
    const page: FindingPage = await ask<FindingPage>(flags, `/findings?state=open&limit=1000${from}`);
    for (const kept of page.findings) findings.set(kept.uid, kept);
    after = page.next;
  } while (after !== null);
  return [...findings.values()];
}

const change = (flags: ServerFlags, uid: string, wanted: FindingChange): Promise<KeptFinding> =>
  ask<KeptFinding>(flags, `/findings/${encodeURIComponent(uid)}/changes`, wanted);

/** Asks the server's API; what it refuses becomes one line. */
export async function ask<T>(flags: ServerFlags, path: string, body?: unknown): Promise<T> {
  const server = await serverOf(flags);
  const answer = await requestTo(server, `/api/v1${path}`, {
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new ExitError(
      EXIT.error,
      `${server.url} does not answer (${String((cause as Error).cause ?? cause)}); does \`stowaway serve\` run?`,
    );
  });
  const value = (await answer.json().catch(() => ({}))) as T & { title?: string; detail?: string };
  if (answer.ok) return value;
  throw new ExitError(
    EXIT.error,
    forTerminal(`${value.title ?? answer.statusText}${value.detail ? `: ${value.detail}` : ''}`),
  );
}

export async function serverOf(flags: ServerFlags): Promise<KnownServer> {
  const folder = stateFolderOf(flags.state, (await configOf(flags.config)).config);
  const local = await readFile(join(folder, LOCAL_FILE), 'utf8').then(
    (text) => JSON.parse(text) as KnownServer,
    () => null,
  );
  const token =
    flags.tokenFile === undefined ? local?.token : (await readFile(flags.tokenFile, 'utf8')).trim();
  const stated = flags.server?.replace(/\/+$/, '');
  const url = stated ?? local?.url;
  if (url !== undefined && token !== undefined)
    return { url, token, ...(stated === undefined && { certificate: local?.certificate }) };
  throw new ExitError(
    EXIT.error,
    `no server runs with state in ${folder}; start \`stowaway serve\`, or give --server and --token-file`,
  );
}

export function print(flags: ServerFlags, value: unknown, text: () => string): void {
  process.stdout.write(
    flags.format === 'json' ? `${forJsonOutput(JSON.stringify(value, null, 2))}\n` : text(),
  );
}
