/** What is wrong with a body that should be JSON, and at which byte. */
export class JsonMistake extends Error {
  override name = 'JsonMistake';
  constructor(
    what: string,
    readonly at: number,
  ) {
    super(what);
  }
}

/** Called with where an element, or a member's key and value, stand in the bytes. */
type OnElement = (start: number, end: number) => void;
type OnMember = (key: string, start: number, end: number) => void;

/** Records of real producers are nested a tenth of this. */
const MAX_DEPTH = 128;

const [TAB, NEWLINE, RETURN, BLANK] = [0x09, 0x0a, 0x0d, 0x20];
const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];
const LITERALS = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]));
const ESCAPES = new Set([...'"\\/bfnrtu'].map((letter) => letter.charCodeAt(0)));

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/**
 * Checks JSON and tells where its parts stand, without building any of it: a body of brackets costs no memory, and a record is passed on
 * byte for byte as its producer wrote it.
 */
export class JsonScan {
  constructor(
    private readonly bytes: Buffer,
    public at = 0,
  ) {}

  /** Moves to what is no blank. @returns that byte; undefined at the end */
  skipBlanks(): number | undefined {
    const { bytes } = this;
    for (; this.at < bytes.length; this.at += 1) {
      const byte = bytes[this.at]!;
      if (byte !== BLANK && byte !== NEWLINE && byte !== RETURN && byte !== TAB) return byte;
    }
    return undefined;
  }

  /** Moves over one value. @throws JsonMistake */
  value(depth = 0): void {
    const first = this.skipBlanks();
    if (first === QUOTE) this.string();
    else if (first === OPEN_BRACE) this.object(null, depth);
    else if (first === OPEN_BRACKET) this.array(null, depth);
    else if (first === 0x2d || isDigit(first)) this.number();
    else this.literal(first);
  }

  object(onMember: OnMember | null, depth = 0): void {
    this.#deeper(depth);
    this.at += 1;
    if (this.skipBlanks() === CLOSE_BRACE) {
      this.at += 1;
      return;
    }
    for (;;) {
      if (this.skipBlanks() !== QUOTE) throw this.#unexpected('a key in quotes');
      const keyStart = this.at;
      this.string();
      const keyEnd = this.at;
      if (this.skipBlanks() !== COLON) throw this.#unexpected('a colon');
      this.at += 1;
      this.skipBlanks();
      const start = this.at;
      this.value(depth + 1);
      onMember?.(this.textOf(keyStart, keyEnd), start, this.at);
      if (this.#isOver(CLOSE_BRACE, 'a comma or }')) return;
    }
  }

  array(onElement: OnElement | null, depth = 0): void {
    this.#deeper(depth);
    this.at += 1;
    if (this.skipBlanks() === CLOSE_BRACKET) {
      this.at += 1;
      return;
    }
    for (;;) {
      this.skipBlanks();
      const start = this.at;
      this.value(depth + 1);
      onElement?.(start, this.at);
      if (this.#isOver(CLOSE_BRACKET, 'a comma or ]')) return;
    }
  }

  string(): void {
    const { bytes } = this;
    for (this.at += 1; this.at < bytes.length; this.at += 1) {
      const byte = bytes[this.at]!;
      if (byte === QUOTE) {
        this.at += 1;
        return;
      }
      if (byte < BLANK) throw this.#unexpected('no control character within a string');
      if (byte === BACKSLASH) this.#escape();
    }
    throw this.#unexpected('a closing quote');
  }

  /** The text of the string that stands there. */
  textOf(start: number, end: number): string {
    return JSON.parse(this.bytes.toString('utf8', start, end)) as string;
  }

  #escape(): void {
    this.at += 1;
    const letter = this.bytes[this.at];
    if (letter === undefined || !ESCAPES.has(letter)) throw this.#unexpected('an escape that JSON knows');
    if (letter !== 0x75) return;
    const digits = this.bytes.toString('latin1', this.at + 1, this.at + 5);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#unexpected('four hexadecimal digits');
    this.at += 4;
  }

  number(): void {
    const { bytes } = this;
    if (bytes[this.at] === 0x2d) this.at += 1;
    if (bytes[this.at] === 0x30) this.at += 1;
    else this.#digits();
    if (bytes[this.at] === 0x2e) {
      this.at += 1;
      this.#digits();
    }
    if (bytes[this.at] !== 0x65 && bytes[this.at] !== 0x45) return;
    this.at += 1;
    if (bytes[this.at] === 0x2b || bytes[this.at] === 0x2d) this.at += 1;
    this.#digits();
  }

  #digits(): void {
    if (!isDigit(this.bytes[this.at])) throw this.#unexpected('a digit');
    while (isDigit(this.bytes[this.at])) this.at += 1;
  }

  literal(first: number | undefined): void {
    const word = first === undefined ? undefined : LITERALS.get(first);
    if (!word || !this.bytes.subarray(this.at, this.at + word.length).equals(word))
      throw this.#unexpected('a value');
    this.at += word.length;
  }

  /** Moves over what stands between two parts, or behind the last. */
  #isOver(close: number, wanted: string): boolean {
    const byte = this.skipBlanks();
    if (byte !== close && byte !== COMMA) throw this.#unexpected(wanted);
    this.at += 1;
    return byte === close;
  }

  #deeper(depth: number): void {
    if (depth >= MAX_DEPTH) throw new JsonMistake(`nested deeper than ${MAX_DEPTH} levels`, this.at);
  }

  #unexpected(wanted: string): JsonMistake {
    const what = this.at >= this.bytes.length ? 'the body ends' : 'something else stands';
    return new JsonMistake(`${what} where ${wanted} is expected`, this.at);
  }
}
