import { z } from '@hono/zod-openapi';
import { type TriedValues, TuningRefused } from '../live/tuning.js';
import type { Parts } from './context.js';
import type { Define } from './endpoint.js';
import type { FromStore } from './from-store.js';
import { Refusal } from './refusal.js';
import { backtestAsked, triedValues, tunable } from './schemas-tuning.js';

const STATUS = { unknown: 404, invalid: 400, later: 429 } as const;
const LATER_SECONDS = 5;

/** What other parameters would have done. Nothing is changed by it. */
export function addTuning(define: Define, { tuning }: Parts, fromStore: FromStore): void {
  define({
    method: 'get',
    path: '/strategies/{id}/parameters',
    summary: 'Everything of a strategy that stowaway.yaml may change, as it stands',
    permission: 'read',
    gives: z.array(tunable),
    run: async ({ name }) => {
      try {
        return tuning.parameters(name);
      } catch (error) {
        throw refusalOf(error);
      }
    },
  });
  define({
    method: 'post',
    path: '/strategies/{id}/backtest',
    summary: 'What other values of one parameter would have found in the events that are judged at present',
    permission: 'triage',
    body: backtestAsked,
    gives: triedValues,
    async run({ name, body: { parameter, values } }) {
      const asked: Promise<TriedValues | TuningRefused> = tuning
        .backtest(name, parameter, values)
        .catch((error: unknown) => {
          if (error instanceof TuningRefused) return error;
          throw error;
        });
      const tried = await fromStore(asked);
      if (tried instanceof TuningRefused) throw refusalOf(tried);
      return tried;
    },
  });
}

const refusalOf = (error: unknown): unknown =>
  error instanceof TuningRefused
    ? new Refusal(STATUS[error.kind], error.message, error.kind === 'later' ? LATER_SECONDS : null)
    : error;
