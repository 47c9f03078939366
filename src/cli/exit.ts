/** Exit codes; also in --help. */
export const EXIT = {
  done: 0,
  error: 1,
  findings: 2,
  partly: 3,
  invalidContent: 4,
  refused: 5,
  interrupted: 130,
} as const;

export const EXIT_HELP = `
Exit codes:
  0  done
  1  error
  2  findings at or above --fail-on
  3  finished, but partly blind or partly unreadable, under --strict
  4  invalid content or configuration
  5  refused for safety
  130  interrupted (what was found so far is written and marked partial)`;

/** Ends the command with one line and a documented code. */
export class ExitError extends Error {
  override name = 'ExitError';
  constructor(
    readonly code: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
