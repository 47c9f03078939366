import { useEffect } from 'react';
import type { FindingSummary, LiveStrategy } from '../../../src/model/live.js';
import { formatCount } from '../../../src/output/format.js';
import { useApi } from '../api.js';
import { StateBadge } from '../parts/badges.js';
import { Asked, Empty } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { Link, strategyPath } from '../router.js';
import { Logged } from '../text.js';
import { TrackRecord } from './record.js';
import { Validation } from './validation.js';

const LISTED_REASONS = 3;

/** How each strategy is: "nothing found" and "could not look" are different. */
export default function Strategies() {
  const query = useApi<LiveStrategy[]>('/strategies');
  const { data: open } = useApi<FindingSummary>('/findings/summary?state=open');
  const { data: all } = useApi<FindingSummary>('/findings/summary');
  useEffect(() => {
    document.title = 'Strategies · Stowaway';
  }, []);
  return (
    <section>
      <h1>Strategies</h1>
      <p className="lead-in">
        <strong>Quiet</strong>: it could look, and found nothing. <strong>Degraded</strong>: it sees part of
        it. <strong>Blind</strong>: that it finds nothing means nothing.
      </p>
      <Asked query={query} what="the strategies">
        {(strategies) =>
          strategies.length === 0 ? (
            <Empty title="Nothing has been judged yet.">
              <p>Strategies are asked with the first logs that come.</p>
            </Empty>
          ) : (
            <ul className="cards">
              {strategies.map((strategy) => (
                <li key={strategy.id} className={`card state-${strategy.state}`}>
                  <h2>
                    <Link to={strategyPath(strategy.id)}>
                      {strategy.technique} <Logged text={strategy.title} limit={120} />
                    </Link>
                  </h2>
                  <p className="kicker">
                    <StateBadge state={strategy.state} />
                    <span>
                      since <Time at={strategy.since} /> UTC
                    </span>
                    <Link to={`/?strategy=${encodeURIComponent(strategy.id)}`}>
                      {open ? formatCount(open.strategy[strategy.id] ?? 0) : '…'} open
                    </Link>
                    <Link to={`/?state=all&strategy=${encodeURIComponent(strategy.id)}`}>
                      {all ? formatCount(all.strategy[strategy.id] ?? 0) : '…'} in all
                    </Link>
                  </p>
                  <TrackRecord id={strategy.id} />
                  <Validation id={strategy.id} />
                  <Reasons reasons={strategy.reasons} />
                </li>
              ))}
            </ul>
          )
        }
      </Asked>
    </section>
  );
}

export function Reasons({ reasons }: { reasons: string[] }) {
  const items = (some: string[]) =>
    some.map((reason) => (
      <li key={reason}>
        <Logged text={reason} limit={600} />
      </li>
    ));
  if (reasons.length === 0) return <p className="fine">Every analytic could look.</p>;
  return (
    <>
      <ul>{items(reasons.slice(0, LISTED_REASONS))}</ul>
      {reasons.length > LISTED_REASONS && (
        <details>
          <summary>{reasons.length - LISTED_REASONS} more</summary>
          <ul>{items(reasons.slice(LISTED_REASONS))}</ul>
        </details>
      )}
    </>
  );
}
