import type { SimpleCommand } from './split-shell.js';
import type { Direction, PackKind, Protocol, TransferTools } from './transfer-tools.js';

/** `in-word`: the last word may go on. `between-words`: more words may follow. */
export type Cut = 'no' | 'between-words' | 'in-word';

/** Where a command reads from. Text is what an `echo`, a heredoc or a here-string supplies. */
export interface StandardInput {
  kind: 'none' | 'file' | 'pipe' | 'text';
  file?: string;
  text?: string;
}

/** One program start, free of wrappers, with what its surroundings say about it. */
export interface CommandCall {
  name: string;
  args: string[];
  cut: Cut;
  stdin: StandardInput;
  /** Another command of the line reads its output. */
  isPiped: boolean;
  /** Its output goes to this file. */
  outputFile?: string;
  inLoop: boolean;
}

export interface Transfer {
  tool: string;
  direction: Direction;
  protocol: Protocol;
  host?: string;
  port?: number;
  path?: string;
  /** Files that are sent; `-` is standard input. */
  sourceFiles: string[];
  /** The deciding words. Inline bodies are left out, since they hold secrets. */
  evidence: string;
  inLoop: boolean;
  /** See `CONFIDENCE`. */
  confidence: number;
}

export interface Archive {
  tool: string;
  kind: PackKind;
  /** Absent when the archive goes to standard output, or is not in the line. */
  target?: string;
  /** Another command of the line reads it. */
  isPiped: boolean;
}

/** Output of another command; not arithmetic, and never decided by a character that may still follow. */
export function hasSubstitution(text: string): boolean {
  return /\$\([^(]|`|^[<]\(/.test(text);
}

/** Commands that print nothing: `sleep 60 | nc -l` keeps a listener open and sends no data. */
const SILENT: ReadonlySet<string> = new Set(['sleep', 'true', ':', 'wait']);

/**
 * A redirect whose target may go on is not read: `/dev/nul` is not yet `/dev/null`. Where a pipe and a here-document
 * both feed a command, bash drops the pipe; here both count, so that what follows never lowers what was seen.
 */
export function standardInput(
  command: SimpleCommand,
  commands: readonly SimpleCommand[],
  tools: TransferTools,
): StandardInput {
  return readInput(command, commands, tools, MAX_DECODERS);
}

/** Decoders behind one another deeper than this are not followed. */
const MAX_DECODERS = 4;

function readInput(
  command: SimpleCommand,
  commands: readonly SimpleCommand[],
  tools: TransferTools,
  decoders: number,
): StandardInput {
  const texts: string[] = [];
  const redirects = command.open === 'in-redirect' ? command.redirects.slice(0, -1) : command.redirects;
  for (const { fd, operator, target } of redirects) {
    if (fd !== undefined && fd !== 0) continue;
    if (operator.startsWith('<<')) texts.push(target);
    if (operator !== '<') continue;
    if (target.startsWith('<(')) return { kind: 'pipe' };
    if (target !== '/dev/null' && !target.startsWith('/dev/tcp/')) return { kind: 'file', file: target };
  }
  const before = command.pipeFrom === undefined ? undefined : commands[command.pipeFrom];
  const from = SILENT.has(before?.argv[0] ?? '') ? undefined : before;
  const printed = from && printedText(from, commands, tools, decoders);
  if (printed !== undefined) texts.push(printed);
  const text = texts.join('\n');
  const isPipe = (from !== undefined && printed === undefined) || texts.some(hasSubstitution);
  if (texts.length === 0) return { kind: isPipe ? 'pipe' : 'none' };
  return { kind: isPipe ? 'pipe' : 'text', text };
}

/** What a command is known to write: an `echo` its words, a decoder what it is given. */
export function printedText(
  command: SimpleCommand,
  commands: readonly SimpleCommand[],
  tools: TransferTools,
  decoders = MAX_DECODERS,
): string | undefined {
  const [name = '', ...args] = command.argv;
  if (tools.echoing.has(name)) return echoedText(command);
  if (decoders === 0 || !isBase64Decoder(name, args)) return undefined;
  const { kind, text } = readInput(command, commands, tools, decoders - 1);
  return kind === 'text' && text !== undefined ? decodedBase64(text) : undefined;
}

function isBase64Decoder(name: string, args: readonly string[]): boolean {
  const words = name === 'busybox' || name === 'toybox' ? args : [name, ...args];
  const [program = '', ...options] = words;
  const decodes = options.some((option) => /^(?:-[a-zA-Z]*[dD]|--d[a-z]*)$/.test(option));
  if (/(?:^|\/)base64$/.test(program)) return decodes;
  return /(?:^|\/)openssl$/.test(program) && decodes && options.some((option) => /base64$|^-a$/.test(option));
}

function decodedBase64(text: string): string | undefined {
  const joined = text.replaceAll(/\s/g, '');
  if (joined === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(joined)) return undefined;
  return Buffer.from(joined, 'base64').toString('utf8');
}

function echoedText(command: SimpleCommand): string {
  const words = command.argv.slice(1).filter((word) => !/^-[neE]+$/.test(word));
  return words.join(' ').replaceAll('\\n', '\n');
}

export function outputFile(command: SimpleCommand): { outputFile?: string } {
  for (const { fd, operator, target } of command.redirects) {
    const isOutput =
      (operator === '>' || operator === '>>' || operator === '>|') && (fd === undefined || fd === 1);
    if (isOutput && !/^\/dev\/(?:null|std|fd\/|tcp\/|udp\/)/.test(target)) return { outputFile: target };
  }
  return {};
}
