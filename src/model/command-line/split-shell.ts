import { ListReader } from './shell-list.js';

export type RedirectOperator =
  | '<'
  | '>'
  | '>>'
  | '<>'
  | '>|'
  | '<<'
  | '<<-'
  | '<<<'
  | '<&'
  | '>&'
  | '&>'
  | '&>>';

export interface Redirect {
  fd?: number;
  operator: RedirectOperator;
  /** File, descriptor, or here-string; for `<<` and `<<-` the body of the heredoc. */
  target: string;
}

export interface SimpleCommand {
  /** Words after quote removal. Variables, globs and substitutions are kept as typed. */
  argv: string[];
  assignments: string[];
  /** Its own and those of the groups and loops around it. */
  redirects: Redirect[];
  /** Inside `for`, `while`, `until` or `select`, the condition included. */
  inLoop: boolean;
  inBackground: boolean;
  /** Index of the command whose output it reads; for a group or loop in front, the last command in it. */
  pipeFrom?: number;
  /** The loop word it is the condition of. */
  conditionOf?: 'while' | 'until';
  /** How the end of the text met it: absent if a terminator came first. `in-word` means the last word may go on. */
  open?: 'between-words' | 'in-word' | 'in-redirect';
}

export interface ShellScript {
  /** Flat and in order of completion: commands in `$(..)` come before the command that uses their output. */
  commands: SimpleCommand[];
  /** Heads of the loops, such as `for n in 1 2` or `while`. */
  loops: string[];
  /** A quote, parenthesis, group, loop or heredoc was still open: probably a cut command line. */
  incomplete: boolean;
  /** A limit was reached and the rest was not read. */
  truncated: boolean;
}

/** State shared by the reader of the text and the readers of the substitutions in it. */
export interface SplitState extends ShellScript {
  depth: number;
  loopDepth: number;
  /** Commands that groups may still mark with their redirects; keeps hostile nesting linear. */
  markBudget: number;
}

const MARK_BUDGET = 200_000;

/**
 * Splits text as bash would, without expanding anything. Total: any text gives a result. What is read of a text does
 * not depend on what follows, so the commands of a cut line are those of the whole line up to the cut; the last
 * ones carry `open`.
 */
export function splitShell(commandLine: string): ShellScript {
  const state: SplitState = {
    commands: [],
    loops: [],
    incomplete: false,
    truncated: false,
    depth: 0,
    loopDepth: 0,
    markBudget: MARK_BUDGET,
  };
  new ListReader(commandLine, state, 'cut').readAll();
  const { commands, loops, incomplete, truncated } = state;
  return { commands, loops, incomplete: incomplete || truncated, truncated };
}
