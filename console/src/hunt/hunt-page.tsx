import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { inSentence } from '../../../src/model/event-query/tables.js';
import type { EventHistogram } from '../../../src/model/explore.js';
import { type ApiProblem, get, queryOf } from '../api.js';
import { RowsChart } from '../charts/rows-chart.js';
import { Asked as Answer, Empty } from '../parts/states.js';
import { type Address, go, Link, withQuery } from '../router.js';
import { type Asked, askedOf, atTime, VIEWS, type View } from './asked.js';
import { QueryBar } from './query-bar.js';
import { RhythmView } from './rhythm-view.js';
import { RowTable } from './row-table.js';
import { ValuesView } from './values-view.js';

const VIEW_TITLES: Record<View, string> = {
  rows: 'Rows',
  values: 'Most common',
  rhythm: 'Rhythm',
};

/** Stored events by a filter: how they lie over time, the rows, what most of them have, and how regularly they come. */
export default function HuntPage({ address }: { address: Address }) {
  const asked = askedOf(address.query);
  // Pages and pictures of one question agree on what `-2h` means, until it is asked again.
  const [now, setNow] = useState(() => new Date().toISOString());
  useEffect(() => {
    document.title = 'Hunt · Stowaway';
  }, []);
  const ask = (changes: Partial<Asked>): void => {
    setNow(new Date().toISOString());
    go(withQuery(address, orNull({ ...changes, ...('table' in changes && { sort: '', field: '' }) })));
  };
  const common = { table: asked.table, filter: asked.filter, now };
  const path = `/events/histogram${queryOf(common)}`;
  const query = useQuery<EventHistogram, ApiProblem>({
    queryKey: [path],
    queryFn: () => get<EventHistogram>(path),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const views = VIEWS.filter((view) => view !== 'rhythm' || asked.table === 'connection');
  return (
    <div className="hunt">
      <h1>Hunt</h1>
      <QueryBar key={asked.filter} canChoose asked={asked} problem={query.error} onAsk={ask} />
      {!query.error && (
        <Answer query={query} what="how the rows lie over time">
          {(histogram) => (
            <>
              <section className="panel">
                <RowsChart
                  histogram={histogram}
                  what={inSentence(asked.table)}
                  onPick={(span) => ask({ filter: atTime(asked.filter, span) })}
                />
              </section>
              {histogram.total === 0 ? (
                <Nothing asked={asked} />
              ) : (
                <section>
                  <nav aria-label="Views" className="views">
                    {views.map((view) => (
                      <Link
                        key={view}
                        to={withQuery(address, { view })}
                        aria-current={view === asked.view ? 'page' : undefined}
                      >
                        {VIEW_TITLES[view]}
                      </Link>
                    ))}
                  </nav>
                  {asked.view === 'rows' && (
                    <RowTable asked={asked} now={now} total={histogram.total} onAsk={ask} />
                  )}
                  {asked.view === 'values' && <ValuesView asked={asked} now={now} onAsk={ask} />}
                  {asked.view === 'rhythm' && <RhythmView asked={asked} now={now} onAsk={ask} />}
                </section>
              )}
            </>
          )}
        </Answer>
      )}
    </div>
  );
}

const orNull = (changes: Partial<Asked>): Record<string, string | null> =>
  Object.fromEntries(Object.entries(changes).map(([key, value]) => [key, value === '' ? null : value]));

function Nothing({ asked }: { asked: Asked }) {
  return (
    <Empty title={`No ${inSentence(asked.table)} are like that at that time.`}>
      <p>
        A source that tells of them may be silent or missing: that nothing is here does not say that nothing
        happened. <Link to="/sources">Sources</Link>
      </p>
    </Empty>
  );
}
