export interface OptionSyntax {
  /** Options that take a value, with their dashes. */
  valued: ReadonlySet<string>;
  /** All known long options; needed for abbreviations only. */
  long: readonly string[];
  abbreviations: boolean;
  /** Long options stand behind one dash, so short ones cannot be combined. */
  singleDash: boolean;
}

export interface ScannedOption {
  name: string;
  value?: string;
}

export interface ScannedArguments {
  options: ScannedOption[];
  operands: string[];
  /** Index of the first word that was not read; the number of words unless `stopsAtOperand`. */
  next: number;
}

export interface ScanLimits {
  /** As a wrapper reads its options: what follows the first operand belongs to another program. */
  stopsAtOperand?: boolean;
  /** The last word may go on: a long option there could be a different one, and is not read. */
  isLastPartial?: boolean;
  start?: number;
}

/** Reads options as getopt_long does; an unknown option is taken for a flag. */
export function scanOptions(
  words: readonly string[],
  syntax: OptionSyntax,
  limits: ScanLimits = {},
): ScannedArguments {
  const found: ScannedArguments = { options: [], operands: [], next: limits.start ?? 0 };
  while (found.next < words.length) {
    const word = words[found.next] ?? '';
    if (word === '--') return takeOperands(words, found, limits);
    const isOption = word.length > 1 && word.startsWith('-');
    if (!isOption && limits.stopsAtOperand) return found;
    const isPartial = limits.isLastPartial === true && found.next === words.length - 1;
    found.next += 1;
    if (!isOption) found.operands.push(word);
    else if (word.startsWith('--') || syntax.singleDash) scanLong(word, words, { syntax, found, isPartial });
    else scanCluster(word, words, { syntax, found });
  }
  return found;
}

function takeOperands(
  words: readonly string[],
  found: ScannedArguments,
  limits: ScanLimits,
): ScannedArguments {
  found.next += 1;
  if (limits.stopsAtOperand) return found;
  found.operands.push(...words.slice(found.next, found.next + 10_000));
  found.next = words.length;
  return found;
}

interface ScanContext {
  syntax: OptionSyntax;
  found: ScannedArguments;
  isPartial?: boolean;
}

function scanLong(word: string, words: readonly string[], { syntax, found, isPartial }: ScanContext): void {
  const equals = word.indexOf('=');
  if (isPartial && equals < 0) return;
  const typed = equals < 0 ? word : word.slice(0, equals);
  const name = syntax.abbreviations ? complete(typed, syntax.long) : typed;
  const option: ScannedOption = { name };
  if (equals >= 0) option.value = word.slice(equals + 1);
  else if (syntax.valued.has(name)) takeValue(option, words, found);
  found.options.push(option);
}

/** An exact name wins over longer ones; a prefix counts only if it fits one name. */
function complete(typed: string, names: readonly string[]): string {
  if (typed.length < 4 || names.includes(typed)) return typed;
  const matches = names.filter((name) => name.startsWith(typed));
  return matches.length === 1 ? (matches[0] ?? typed) : typed;
}

/** `-sT file`, `-Tfile`: the first letter that takes a value takes the rest of the word, or else the next word. */
function scanCluster(word: string, words: readonly string[], { syntax, found }: ScanContext): void {
  const letters = word.slice(1, 64);
  for (let index = 0; index < letters.length; index += 1) {
    const option: ScannedOption = { name: `-${letters.charAt(index)}` };
    found.options.push(option);
    if (!syntax.valued.has(option.name)) continue;
    const rest = word.slice(index + 2);
    if (rest === '') takeValue(option, words, found);
    else option.value = rest;
    return;
  }
}

function takeValue(option: ScannedOption, words: readonly string[], found: ScannedArguments): void {
  const value = words[found.next];
  if (value === undefined) return;
  option.value = value;
  found.next += 1;
}
