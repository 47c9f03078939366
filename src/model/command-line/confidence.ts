/**
 * How sure a command line makes us that it transfers data in the stated direction. The numbers order the cases;
 * they are judgements, not frequencies. A cut command line never gets more than the whole one would: options that
 * decide keep their number, and where what follows may decide otherwise the direction is `unknown`.
 */
export const CONFIDENCE = {
  /** A file is named as what is sent (`-T f`, `-d @f`, `--post-file=f`), or a subcommand that only uploads. */
  file: 0.9,
  /** A file or a pipe feeds a tool that sends its standard input; the far end may still refuse or ignore it. */
  stream: 0.85,
  /** The direction is that of fetching, and nothing in the whole line sends. */
  download: 0.8,
  /** A one-liner in a language calls a function that sends, and reads a file. */
  codeWithFile: 0.8,
  /** The body is the output of a command: `-d "$(cat f)"`. Often a file, sometimes just `hostname`. */
  substitution: 0.7,
  /** From one remote place to another, or an upload whose target is not in the line. */
  indirect: 0.6,
  /** The body is a variable, whose size nobody knows; also a push to a local path or to a target that was cut off. */
  variable: 0.5,
  /** A one-liner that sends something. */
  code: 0.5,
  /** The line is cut where a method (`-X POST`) or a remote operand makes an upload likely. */
  hint: 0.4,
  /** An inline body (`-d 'a=b'`): an ordinary call of an API; data leaves, but little of it. */
  inline: 0.35,
  /** A connection without visible data (`nc host 80`, `echo > /dev/tcp/..`). */
  connection: 0.3,
  /** As inline, but in a query (`-G`), or cut in or behind the body, where `@file` or `-G` may have followed. */
  weakInline: 0.2,
  /** A transfer tool in a cut line without any deciding option. */
  cut: 0.2,
} as const;
