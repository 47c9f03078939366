import type { SimpleCommand } from './split-shell.js';

const DECLARING = new Set(['export', 'readonly', 'declare', 'local', 'typeset']);
const ASSIGNMENT = /^([A-Za-z_]\w*)=([\s\S]*)$/;
const REFERENCE = /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g;
const MAX_VALUE = 4096;
const MAX_VARIABLES = 256;
/** Characters that variables may add to one script: `$a` a million times is no million copies of `a`. */
const MAX_EXPANDED = 65_536;

/**
 * What a script itself writes into its variables: `t=curl; $t -T f http://h` runs curl. Only literal values, in the order of the text; what comes
 * from elsewhere stays as typed. Whether a word was quoted is not known: it is split where a shell's reader would expect it, as the
 * name of the command, at `$IFS`, and where the value is options.
 */
export class ShellVariables {
  private readonly values = new Map<string, string>([['IFS', ' ']]);
  private budget = MAX_EXPANDED;

  /** The command with what is known put in. Assignments before a program are that program's alone, as in a shell. */
  expand(command: SimpleCommand): SimpleCommand {
    const { argv: typed, redirects: told, open } = command;
    // A name that may go on may become another variable's.
    const openWord = open === 'in-word' ? typed.length - 1 : -1;
    const openRedirect = open === 'in-redirect' ? told.length - 1 : -1;
    const argv = typed.flatMap((word, index) =>
      index === openWord ? [word] : this.expandWord(word, index === 0),
    );
    const redirects = told.map((redirect, index) =>
      index === openRedirect ? redirect : { ...redirect, target: this.replace(redirect.target) },
    );
    if (argv.length === 0) this.remember(command.assignments);
    else if (DECLARING.has(argv[0] ?? '')) this.remember(argv.slice(1));
    return { ...command, argv, redirects };
  }

  private remember(assignments: readonly string[]): void {
    for (const assignment of assignments) {
      const [, name, typed] = ASSIGNMENT.exec(assignment) ?? [];
      if (name === undefined || typed === undefined) continue;
      const value = this.replace(typed);
      if (/[$`]/.test(value) || value.length > MAX_VALUE) this.values.delete(name);
      else if (this.values.size < MAX_VARIABLES) this.values.set(name, value);
    }
  }

  private expandWord(word: string, isName: boolean): string[] {
    if (!word.includes('$')) return [word];
    const expanded = this.replace(word);
    if (expanded === word) return [word];
    const isSplit = isName || /\$\{?IFS\b/.test(word) || /^-/.test(expanded);
    return isSplit ? expanded.split(/\s+/).filter((part) => part !== '') : [expanded];
  }

  private replace(text: string): string {
    return text.replaceAll(REFERENCE, (typed, braced: string | undefined, plain: string | undefined) => {
      const value = this.values.get(braced ?? plain ?? '');
      if (value === undefined || value.length > this.budget) return typed;
      this.budget -= value.length;
      return value;
    });
  }
}
