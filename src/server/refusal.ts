/** What a request is answered with when it is not done. */
export class Refusal extends Error {
  override name = 'Refusal';
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 429 | 503,
    /** One line: what is wrong, where, and what to do. */
    detail: string,
    readonly retryAfterSeconds: number | null = null,
    /** Each of several, where there are such. */
    readonly reasons: string[] = [],
  ) {
    super(detail);
  }
}
