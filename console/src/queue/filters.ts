import type { Severity } from '../../../src/model/hunt-result.js';
import { queryOf } from '../api.js';

export const SEVERITIES: Severity[] = ['critical', 'high', 'medium', 'low', 'informational'];

/** What the queue shows, as the address says it. */
export interface Filters {
  state: 'open' | 'closed' | 'all';
  severity: Severity[];
  strategy: string;
  entity: string;
  incident: string;
  search: string;
  assignee: string;
  suppressed: boolean;
  sort: 'recent' | 'score' | 'severity';
  /** Where the page begins. */
  after: string;
}

export const PAGE = 50;

const oneOf = <T extends string>(value: string | null, all: readonly T[], otherwise: T): T =>
  all.find((one) => one === value) ?? otherwise;

export function filtersOf(query: URLSearchParams): Filters {
  return {
    state: oneOf(query.get('state'), ['open', 'closed', 'all'], 'open'),
    severity: SEVERITIES.filter((severity) => query.getAll('severity').includes(severity)),
    strategy: query.get('strategy') ?? '',
    entity: query.get('entity') ?? '',
    incident: query.get('incident') ?? '',
    search: query.get('search') ?? '',
    assignee: query.get('assignee') ?? '',
    suppressed: query.get('suppressed') === 'true',
    sort: oneOf(query.get('sort'), ['severity', 'recent', 'score'], 'severity'),
    after: query.get('after') ?? '',
  };
}

const asked = ({ state, severity, strategy, entity, incident, search, assignee, suppressed }: Filters) => ({
  ...(state !== 'all' && { state }),
  ...{ severity, strategy, entity, incident, search, assignee },
  ...(suppressed && { suppressed: true }),
});

export const listPath = (filters: Filters): string =>
  `/findings${queryOf({ ...asked(filters), sort: filters.sort, limit: PAGE, after: filters.after })}`;

/** Counts for the choice of severities and strategies: of what the other filters leave. */
export const summaryPath = (filters: Filters): string =>
  `/findings/summary${queryOf({ ...asked(filters), severity: [], strategy: '' })}`;
