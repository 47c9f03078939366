import type { z } from '@hono/zod-openapi';
import { QueryError } from '../model/event-query/parse.js';
import type { Parts } from './context.js';
import type { Define } from './endpoint.js';
import type { FromStore } from './from-store.js';
import { Refusal } from './refusal.js';
import {
  connectionsFilter,
  eventHistogram,
  eventRows,
  eventsFilter,
  fieldValues,
  graphFilter,
  pairs,
  rhythm,
  rowsFilter,
  serviceGraph,
  valuesFilter,
} from './schemas-explore.js';
import { withoutUndefined } from './without-undefined.js';

/** Stored events, by a filter. */
export function addExplorations(define: Define, { explorations }: Parts, fromStore: FromStore): void {
  const ask = <Query extends z.ZodType>(
    [path, summary]: [path: string, summary: string],
    [query, gives]: [query: Query, gives: z.ZodType],
    answer: (query: z.infer<Query>) => Promise<unknown>,
  ): void =>
    define({
      ...{ method: 'get', path, summary, permission: 'read', query, gives },
      // A filter that cannot be read is told before the store is asked.
      run: ({ query }) => fromStore(answer(query).catch(explain)),
    });
  ask(['/events', 'Stored events that a filter leaves'], [rowsFilter, eventRows], (query) =>
    explorations.rows(withoutUndefined(query)),
  );
  ask(['/events/histogram', 'How they lie over time'], [eventsFilter, eventHistogram], (query) =>
    explorations.histogram(withoutUndefined(query)),
  );
  ask(
    ['/events/values', 'The values of a field that most of them have'],
    [valuesFilter, fieldValues],
    (query) => explorations.values(withoutUndefined(query)),
  );
  ask(
    ['/events/pairs', 'Which entities talk to whom how regularly, of the connections that a filter leaves'],
    [connectionsFilter, pairs],
    (query) => explorations.pairs(withoutUndefined(query)),
  );
  ask(
    ['/events/rhythm', 'When each of the connections was that a filter leaves'],
    [connectionsFilter, rhythm],
    (query) => explorations.rhythm(withoutUndefined(query)),
  );
  ask(
    ['/graph', 'Who inside talks to whom, and what of it is new or loud'],
    [graphFilter, serviceGraph],
    (query) => explorations.graph(withoutUndefined(query)),
  );
}

function explain(error: unknown): never {
  if (error instanceof QueryError) throw new Refusal(400, error.message.slice(0, 1000));
  if (/TIMEOUT_EXCEEDED/.test(String(error)))
    throw new Refusal(400, 'this takes the store too long: narrow the time or the filter');
  throw error;
}
