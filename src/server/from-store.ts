import type { Parts } from './context.js';
import { Refusal } from './refusal.js';

const STORE_SECONDS = 2;

/** What is kept may be out of reach: that passes. */
export type FromStore = <T>(asked: Promise<T>) => Promise<T>;
export const buildFromStore =
  ({ log }: Pick<Parts, 'log'>): FromStore =>
  (asked) =>
    asked.catch((error: unknown) => {
      if (error instanceof Refusal) throw error;
      log.error({ err: error }, 'the store cannot be reached');
      throw new Refusal(503, 'the store does not answer now: ask again', STORE_SECONDS);
    });
