import { z } from '@hono/zod-openapi';
import type { Parts } from './context.js';
import type { Define } from './endpoint.js';
import type { FromStore } from './from-store.js';
import { Refusal } from './refusal.js';
import { findingFilter } from './schemas.js';
import {
  entityFilter,
  entityPicture,
  evidenceFilter,
  evidencePage,
  findingContacts,
  findingFlood,
  findingLanes,
  findingMark,
  findingSeries,
  findingSummary,
  precision,
  seriesFilter,
  strategyDay,
} from './schemas-evidence.js';
import { withoutUndefined } from './without-undefined.js';

/** What is behind findings, counted and drawn. Declared before findings by name: `summary` is none. */
export function addInvestigations(define: Define, { investigations }: Parts, fromStore: FromStore): void {
  const permission = 'read';
  define({
    method: 'get',
    path: '/findings/summary',
    summary: 'How many findings match, by severity and strategy',
    permission,
    query: findingFilter,
    gives: findingSummary,
    run: ({ query }) => fromStore(investigations.summary(withoutUndefined(query))),
  });
  define({
    method: 'get',
    path: '/findings/precision',
    summary:
      'How often findings were right by their verdicts, for each strategy and each analytic that counted',
    permission,
    gives: z.array(precision),
    run: () => fromStore(investigations.precision()),
  });
  define({
    method: 'get',
    path: '/findings/days',
    summary: 'Findings that opened, by strategy and day, of the last two weeks',
    permission,
    gives: z.array(strategyDay),
    run: () => fromStore(investigations.days()),
  });
  define({
    method: 'get',
    path: '/findings/series',
    summary: 'Bytes out over time of several findings, for pictures in a line',
    permission,
    query: seriesFilter,
    gives: z.array(findingSeries),
    run: ({ query }) => fromStore(investigations.series(query.uid)),
  });
  const found = async <T>(asked: Promise<T | null>, what: string): Promise<T> => {
    const answer = await fromStore(asked);
    if (answer === null) throw new Refusal(404, `no ${what}`);
    return answer;
  };
  define({
    method: 'get',
    path: '/findings/{uid}/evidence',
    summary: 'The rows behind a finding, page by page, in the order of time',
    permission,
    query: evidenceFilter,
    gives: evidencePage,
    run: ({ name, query }) =>
      found(investigations.evidence(name, withoutUndefined(query)), `finding ${name}`),
  });
  define({
    method: 'get',
    path: '/findings/{uid}/lanes',
    summary: 'Evidence by source over time, and when each source was silent',
    permission,
    gives: findingLanes,
    run: ({ name }) => found(investigations.lanes(name), `finding ${name}`),
  });
  define({
    method: 'get',
    path: '/findings/{uid}/contacts',
    summary: 'The connections behind a finding, by destination: their rhythm',
    permission,
    gives: z.array(findingContacts),
    run: ({ name }) => found(investigations.contacts(name), `finding ${name}`),
  });
  define({
    method: 'get',
    path: '/findings/{uid}/flood',
    summary: 'What its entity sent minute by minute, against what is usual, and at whom',
    permission,
    gives: findingFlood,
    run: ({ name }) => found(investigations.flood(name), `finding ${name}`),
  });
  define({
    method: 'get',
    path: '/findings/{uid}/marks',
    summary: 'Containers of its entity that started, and commands that were started in them, at its time',
    permission,
    gives: z.array(findingMark),
    run: ({ name }) => found(investigations.marks(name), `finding ${name}`),
  });
  define({
    method: 'get',
    path: '/entity',
    summary: 'Who somebody is, and what went in and out',
    permission,
    query: entityFilter,
    gives: entityPicture,
    missing: 'Nothing is known of it.',
    run: ({ query }) => found(investigations.entity(query.kind, query.name), 'entity of that kind and name'),
  });
}
