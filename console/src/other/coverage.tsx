import { useEffect } from 'react';
import type { LiveSource } from '../../../src/model/live.js';
import { countOf, formatCount } from '../../../src/output/format.js';
import type { KnownSource } from '../../../src/server/catalogue.js';
import type { LiveCoverage } from '../../../src/server/coverage-api.js';
import { useApi } from '../api.js';
import { Asked } from '../parts/states.js';
import { type Address, go, withQuery } from '../router.js';
import { type Cell, CoverageMatrix, MEANINGS, SIGNS } from './coverage-matrix.js';

/** Technique by source: what could be seen, what was shown to be, and what is seen now. */
export default function Coverage({ address }: { address: Address }) {
  const query = useApi<LiveCoverage[]>('/coverage');
  const { data: known = [] } = useApi<KnownSource[]>('/catalogue');
  const { data: live } = useApi<LiveSource[]>('/sources');
  useEffect(() => {
    document.title = 'Coverage · Stowaway';
  }, []);
  return (
    <section>
      <h1>Coverage</h1>
      <Asked query={query} what="what is covered">
        {(coverage) => {
          const useful = new Set(coverage.flatMap(({ cells }) => cells.map(({ source }) => source)));
          const feeding = known.filter(({ id }) => useful.has(id));
          const here = feeding.filter(({ id }) => live?.some(({ source }) => source === id));
          const isAll = address.query.get('sources') === 'all' || here.length === 0;
          return (
            <>
              <p className="lead-in">
                {countOf(feeding.length, 'log')} can feed {countOf(coverage.length, 'strategy', 'strategies')}
                ; {formatCount(here.length)} of them came here.
              </p>
              <p className="row-tools">
                {here.length > 0 && (
                  <button
                    type="button"
                    className="small"
                    aria-pressed={isAll}
                    onClick={() => go(withQuery(address, { sources: isAll ? null : 'all' }), 'replace')}
                  >
                    With everything that could come
                  </button>
                )}
                <a href="/api/v1/coverage/navigator" download="stowaway-coverage.json">
                  Layer for the ATT&CK Navigator
                </a>
              </p>
              <CoverageMatrix coverage={coverage} sources={isAll ? feeding : here} live={live ?? []} />
              <Legend />
            </>
          );
        }}
      </Asked>
    </section>
  );
}

function Legend() {
  return (
    <dl className="legend-list">
      {(Object.keys(SIGNS) as Cell[]).map((cell) => (
        <div key={cell}>
          <dt>
            {SIGNS[cell]} {cell}
          </dt>
          <dd>{MEANINGS[cell]}</dd>
        </div>
      ))}
      <div>
        <dt>fires, quiet, misses</dt>
        <dd>
          scenarios and recordings with its logs that must fire, must stay quiet, and that show a blind spot;
          4/5: one did not end as it must
        </dd>
      </div>
      <div>
        <dt>not tested here</dt>
        <dd>
          no outcome of scenarios is kept of the strategy as it is now: <code>stowaway ads test --keep</code>{' '}
          runs them
        </dd>
      </div>
    </dl>
  );
}
