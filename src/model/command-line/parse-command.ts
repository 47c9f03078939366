import {
  type Archive,
  type CommandCall,
  type Cut,
  outputFile,
  printedText,
  standardInput,
  type Transfer,
} from './command-call.js';
import { FORWARDING, readForwarding } from './forwarding.js';
import { splitJoinedArgv } from './joined-argv.js';
import { NetworkRedirects } from './network-redirects.js';
import { recognise } from './recognise-transfer.js';
import { ShellVariables } from './shell-variables.js';
import { type ShellScript, type SimpleCommand, splitShell } from './split-shell.js';
import { type ToolGrammar, type TransferTools, transferTools } from './transfer-tools.js';
import { commandName, type Unwrapped, unwrapCommand } from './unwrap-command.js';

export type { Archive, Transfer } from './command-call.js';

export interface ParseOptions {
  /** The source cuts long command lines, and this one may be cut. */
  truncated?: boolean;
  /**
   * Arguments were joined with spaces and their quotes are lost, as in Docker's `exec_create: sh -c ..`: after
   * `sh -c` the rest of the line is the script. Assumed when the text starts with `exec_create:` or `exec_start:`.
   */
  joinedArgv?: boolean;
}

export interface CommandFacts {
  transfers: Transfer[];
  isLoop: boolean;
  /** Seconds that a loop waits in each turn, as far as the line says; 0 when it does not wait. */
  loopPause: number;
  /** crontab, at, watch, systemd-run --on-.., an endless loop, or a loop that sleeps. */
  hasScheduler: boolean;
  /** A terminal is asked for in a container (`docker exec -it`, `kubectl exec -it`). */
  isInteractive: boolean;
  archives: Archive[];
  /** The line was said to be cut, is incomplete, or was longer than what is read. */
  isTruncated: boolean;
  /** Ids of the known tools that are started, also where they transfer nothing. */
  tools: string[];
}

