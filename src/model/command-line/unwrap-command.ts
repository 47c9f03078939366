import type { Cut, StandardInput } from './command-call.js';
import { scanOptions } from './options.js';
import type { InterpreterGrammar, TransferTools, WrapperGrammar } from './transfer-tools.js';

export interface Unwrapped {
  /** The command line that really runs; empty if there is none. */
  words: string[];
  cut: Cut;
  /** xargs, find -exec, watch: it runs more than once. */
  repeats: boolean;
  schedules: boolean;
  interactive: boolean;
  /** Shell text that runs instead of `words`. */
  script?: { text: string; isCut: boolean };
}

/** More wrappers around wrappers than these are not peeled. */
const MAX_WRAPPERS = 16;

export function commandName(word: string | undefined): string {
  const name = (word ?? '').slice((word ?? '').lastIndexOf('/') + 1).replace(/\.exe$/i, '');
  return name.length > 64 ? '' : name;
}

/** Takes off `sudo`, `env A=b`, `timeout 5`, `docker exec name` and the like, down to a program or a shell script. */
export function unwrapCommand(
  words: string[],
  cut: Cut,
  context: { stdin: StandardInput; tools: TransferTools },
): Unwrapped {
  const state: Unwrapped = { words, cut, repeats: false, schedules: false, interactive: false };
  for (let count = 0; count < MAX_WRAPPERS; count += 1) {
    const name = commandName(state.words[0]);
    if (state.cut === 'in-word' && state.words.length === 1) return state;
    const interpreter = context.tools.interpreters.get(name);
    if (interpreter) {
      readInterpreter(interpreter, state, context.stdin);
      return state;
    }
    const hasPeeled = (context.tools.wrappers.get(name) ?? []).some((wrapper) => peel(wrapper, state));
    if (!hasPeeled || state.script) return state;
  }
  return state;
}

function peel(wrapper: WrapperGrammar, state: Unwrapped): boolean {
  if (wrapper.marker) return peelMarked(wrapper.marker, state);
  const start = skipSubcommand(wrapper, state.words);
  if (start === undefined) return false;
  const scan = scanOptions(state.words, wrapper.syntax, { stopsAtOperand: true, start });
  const names = new Set(scan.options.map((option) => option.name));
  const global = state.words.slice(1, start);
  if (wrapper.interactive && (names.has('-t') || names.has('--tty') || global.includes('-it')))
    state.interactive = true;
  if (wrapper.repeats) state.repeats = true;
  const schedules = wrapper.schedules;
  if (Array.isArray(schedules) ? schedules.some((name) => names.has(name)) : schedules)
    state.schedules = true;
  let next = scan.next;
  if (wrapper.assignments) while (/^[A-Za-z_]\w*=/.test(state.words[next] ?? '')) next += 1;
  next += wrapper.skip ?? 0;
  if (wrapper.interactive) next = skipLateOptions(wrapper, state, next);
  if (next >= state.words.length) return false;
  return proceed(wrapper, state, next);
}

function proceed(wrapper: WrapperGrammar, state: Unwrapped, next: number): boolean {
  state.words = state.words.slice(next);
  if (wrapper.joined) state.script = { text: state.words.join(' '), isCut: state.cut !== 'no' };
  return true;
}

/** `kubectl exec pod -it -- sh`: options may follow the pod. Container engines end theirs at the container. */
function skipLateOptions(wrapper: WrapperGrammar, state: Unwrapped, start: number): number {
  if (!wrapper.dashes) return state.words[start] === '--' ? start + 1 : start;
  const scan = scanOptions(state.words, wrapper.syntax, { stopsAtOperand: true, start });
  if (scan.options.some(({ name }) => name === '-t' || name === '--tty')) state.interactive = true;
  return scan.next;
}

/** Index behind `docker --context x exec`; undefined if it is another subcommand. */
function skipSubcommand(wrapper: WrapperGrammar, words: string[]): number | undefined {
  if (wrapper.when === undefined) return 1;
  const scan = scanOptions(words, wrapper.syntax, { stopsAtOperand: true, start: 1 });
  for (const subcommand of wrapper.when) {
    const expected = subcommand.split(' ');
    if (expected.every((word, index) => words[scan.next + index] === word))
      return scan.next + expected.length;
  }
  return undefined;
}

function peelMarked(marker: string[], state: Unwrapped): boolean {
  const index = state.words.findIndex((word) => marker.includes(word));
  if (index < 0 || index + 1 >= state.words.length) return false;
  const rest = state.words.slice(index + 1);
  const end = rest.findIndex((word) => word === ';' || word === '+');
  state.words = end < 0 ? rest : rest.slice(0, end);
  if (end >= 0 && end < rest.length - 1) state.cut = 'no';
  state.repeats = true;
  return true;
}

function readInterpreter(grammar: InterpreterGrammar, state: Unwrapped, stdin: StandardInput): void {
  const scan = scanOptions(state.words, grammar.syntax, {
    stopsAtOperand: grammar.firstOperand === true,
    start: 1,
  });
  const option = scan.options.find(({ name }) => grammar.scripts?.includes(name));
  if (grammar.schedules) state.schedules = true;
  const text = grammar.firstOperand ? state.words[scan.next] : option?.value;
  if (option && text !== undefined) {
    const isLast = state.words.at(-1) === text;
    state.script = { text, isCut: state.cut === 'in-word' ? isLast : state.cut !== 'no' && isLast };
  } else if (grammar.stdin && stdin.text !== undefined) {
    state.script = {
      text: grammar.crontab ? withoutSchedules(stdin.text) : stdin.text,
      isCut: state.cut !== 'no',
    };
  }
}

/** The five time fields of a crontab line, or `@daily`, stand before the command. */
function withoutSchedules(crontab: string): string {
  return crontab.replace(/^[ \t]*(?:@\w+|(?:[\d*/,A-Za-z-]+[ \t]+){4}[\d*/,A-Za-z-]+)[ \t]+/gm, '');
}
