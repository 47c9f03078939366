/** One word after quote removal; `raw` is the word as it was typed, and tells reserved words from quoted ones. */
export interface ShellWord {
  text: string;
  raw: string;
}

/** What a word may contain besides characters: commands in `$(..)`, `<(..)` and backticks. */
export interface NestedCommands {
  /** Called with the cursor behind the opening parenthesis; must leave it behind the closing one, or at the end. */
  readUntilParenthesis(): void;
  /** Called with the text between backticks, its escapes removed. `isClosed` is false when the text was cut. */
  readText(text: string, isClosed: boolean): void;
}

const BREAKS = new Set([' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')']);
const ESCAPES: Record<string, string> = {
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  E: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
/** Deeper `${..}` than this is an attack on the parser, and the rest of the text is given up. */
const MAX_BRACE_DEPTH = 32;

/** A cursor over shell text. It reads blanks, words and heredoc bodies, and only moves forward. */
export class ShellCursor {
  position = 0;
  /** A quote, parenthesis or brace was open when the text ended. */
  incomplete = false;
  private braceDepth = 0;

  constructor(
    readonly text: string,
    private readonly nested: NestedCommands,
  ) {}

  get atEnd(): boolean {
    return this.position >= this.text.length;
  }

  peek(length = 1): string {
    return this.text.slice(this.position, this.position + length);
  }

  /** Blanks, continued lines and comments. Newlines are left: they end commands. */
  skipBlanks(): void {
    for (;;) {
      const character = this.text[this.position];
      if (character === ' ' || character === '\t') this.position += 1;
      else if (character === '\\' && this.text[this.position + 1] === '\n') this.position += 2;
      else if (character === '#') this.position = this.indexOrEnd('\n');
      else return;
    }
  }

  readWord(): ShellWord {
    const start = this.position;
    let text = '';
    while (!this.atEnd) {
      const character = this.text.charAt(this.position);
      if (BREAKS.has(character) && !this.startsProcessSubstitution(start)) break;
      text += this.readPiece(character);
    }
    return { text, raw: this.text.slice(start, this.position) };
  }

  /** Body lines up to the delimiter. Without the delimiter, all that is left: the text was cut. */
  readHeredoc(delimiter: string, stripsTabs: boolean): string {
    const start = this.position;
    while (!this.atEnd) {
      const lineStart = this.position;
      const lineEnd = this.indexOrEnd('\n');
      this.position = Math.min(lineEnd + 1, this.text.length);
      const line = this.text.slice(lineStart, lineEnd);
      if ((stripsTabs ? line.replace(/^\t+/, '') : line) === delimiter)
        return this.text.slice(start, lineStart);
    }
    this.incomplete = true;
    return this.text.slice(start);
  }

  /** From the first of two opening parentheses to behind the last closing one; false if the last two aren't adjacent. */
  skipArithmetic(): boolean {
    let depth = 0;
    for (; this.position < this.text.length; this.position += 1) {
      const character = this.text[this.position];
      if (character === '(') depth += 1;
      if (character !== ')') continue;
      depth -= 1;
      if (depth === 0) {
        this.position += 1;
        return this.text[this.position - 2] === ')';
      }
    }
    this.incomplete = true;
    return true;
  }

  giveUp(): void {
    this.position = this.text.length;
    this.incomplete = true;
  }

  private startsProcessSubstitution(wordStart: number): boolean {
    return this.position === wordStart && /^[<>]\($/.test(this.peek(2));
  }

  private readPiece(character: string): string {
    if (character === '\\') return this.readBackslash();
    if (character === "'") return this.readSingleQuoted();
    if (character === '"') return this.readDoubleQuoted();
    if (character === '$') return this.readDollar(true);
    if (character === '`') return this.readBackticks();
    if (character === '<' || character === '>') return this.readProcessSubstitution();
    return this.readPlain();
  }

  private readPlain(): string {
    const start = this.position;
    this.position += 1;
    while (!this.atEnd && !/[\s;&|<>()\\'"$`]/.test(this.text.charAt(this.position))) this.position += 1;
    return this.text.slice(start, this.position);
  }

  private readBackslash(): string {
    const escaped = this.text[this.position + 1];
    this.position = Math.min(this.position + 2, this.text.length);
    if (escaped === undefined) this.incomplete = true;
    return escaped === undefined || escaped === '\n' ? '' : escaped;
  }

  private readSingleQuoted(): string {
    const start = this.position + 1;
    const end = this.text.indexOf("'", start);
    if (end < 0) {
      this.giveUp();
      return this.text.slice(start);
    }
    this.position = end + 1;
    return this.text.slice(start, end);
  }

  private readDoubleQuoted(): string {
    this.position += 1;
    let text = '';
    while (!this.atEnd) {
      const character = this.text.charAt(this.position);
      if (character === '"') {
        this.position += 1;
        return text;
      }
      text += this.readQuotedPiece(character);
    }
    this.incomplete = true;
    return text;
  }

  private readQuotedPiece(character: string): string {
    if (character === '$') return this.readDollar(false);
    if (character === '`') return this.readBackticks();
    if (character === '\\') {
      const escaped = this.text[this.position + 1];
      if (escaped !== undefined && !'$`"\\\n'.includes(escaped)) {
        this.position += 2;
        return `\\${escaped}`;
      }
      return this.readBackslash();
    }
    const start = this.position;
    this.position += 1;
    while (!this.atEnd && !'"$`\\'.includes(this.text.charAt(this.position))) this.position += 1;
    return this.text.slice(start, this.position);
  }

  /** Expansions are kept as typed: what they expand to is not in the command line. */
  private readDollar(isUnquoted: boolean): string {
    const start = this.position;
    const next = this.text[start + 1];
    if (isUnquoted && next === "'") return this.readAnsiQuoted();
    if (isUnquoted && next === '"') {
      this.position += 1;
      return this.readDoubleQuoted();
    }
    if (next === '(') this.readSubstitution();
    else if (next === '{') this.readBraces();
    else this.position += 1;
    return this.text.slice(start, this.position);
  }

  private readSubstitution(): void {
    this.position += 1;
    const open = this.position;
    if (this.peek(2) === '((' && this.skipArithmetic()) return;
    this.position = open + 1;
    this.nested.readUntilParenthesis();
  }

  private readBraces(): void {
    this.position += 2;
    this.braceDepth += 1;
    if (this.braceDepth > MAX_BRACE_DEPTH) this.giveUp();
    while (!this.atEnd && this.text[this.position] !== '}') {
      const character = this.text.charAt(this.position);
      if ('\\\'"$`'.includes(character)) this.readPiece(character);
      else this.position += 1;
    }
    if (this.atEnd) this.incomplete = true;
    else this.position += 1;
    this.braceDepth -= 1;
  }

  private readProcessSubstitution(): string {
    const start = this.position;
    this.position += 2;
    this.nested.readUntilParenthesis();
    return this.text.slice(start, this.position);
  }

  private readBackticks(): string {
    const start = this.position;
    let inner = '';
    this.position += 1;
    while (!this.atEnd && this.text[this.position] !== '`') {
      if (this.text[this.position] === '\\' && /[`$\\]/.test(this.text[this.position + 1] ?? ''))
        this.position += 1;
      inner += this.text.charAt(this.position);
      this.position += 1;
    }
    const isClosed = !this.atEnd;
    if (isClosed) this.position += 1;
    else this.incomplete = true;
    this.nested.readText(inner, isClosed);
    return this.text.slice(start, this.position);
  }

  private readAnsiQuoted(): string {
    this.position += 2;
    let text = '';
    while (!this.atEnd && this.text[this.position] !== "'") {
      if (this.text[this.position] === '\\') text += this.readAnsiEscape();
      else {
        text += this.text.charAt(this.position);
        this.position += 1;
      }
    }
    if (this.atEnd) this.incomplete = true;
    else this.position += 1;
    return text;
  }

  private readAnsiEscape(): string {
    const match = /^\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|([0-7]{1,3})|([\s\S]))/.exec(this.peek(6));
    if (match === null) {
      this.giveUp();
      return '';
    }
    this.position += match[0].length;
    const hex = match[1] ?? match[2];
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (match[3] !== undefined) return String.fromCharCode(Number.parseInt(match[3], 8) & 0xff);
    const escaped = match[4] ?? '';
    return ESCAPES[escaped] ?? escaped;
  }

  private indexOrEnd(character: string): number {
    const index = this.text.indexOf(character, this.position);
    return index < 0 ? this.text.length : index;
  }
}