/** Scripts in scripts deeper than this are not read. */
const MAX_DEPTH = 8;
/** More commands in one command line are not read. */
const MAX_COMMANDS = 8192;
/** bpftrace and auditd cut arguments; one this long may be a part, so its host and port are not trusted. */
const LONG_ARGUMENT = 63;
/** What cron, at and watch wait at least, in seconds. */
const SCHEDULE_PAUSE = 1;
const SUBSTITUTION = /^\$\(([^(][\s\S]*)\)$|^`([^`]*)`$/;
const ENDLESS_LOOP = /^for\s*\(\(\s*;\s*;\s*\)\)/;

/**
 * What a command line transfers. Never throws.
 *
 * An array is an argument vector, already split; empty arguments at its end are unused slots and are dropped.
 * With `truncated`, no upload gets more confidence than the whole line would give it.
 */
export function parseCommand(
  commandLine: string | readonly string[],
  options: ParseOptions = {},
): CommandFacts {
  const walker = new CommandWalker(transferTools());
  if (typeof commandLine === 'string') walker.readText(commandLine, options);
  else walker.readArguments([...commandLine], options.truncated === true);
  return walker.facts;
}

interface Surroundings {
  inLoop: boolean;
  /** Its output goes to another command. */
  isPiped: boolean;
  depth: number;
}

class CommandWalker {
  readonly facts: CommandFacts = {
    transfers: [],
    isLoop: false,
    loopPause: 0,
    hasScheduler: false,
    isInteractive: false,
    archives: [],
    isTruncated: false,
    tools: [],
  };
  private budget = MAX_COMMANDS;

  constructor(private readonly known: TransferTools) {}

  readText(text: string, { truncated = false, joinedArgv = false }: ParseOptions): void {
    const marked = /^exec_(?:create|start): ?/.exec(text);
    if (marked || joinedArgv) {
      const words = splitJoinedArgv(text.slice(marked?.[0].length ?? 0), this.known);
      this.readJoined(words, truncated && !/\s$/.test(text), truncated);
    } else this.readScript(splitShell(text), truncated, { inLoop: false, isPiped: false, depth: 0 });
  }

  readArguments(words: string[], truncated: boolean): void {
    while (words.at(-1) === '') words.pop();
    this.readJoined(words, truncated && (words.at(-1)?.length ?? 0) >= LONG_ARGUMENT, truncated);
  }

  private readJoined(words: string[], isInWord: boolean, truncated: boolean): void {
    if (truncated) this.facts.isTruncated = true;
    const cut: Cut = isInWord ? 'in-word' : truncated ? 'between-words' : 'no';
    const command: SimpleCommand = {
      argv: words,
      assignments: [],
      redirects: [],
      inLoop: false,
      inBackground: false,
    };
    const script: ShellScript = { commands: [command], loops: [], incomplete: false, truncated: false };
    this.readCommand(command, cut, {
      script,
      network: new NetworkRedirects(),
      inLoop: false,
      isPiped: false,
      depth: 0,
    });
  }

  private readScript(script: ShellScript, truncated: boolean, around: Surroundings): void {
    const isCut = truncated || script.incomplete;
    if (isCut) this.facts.isTruncated = true;
    if (script.loops.length > 0) this.facts.isLoop = true;
    if (script.loops.some((head) => ENDLESS_LOOP.test(head))) this.facts.hasScheduler = true;
    const network = new NetworkRedirects();
    const variables = new ShellVariables();
    const commands = script.commands.map((command) => variables.expand(isCut ? command : closed(command)));
    const read = new Set(commands.map((command) => command.pipeFrom));
    for (const [index, command] of commands.entries()) {
      this.readCommand(command, cutOf(command), {
        ...around,
        isPiped: around.isPiped || read.has(index),
        script: { ...script, commands },
        network,
      });
    }
  }

  private readCommand(
    command: SimpleCommand,
    cut: Cut,
    context: Surroundings & { script: ShellScript; network: NetworkRedirects },
  ): void {
    this.budget -= 1;
    if (this.budget < 0 || context.depth > MAX_DEPTH) {
      this.facts.isTruncated = true;
      return;
    }
    const stdin = standardInput(command, context.script.commands, this.known);
    const unwrapped = unwrapCommand(command.argv, cut, { stdin, tools: this.known });
    const inLoop = context.inLoop || command.inLoop || unwrapped.repeats;
    this.noteCircumstances(command, unwrapped, inLoop);
    const [first, ...args] = unwrapped.words;
    const call: CommandCall = {
      name: commandName(first),
      args,
      cut: unwrapped.cut,
      stdin,
      isPiped: context.isPiped,
      ...outputFile(command),
      inLoop,
    };
    this.facts.transfers.push(...context.network.read(command, call), ...readForwarding(command, call));
    const inner = unwrapped.script ?? this.substituted(unwrapped.words, unwrapped.cut);
    if (inner) {
      const { text, isCut } = inner;
      this.readScript(splitShell(text), isCut, {
        inLoop,
        isPiped: context.isPiped,
        depth: context.depth + 1,
      });
    } else this.readCall(call);
  }

  /** The commands that `$(echo .. | base64 -d)` in a command's place becomes. */
  private substituted(words: readonly string[], cut: Cut): { text: string; isCut: boolean } | undefined {
    const [, braced, ticked] = (words.length === 1 && SUBSTITUTION.exec(words[0] ?? '')) || [];
    const inner = braced ?? ticked;
    if (inner === undefined) return undefined;
    const { commands } = splitShell(inner);
    const last = commands.at(-1);
    const text = last && printedText(last, commands, this.known);
    return text === undefined ? undefined : { text, isCut: cut !== 'no' };
  }

  private noteCircumstances(command: SimpleCommand, unwrapped: Unwrapped, inLoop: boolean): void {
    const [first, second] = unwrapped.words;
    if (inLoop) this.facts.isLoop = true;
    if (unwrapped.interactive) this.facts.isInteractive = true;
    const waits = inLoop && this.known.waiting.has(commandName(first));
    if (waits) this.facts.loopPause += pauseOf(commandName(first), unwrapped.words);
    else if (unwrapped.schedules && this.facts.loopPause === 0) this.facts.loopPause = SCHEDULE_PAUSE;
    if (unwrapped.schedules || waits) this.facts.hasScheduler = true;
    const endless = command.conditionOf === 'until' ? ['false'] : ['true', ':', '1'];
    const isTest = first === '[' || first === '[[' || first === 'test';
    if (command.conditionOf && endless.includes((isTest ? second : first) ?? ''))
      this.facts.hasScheduler = true;
  }

  private readCall(call: CommandCall): void {
    if (call.cut === 'in-word' && call.args.length === 0) return;
    const grammar = findTool(call.name, this.known);
    if (grammar === undefined) return;
    const module = grammar.rules[0]?.mode === 'code' ? moduleCall(call) : undefined;
    const moduleGrammar = module && findTool(module.name, this.known);
    if (module && moduleGrammar) {
      this.readCall(module);
      return;
    }
    if (!this.facts.tools.includes(grammar.id)) this.facts.tools.push(grammar.id);
    const { transfers, archives } = recognise(grammar, call);
    this.facts.transfers.push(...transfers);
    this.facts.archives.push(...archives);
  }
}

/** `sleep 1m 30s` is 90; what is no number (`sleep $DELAY`) counts as a second, so that a loop is not called tight for it. */
function pauseOf(name: string, [, ...words]: string[]): number {
  const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };
  const seconds = words.map((word) => {
    const [, digits, unit] = /^(\d*\.?\d+|\d+\.)([smhd]?)/.exec(word) ?? [];
    return digits === undefined ? 1 : Number(digits) * (units[unit || 's'] ?? 1);
  });
  const sum = seconds.reduce((total, each) => total + each, 0);
  return name === 'usleep' ? sum / 1_000_000 : sum;
}

/** In a whole line the end of the text ends the last command. */
function closed({ open: _open, ...command }: SimpleCommand): SimpleCommand {
  return command;
}

function cutOf(command: SimpleCommand): Cut {
  if (command.open === undefined) return 'no';
  return command.open === 'in-word' ? 'in-word' : 'between-words';
}

/** `python3.12` is `python3`. */
function findTool(name: string, { tools }: TransferTools): ToolGrammar | undefined {
  return tools.get(name) ?? tools.get(name.replace(/\.\d+$/, '')) ?? tools.get(name.replace(/[\d.]+$/, ''));
}

/** `python -m twine upload ..` runs `twine upload ..`. */
function moduleCall(call: CommandCall): CommandCall | undefined {
  const index = call.args.indexOf('-m');
  const name = call.args[index + 1];
  if (index < 0 || name === undefined || call.args.slice(0, index).includes('-c')) return undefined;
  return { ...call, name: commandName(name), args: call.args.slice(index + 2) };
}

/** Words at least one of which is in the text of any command line that yields a transfer; for `LIKE` filters. */
export function interestingNeedles(): string[] {
  const needles = [...transferTools().tools.values()].flatMap(
    (grammar) => grammar.needles ?? grammar.names.map((name) => name.replace(/[\d.]+$/, '')),
  );
  return [...new Set([...needles, '/dev/tcp/', '/dev/udp/', FORWARDING, 'base64'])]
    .filter((name) => name !== '')
    .sort();
}
