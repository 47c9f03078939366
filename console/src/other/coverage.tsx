import { useEffect, useState } from 'react';
import type { LiveSource, LiveStrategy } from '../../../src/model/live.js';
import { countOf } from '../../../src/output/format.js';
import type { KnownSource } from '../../../src/server/catalogue.js';
import { useApi } from '../api.js';
import { StateBadge } from '../parts/badges.js';
import { Asked } from '../parts/states.js';
import { Link, strategyPath } from '../router.js';

type Cell = 'working' | 'in trouble' | 'not connected' | 'no use';

const SIGNS: Record<Cell, string> = { working: '●', 'in trouble': '▲', 'not connected': '○', 'no use': '·' };
const MEANINGS: Record<Cell, string> = {
  working: 'its events come, and an analytic of the strategy needs them',
  'in trouble': 'its events came, and something is wrong with it now',
  'not connected': 'an analytic could use it; nothing came from it yet',
  'no use': 'no analytic of the strategy asks for what it fills',
};

/** Technique by source: what could be seen, and what is seen now. */
export default function Coverage() {
  const known = useApi<KnownSource[]>('/catalogue');
  const { data: live = [] } = useApi<LiveSource[]>('/sources');
  const { data: strategies = [] } = useApi<LiveStrategy[]>('/strategies');
  const [all, setAll] = useState(false);
  useEffect(() => {
    document.title = 'Coverage · Stowaway';
  }, []);
  return (
    <section>
      <h1>Coverage</h1>
      <Asked query={known} what="what can be covered">
        {(known) => {
          const feeding = known.filter(({ feeds }) => feeds.length > 0);
          const ids = [...new Set(feeding.flatMap(({ feeds }) => feeds))].sort();
          const shown = feeding.filter(({ id }) => all || live.some(({ source }) => source === id));
          return (
            <>
              <p className="lead-in">
                {countOf(feeding.length, 'log')} can feed {countOf(ids.length, 'strategy', 'strategies')};{' '}
                {countOf(feeding.filter(({ id }) => live.some(({ source }) => source === id)).length, 'log')}{' '}
                of them came here.{' '}
                <button type="button" className="small" aria-pressed={all} onClick={() => setAll(!all)}>
                  {all ? 'Only what came' : 'With everything that could'}
                </button>
              </p>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
              <div className="scroll" tabIndex={0}>
                <table className="matrix">
                  <thead>
                    <tr>
                      <th scope="col">Source</th>
                      {ids.map((id) => (
                        <th key={id} scope="col">
                          <Link to={strategyPath(id)}>{id.split('-')[0]}</Link>
                          <br />
                          {strategies
                            .filter((one) => one.id === id)
                            .map(({ state }) => (
                              <StateBadge key={state} state={state} />
                            ))}
                        </th>
                      ))}
                    </tr>
                  </thead>
                  <tbody>
                    {shown.map((source) => (
                      <tr key={source.id}>
                        <th scope="row">
                          {source.id} <span className="fine">{source.product}</span>
                        </th>
                        {ids.map((id) => {
                          const cell = cellOf(source, id, live);
                          return (
                            <td
                              key={id}
                              className={`cell ${cell.replaceAll(' ', '-')}`}
                              title={`${source.id}: ${MEANINGS[cell]}`}
                            >
                              <span aria-hidden="true">{SIGNS[cell]}</span>{' '}
                              {cell === 'no use' ? <span className="unseen">{cell}</span> : cell}
                            </td>
                          );
                        })}
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <dl className="legend-list">
                {(Object.keys(SIGNS) as Cell[]).map((cell) => (
                  <div key={cell}>
                    <dt>
                      {SIGNS[cell]} {cell}
                    </dt>
                    <dd>{MEANINGS[cell]}</dd>
                  </div>
                ))}
              </dl>
              <p className="fine">
                What scenarios test of each pair, and a layer for the ATT&CK Navigator:{' '}
                <code>stowaway ads coverage --format navigator</code>.
              </p>
            </>
          );
        }}
      </Asked>
    </section>
  );
}

function cellOf({ id, feeds }: KnownSource, strategy: string, live: LiveSource[]): Cell {
  if (!feeds.includes(strategy)) return 'no use';
  const source = live.find((one) => one.source === id);
  if (!source) return 'not connected';
  return source.trouble === '' ? 'working' : 'in trouble';
}
