import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { OptionSyntax } from './options.js';

export type Protocol =
  | 'http'
  | 'https'
  | 'ftp'
  | 'ftps'
  | 'sftp'
  | 'scp'
  | 'rsync'
  | 'tcp'
  | 'udp'
  | 'git'
  | 'registry'
  | 'object-storage'
  | 'unknown';

/** `flood` and `reroute` are what the tools of `intel/flood-tools.yaml` do; nothing is transferred by them. */
export type Direction = 'upload' | 'download' | 'unknown' | 'flood' | 'reroute';

/** What the value of a sending option holds; see the head of `intel/transfer-tools.yaml`. */
export type Payload = 'file' | 'body' | 'urlencode' | 'form' | 'inline' | 'flag';

/** What an archive rule makes; see the head of `intel/staging-tools.yaml`. */
export type PackKind = 'archive' | 'compress' | 'split' | 'encrypt' | 'dump';

const MODES = [
  'options',
  'copy',
  'always',
  'stream',
  'addresses',
  'script',
  'code',
  'archive',
  'activity',
] as const;

export type RuleMode = (typeof MODES)[number];

/** One way to use a tool. Which fields count depends on `mode`; the YAML file documents them. */
export interface ToolRule {
  mode: RuleMode;
  when?: string[];
  protocol?: Protocol;
  otherwise?: Direction;
  scheme?: string;
  sends?: Record<string, Payload>;
  methods?: string[];
  targets?: string[];
  sources?: string[];
  port?: string[];
  queryFlags?: string[];
  items?: boolean;
  remote?: string;
  remoteOnly?: string;
  dryRun?: string[];
  subcommands?: string[];
  targetOperand?: number;
  portOperand?: number;
  lastOperand?: boolean;
  sourceOperands?: boolean;
  hostOnly?: boolean;
  image?: boolean;
  udp?: string[];
  listens?: string[];
  scripts?: string[];
  operandsAreScript?: boolean;
  uploads?: string | string[];
  downloads?: string[];
  files?: string[];
  needs?: string[];
  unless?: string[];
  oldStyle?: boolean;
  kind?: PackKind;
  operand?: string;
  activity?: 'flood' | 'reroute';
  matches?: string;
}

export interface ToolGrammar {
  id: string;
  names: string[];
  /** Texts one of which is in every line concerned; the names where absent. */
  needles?: string[];
  rules: ToolRule[];
  syntax: OptionSyntax;
}

export interface WrapperGrammar {
  names: string[];
  when?: string[];
  skip?: number;
  assignments?: boolean;
  repeats?: boolean;
  schedules?: boolean | string[];
  joined?: boolean;
  marker?: string[];
  interactive?: boolean;
  dashes?: boolean;
  syntax: OptionSyntax;
}

export interface InterpreterGrammar {
  names: string[];
  scripts?: string[];
  firstOperand?: boolean;
  stdin?: boolean;
  schedules?: boolean;
  crontab?: boolean;
  syntax: OptionSyntax;
}

export interface TransferTools {
  tools: ReadonlyMap<string, ToolGrammar>;
  wrappers: ReadonlyMap<string, WrapperGrammar[]>;
  interpreters: ReadonlyMap<string, InterpreterGrammar>;
  waiting: ReadonlySet<string>;
  echoing: ReadonlySet<string>;
}

class TransferToolsError extends Error {
  override name = 'TransferToolsError';
}

type Raw<T> = Omit<T, 'syntax'> & {
  values?: string[];
  flags?: string[];
  abbreviations?: boolean;
  singleDash?: boolean;
};

interface RawFile {
  tools: Raw<ToolGrammar>[];
  wrappers: Raw<WrapperGrammar>[];
  interpreters: Raw<InterpreterGrammar>[];
  waiting: string[];
  echoing: string[];
}

const INTEL = new URL('../../../intel/', import.meta.url);

let loaded: TransferTools | undefined;

/** The grammars that come with Stowaway, read once. */
export function transferTools(): TransferTools {
  loaded ??= readTransferTools(
    readList('transfer-tools.yaml'),
    readList('staging-tools.yaml'),
    readList('flood-tools.yaml'),
  );
  return loaded;
}

const readList = (name: string): unknown => parse(readFileSync(new URL(name, INTEL), 'utf8'));

/** Throws one `TransferToolsError` that names all mistakes. */
function readTransferTools(moving: unknown, ...others: unknown[]): TransferTools {
  const file = moving as RawFile;
  const all = [file, ...others].flatMap((list) => (list as Pick<RawFile, 'tools'>).tools);
  const problems = all.flatMap(problemsOf);
  const wrappers = new Map<string, WrapperGrammar[]>();
  const tools = new Map<string, ToolGrammar>();
  for (const raw of all) {
    const grammar = { ...raw, syntax: syntaxOf(raw, raw.rules) };
    for (const name of raw.names) {
      if (tools.has(name)) problems.push(`${raw.id}: ${name} already belongs to ${tools.get(name)?.id}`);
      tools.set(name, grammar);
    }
  }
  if (problems.length > 0) throw new TransferToolsError(problems.join('\n'));
  for (const raw of file.wrappers) {
    const grammar = { ...raw, syntax: syntaxOf(raw, []) };
    for (const name of raw.names) wrappers.set(name, [...(wrappers.get(name) ?? []), grammar]);
  }
  const interpreters = file.interpreters.flatMap((raw) => {
    const grammar = {
      ...raw,
      syntax: syntaxOf(raw, [{ mode: 'script', scripts: raw.firstOperand ? [] : (raw.scripts ?? []) }]),
    };
    return raw.names.map((name) => [name, grammar] as const);
  });
  return {
    tools,
    wrappers,
    interpreters: new Map(interpreters),
    waiting: new Set(file.waiting),
    echoing: new Set(file.echoing),
  };
}

function problemsOf(tool: Raw<ToolGrammar>): string[] {
  const problems = tool.rules
    .filter((rule) => !MODES.includes(rule.mode))
    .map((rule) => `${tool.id}: unknown mode ${rule.mode}`);
  for (const rule of tool.rules) {
    const patterns = [
      rule.remote,
      rule.remoteOnly,
      rule.uploads,
      rule.downloads,
      rule.files,
      rule.operand,
      rule.matches,
    ].flat();
    for (const pattern of patterns) {
      try {
        new RegExp(pattern ?? '');
      } catch (cause) {
        problems.push(`${tool.id}: ${cause instanceof Error ? cause.message : pattern}`);
      }
    }
    if ((rule.mode === 'archive') !== (rule.kind !== undefined))
      problems.push(`${tool.id}: kind belongs to mode archive, and mode archive needs it`);
    if (rule.mode === 'copy' && rule.remote === undefined)
      problems.push(`${tool.id}: mode copy needs remote`);
  }
  return problems;
}

function syntaxOf(raw: Raw<object>, rules: ToolRule[]): OptionSyntax {
  const sending = rules.flatMap((rule) => Object.entries(rule.sends ?? {}));
  const valued = new Set([
    ...(raw.values ?? []),
    ...sending.filter(([, payload]) => payload !== 'flag').map(([name]) => name),
    ...rules.flatMap((rule) =>
      [rule.methods, rule.targets, rule.sources, rule.scripts, rule.port].flatMap((list) => list ?? []),
    ),
  ]);
  const names = [...valued, ...(raw.flags ?? []), ...sending.map(([name]) => name)];
  return {
    valued,
    long: [...new Set(names.filter((name) => name.startsWith('--')))],
    abbreviations: raw.abbreviations ?? false,
    singleDash: raw.singleDash ?? false,
  };
}
