import { type ReactNode, useEffect } from 'react';
import type { FindingPage, LiveStrategy } from '../../../src/model/live.js';
import type { StrategyText } from '../../../src/server/catalogue.js';
import { queryOf, type Session, useApi } from '../api.js';
import { useShortcuts } from '../keys.js';
import Markdown from '../markdown.js';
import { StateBadge } from '../parts/badges.js';
import { FindingLine } from '../parts/finding-line.js';
import { Asked } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { useHash } from '../parts/use-hash.js';
import { type Address, go, Link } from '../router.js';
import { Logged } from '../text.js';
import { CodeTable, idOf } from './code-table.js';
import { Analytics, TrackRecord } from './record.js';
import { Reasons } from './strategies.js';
import { Tune } from './tune.js';
import { FailedScenarios, Validation } from './validation.js';

/** One strategy: how it is now, what it found, and the ten sections with what proves each line. */
export default function StrategyPage({
  id,
  address,
  session,
}: {
  id: string;
  address: Address;
  session: Session;
}) {
  const query = useApi<StrategyText>(`/strategies/${encodeURIComponent(id)}`);
  useShortcuts('Strategy', [{ keys: 'u', says: 'Back to the strategies', run: () => go('/strategies') }]);
  return (
    <Asked query={query} what="this strategy">
      {(strategy) => (
        <Article strategy={strategy}>
          <Tune
            id={id}
            analytic={address.query.get('analytic')}
            canTry={session.permissions.includes('triage')}
          />
        </Article>
      )}
    </Asked>
  );
}

/** After which section a table from code stands. */
const TABLE_AFTER: Record<string, string> = {
  Analytics: 'abstract',
  Parameters: 'abstract',
  Probes: 'assumptions',
  Scenarios: 'validation',
  'Response steps': 'response',
};

function Article({ strategy, children }: { strategy: StrategyText; children: ReactNode }) {
  const { data: states = [] } = useApi<LiveStrategy[]>('/strategies');
  const state = states.find(({ id }) => id === strategy.id);
  useHash();
  useEffect(() => {
    document.title = `${strategy.technique} · Stowaway`;
  }, [strategy]);
  return (
    <article className="strategy-page">
      <header>
        <p className="kicker">
          <Link to="/strategies">Strategies</Link> {strategy.technique}
          {state && <StateBadge state={state.state} />}
          {state && (
            <span>
              since <Time at={state.since} /> UTC
            </span>
          )}
        </p>
        <h1>{strategy.title}</h1>
      </header>
      {state && <Reasons reasons={state.reasons} />}
      <dl className="facts">
        {strategy.facts.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <TrackRecord id={strategy.id} />
      <Validation id={strategy.id} />
      <FailedScenarios id={strategy.id} />
      <Found id={strategy.id} />
      <Analytics id={strategy.id} />
      {children}
      <div className="with-contents">
        <nav aria-label="Sections">
          <ol>
            {strategy.sections.map(({ heading }) => (
              <li key={heading}>
                <a href={`#${idOf(heading)}`}>{heading}</a>
              </li>
            ))}
          </ol>
        </nav>
        <div>
          {strategy.sections.map(({ id, heading, text }) => (
            <section key={heading} id={idOf(heading)}>
              <h2>{heading}</h2>
              <Markdown text={text} />
              {strategy.tables
                .filter(({ title }) => id !== null && TABLE_AFTER[title] === id)
                .map((table) => (
                  <CodeTable key={table.title} table={table} />
                ))}
            </section>
          ))}
        </div>
      </div>
    </article>
  );
}

function Found({ id }: { id: string }) {
  const { data } = useApi<FindingPage>(`/findings${queryOf({ strategy: id, suppressed: true, limit: 10 })}`);
  if (!data || data.total === 0) return <p className="none">It has found nothing yet.</p>;
  return (
    <section>
      <h2>Findings</h2>
      <ul className="plain">
        {data.findings.map((kept) => (
          <FindingLine key={kept.uid} kept={kept}>
            <Logged text={kept.finding.entity.name} limit={60} />
          </FindingLine>
        ))}
      </ul>
      {data.total > data.findings.length && (
        <p>
          <Link to={`/?state=all&suppressed=true&strategy=${encodeURIComponent(id)}`}>All {data.total}</Link>
        </p>
      )}
    </section>
  );
}
