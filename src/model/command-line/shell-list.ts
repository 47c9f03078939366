import { ShellCursor, type ShellWord } from './shell-words.js';
import type { Redirect, RedirectOperator, SimpleCommand, SplitState } from './split-shell.js';

export type Ending = 'cut' | 'closed';

/** More nested substitutions or commands than these are an attack on the parser: the rest is not read. */
const MAX_DEPTH = 32;
const MAX_COMMANDS = 4096;
const MAX_REDIRECTS = 32;

const OPERATORS = /^(?:&>>|<<<|<<-|&>|>>|<<|<>|>&|<&|>\||[<>])/;
const ASSIGNMENT = /^[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=/;
const CLOSERS: Record<string, Frame['kind']> = { done: 'loop', fi: 'if', esac: 'case', '}': 'group' };

interface Frame {
  kind: 'subshell' | 'group' | 'loop' | 'if' | 'case';
  firstCommand: number;
  stdinFrom?: number;
  wantsPattern: boolean;
}

interface Draft {
  argv: string[];
  assignments: string[];
  redirects: Redirect[];
  /** Where its last word or redirect ended; equal to the length of the text if the text may have been cut there. */
  lastEnd: number;
  lastIs: 'word' | 'redirect';
  isTest: boolean;
}

/** One list of commands: a whole text, or the inside of one `$(..)`. */
interface List {
  frames: Frame[];
  /** How many frames of each kind are open, so that stray closing words cost nothing. */
  openFrames: Record<Frame['kind'], number>;
  draft: Draft;
  pipeFrom?: number | undefined;
  conditionOf?: 'while' | 'until' | undefined;
  /** The group or loop that was just closed: redirects that follow belong to it. */
  closed?: Frame | undefined;
  listStart: number;
  outerLoopDepth: number;
  isNested: boolean;
}

interface Heredoc {
  redirect: Redirect;
  delimiter: string;
  stripsTabs: boolean;
}

function emptyDraft(): Draft {
  return { argv: [], assignments: [], redirects: [], lastEnd: -1, lastIs: 'word', isTest: false };
}

/** Reads lists of commands without recursion, except into substitutions, whose depth is limited. */
export class ListReader {
  private readonly cursor: ShellCursor;
  private readonly heredocs: Heredoc[] = [];

  constructor(
    text: string,
    private readonly state: SplitState,
    private readonly ending: Ending,
  ) {
    this.cursor = new ShellCursor(text, {
      readUntilParenthesis: () => this.readNestedList(),
      readText: (inner, isClosed) => this.readNestedText(inner, isClosed),
    });
  }

  readAll(): void {
    this.readList(false);
    if (this.cursor.incomplete) this.state.incomplete = true;
  }

  private readList(isNested: boolean): void {
    const list: List = {
      frames: [],
      openFrames: { subshell: 0, group: 0, loop: 0, if: 0, case: 0 },
      draft: emptyDraft(),
      listStart: this.state.commands.length,
      outerLoopDepth: this.state.loopDepth,
      isNested,
    };
    let isDone = false;
    while (!isDone) {
      if (this.state.commands.length >= MAX_COMMANDS) this.stop();
      this.cursor.skipBlanks();
      if (this.cursor.atEnd) {
        this.endCommand(list, this.ending === 'cut');
        if (isNested) this.cursor.incomplete = true;
        isDone = true;
      } else isDone = this.readToken(list);
    }
    if (list.frames.length > 0) this.cursor.incomplete = true;
    this.state.loopDepth = list.outerLoopDepth;
  }

  /** True when the list ended at its closing parenthesis. */
  private readToken(list: List): boolean {
    const character = this.cursor.peek();
    if (list.frames.at(-1)?.wantsPattern) this.skipPattern(list);
    else if (list.draft.isTest && /[&|()<>]/.test(character)) this.cursor.position += 1;
    else if (character === '\n') this.readNewline(list);
    else if (character === ';') this.readSemicolon(list);
    else if (character === '&' && !this.cursor.peek(2).endsWith('>')) this.readAmpersand(list);
    else if (character === '|') this.readPipe(list);
    else if (character === '(') this.readOpening(list);
    else if (character === ')') return this.readClosing(list);
    else if (/[<>&]/.test(character) && !/^[<>]\(/.test(this.cursor.peek(2))) this.readRedirect(list);
    else this.takeWord(list, this.cursor.readWord());
    return false;
  }

  private readNewline(list: List): void {
    this.cursor.position += 1;
    this.endCommand(list, false);
    list.listStart = this.state.commands.length;
    for (const heredoc of this.heredocs.splice(0)) {
      heredoc.redirect.target = this.cursor.readHeredoc(heredoc.delimiter, heredoc.stripsTabs);
    }
  }

  private readSemicolon(list: List): void {
    const operator = /^;(?:;&|;|&)?/.exec(this.cursor.peek(3))?.[0] ?? ';';
    this.cursor.position += operator.length;
    this.endCommand(list, false);
    list.listStart = this.state.commands.length;
    const frame = list.frames.at(-1);
    if (operator !== ';' && frame?.kind === 'case') frame.wantsPattern = true;
  }

  private readAmpersand(list: List): void {
    const isAnd = this.cursor.peek(2) === '&&';
    this.cursor.position += isAnd ? 2 : 1;
    this.endCommand(list, false);
    if (isAnd) return;
    for (const command of this.markable(list.listStart)) command.inBackground = true;
    list.listStart = this.state.commands.length;
  }

  private readPipe(list: List): void {
    const operator = /^\|[|&]?/.exec(this.cursor.peek(2))?.[0] ?? '|';
    this.cursor.position += operator.length;
    this.endCommand(list, false);
    const last = this.state.commands.length - 1;
    if (operator !== '||' && last >= list.listStart) list.pipeFrom = last;
  }

  private readOpening(list: List): void {
    const { draft } = list;
    if (
      draft.argv.length === 0 &&
      draft.assignments.length > 0 &&
      /=$/.test(draft.assignments.at(-1) ?? '')
    ) {
      this.cursor.position += 1;
      this.readNestedWords();
    } else if (draft.argv.length === 0 && this.cursor.peek(2) === '((') {
      const start = this.cursor.position;
      if (this.cursor.skipArithmetic()) list.conditionOf = undefined;
      else {
        this.cursor.position = start + 1;
        this.pushFrame(list, 'subshell');
      }
    } else if (draft.argv.length === 0) {
      this.cursor.position += 1;
      this.pushFrame(list, 'subshell');
    } else {
      this.cursor.position += 1;
      this.skipFunctionParentheses(list);
    }
  }

  /** `name ()` announces a body, so the name is no command. Any other parenthesis here is a syntax error. */
  private skipFunctionParentheses(list: List): void {
    this.cursor.skipBlanks();
    if (this.cursor.peek() !== ')') return;
    this.cursor.position += 1;
    if (list.draft.argv.length === 1) list.draft = emptyDraft();
  }

  /** Elements of `name=( .. )`: no command, but substitutions in them are read. */
  private readNestedWords(): void {
    while (!this.cursor.atEnd) {
      this.cursor.skipBlanks();
      const character = this.cursor.peek();
      if (character === ')') {
        this.cursor.position += 1;
        return;
      }
      if (/^[\n;&|<>(]/.test(character)) this.cursor.position += 1;
      else if (character !== '') this.cursor.readWord();
    }
    this.cursor.incomplete = true;
  }

  private readClosing(list: List): boolean {
    this.cursor.position += 1;
    this.endCommand(list, false);
    const hasSubshell = list.openFrames.subshell > 0;
    if (hasSubshell) this.popFrame(list, 'subshell');
    return !hasSubshell && list.isNested;
  }

  private readRedirect(list: List): void {
    const operator = (OPERATORS.exec(this.cursor.peek(3))?.[0] ?? '>') as RedirectOperator;
    this.cursor.position += operator.length;
    const fd = this.takeDescriptor(list.draft, this.cursor.position - operator.length);
    this.cursor.skipBlanks();
    const start = this.cursor.position;
    const word = this.cursor.readWord();
    if (this.cursor.position === start) return;
    const redirect: Redirect = { operator, target: word.text };
    if (fd !== undefined) redirect.fd = fd;
    if (operator === '<<' || operator === '<<-') {
      this.heredocs.push({ redirect, delimiter: word.text, stripsTabs: operator === '<<-' });
      redirect.target = '';
    }
    if (list.closed) this.redirectGroup(list.closed, redirect);
    else this.addRedirect(list.draft, redirect);
  }

  private addRedirect(draft: Draft, redirect: Redirect): void {
    if (draft.redirects.length < MAX_REDIRECTS) draft.redirects.push(redirect);
    draft.lastEnd = this.cursor.position;
    draft.lastIs = 'redirect';
  }

  private redirectGroup(frame: Frame, redirect: Redirect): void {
    for (const command of this.markable(frame.firstCommand)) {
      if (command.redirects.length < MAX_REDIRECTS) command.redirects.push(redirect);
    }
  }

  /** In `2>file` the digits are part of the operator: unquoted, and nothing between them. */
  private takeDescriptor(draft: Draft, operatorStart: number): number | undefined {
    const last = draft.argv.at(-1);
    if (last === undefined || draft.lastIs !== 'word' || draft.lastEnd !== operatorStart) return undefined;
    const typed = this.cursor.text
      .slice(Math.max(0, operatorStart - last.length - 1), operatorStart)
      .trimStart();
    if (!/^\d{1,4}$/.test(last) || typed !== last) return undefined;
    draft.argv.pop();
    return Number(last);
  }

  private takeWord(list: List, word: ShellWord): void {
    const { draft } = list;
    if (draft.argv.length === 0 && draft.assignments.length === 0 && this.takeReserved(list, word)) return;
    if (draft.argv.length === 0 && ASSIGNMENT.test(word.raw)) draft.assignments.push(word.text);
    else draft.argv.push(word.text);
    if (draft.argv.length === 1 && word.raw === '[[') draft.isTest = true;
    if (word.raw === ']]') draft.isTest = false;
    draft.lastEnd = this.cursor.position;
    draft.lastIs = 'word';
    list.closed = undefined;
  }

  private takeReserved(list: List, { raw }: ShellWord): boolean {
    const closes = Object.hasOwn(CLOSERS, raw) ? CLOSERS[raw] : undefined;
    if (closes !== undefined) this.popFrame(list, closes);
    else if (raw === 'for' || raw === 'select') this.openFor(list, raw);
    else if (raw === 'while' || raw === 'until') {
      this.state.loops.push(raw);
      this.pushFrame(list, 'loop');
      list.conditionOf = raw;
    } else if (raw === 'if') this.pushFrame(list, 'if');
    else if (raw === '{') this.pushFrame(list, 'group');
    else if (raw === 'case') this.openCase(list);
    else if (raw === 'function') this.skipWord();
    else if (!['do', 'then', 'else', 'elif', '!'].includes(raw)) return false;
    return true;
  }

  private openFor(list: List, keyword: string): void {
    this.pushFrame(list, 'loop');
    const start = this.cursor.position;
    this.cursor.skipBlanks();
    if (this.cursor.peek(2) === '((') this.cursor.skipArithmetic();
    else this.skipHeadWords((word) => word.raw === 'do');
    const head = this.cursor.text.slice(start, Math.min(this.cursor.position, start + 200));
    this.state.loops.push(`${keyword}${head}`.trim());
  }

  private openCase(list: List): void {
    this.skipHeadWords((word) => word.raw === 'in');
    this.pushFrame(list, 'case');
    const frame = list.frames.at(-1);
    if (frame) frame.wantsPattern = true;
  }

  /** Words up to the one that ends the head, or up to an operator. */
  private skipHeadWords(isLast: (word: ShellWord) => boolean): void {
    for (;;) {
      this.cursor.skipBlanks();
      if (this.cursor.atEnd || /[\n;&|<>()]/.test(this.cursor.peek())) return;
      if (isLast(this.cursor.readWord())) return;
    }
  }

  private skipWord(): void {
    this.cursor.skipBlanks();
    this.cursor.readWord();
    this.cursor.skipBlanks();
    if (/^\(\s*\)/.test(this.cursor.peek(8)))
      this.cursor.position = this.cursor.text.indexOf(')', this.cursor.position) + 1;
  }

  /** A pattern of `case` ends with a parenthesis; `esac` may stand in its place. */
  private skipPattern(list: List): void {
    const frame = list.frames.at(-1);
    const character = this.cursor.peek();
    if (/[\n;&|<>()]/.test(character)) {
      this.cursor.position += 1;
      if (character === ')' && frame) frame.wantsPattern = false;
      return;
    }
    if (this.cursor.readWord().raw === 'esac') this.popFrame(list, 'case');
  }

  private pushFrame(list: List, kind: Frame['kind']): void {
    const frame: Frame = { kind, firstCommand: this.state.commands.length, wantsPattern: false };
    const stdinFrom = list.pipeFrom ?? list.frames.at(-1)?.stdinFrom;
    if (stdinFrom !== undefined) frame.stdinFrom = stdinFrom;
    list.frames.push(frame);
    list.openFrames[kind] += 1;
    list.pipeFrom = undefined;
    list.closed = undefined;
    if (kind === 'loop') this.state.loopDepth += 1;
  }

  /** Closes the innermost frame of that kind and all inside it; a closing word without one is ignored. */
  private popFrame(list: List, kind: Frame['kind']): void {
    if (list.openFrames[kind] === 0) return;
    for (;;) {
      const frame = list.frames.pop();
      if (frame === undefined) return;
      list.openFrames[frame.kind] -= 1;
      if (frame.kind === 'loop') this.state.loopDepth -= 1;
      if (frame.kind !== kind) continue;
      list.closed = frame;
      list.listStart = Math.min(list.listStart, frame.firstCommand);
      return;
    }
  }

  private endCommand(list: List, isOpen: boolean): void {
    const { draft } = list;
    const hasContent = draft.argv.length + draft.assignments.length + draft.redirects.length > 0;
    if (hasContent) this.state.commands.push(this.finish(list, isOpen));
    list.draft = emptyDraft();
    list.pipeFrom = undefined;
    list.conditionOf = undefined;
    list.closed = undefined;
  }

  private finish(list: List, isOpen: boolean): SimpleCommand {
    const { argv, assignments, redirects, lastEnd, lastIs } = list.draft;
    const inLoop = this.state.loopDepth > 0;
    const command: SimpleCommand = { argv, assignments, redirects, inLoop, inBackground: false };
    const pipeFrom = list.pipeFrom ?? list.frames.at(-1)?.stdinFrom;
    if (pipeFrom !== undefined) command.pipeFrom = pipeFrom;
    if (list.conditionOf) command.conditionOf = list.conditionOf;
    if (!isOpen) return command;
    const isAtEnd = lastEnd === this.cursor.text.length;
    command.open = !isAtEnd ? 'between-words' : lastIs === 'word' ? 'in-word' : 'in-redirect';
    return command;
  }

  private markable(from: number): SimpleCommand[] {
    const commands = this.state.commands.slice(from, from + this.state.markBudget);
    this.state.markBudget -= commands.length;
    return commands;
  }

  private readNestedList(): void {
    if (!this.enter()) return;
    this.readList(true);
    this.state.depth -= 1;
  }

  private readNestedText(text: string, isClosed: boolean): void {
    if (!this.enter()) return;
    new ListReader(text, this.state, isClosed ? 'closed' : 'cut').readAll();
    this.state.depth -= 1;
  }

  private enter(): boolean {
    if (this.state.depth >= MAX_DEPTH) {
      this.stop();
      return false;
    }
    this.state.depth += 1;
    return true;
  }

  private stop(): void {
    this.state.truncated = true;
    this.cursor.giveUp();
  }
}
