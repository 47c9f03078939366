import { lazy, Suspense } from 'react';
import type { LiveStrategy } from '../../../src/model/live.js';
import type { StrategyText } from '../../../src/server/catalogue.js';
import { useApi } from '../api.js';
import { StateBadge } from '../parts/badges.js';
import { LoggedList } from '../parts/logged-list.js';
import { Asked, Loading } from '../parts/states.js';
import { Link, strategyPath } from '../router.js';
import { Section } from './finding-page.js';

/** The parser is half of what the first page weighs, and is asked for only where somebody reads. */
const Markdown = lazy(() => import('../markdown.js'));

/** What could not be looked at now, and what the strategy can never see. */
export function BlindSpots({ strategy }: { strategy: string }) {
  const { data: states = [] } = useApi<LiveStrategy[]>('/strategies');
  const text = useApi<StrategyText>(`/strategies/${encodeURIComponent(strategy)}`);
  const state = states.find(({ id }) => id === strategy);
  return (
    <Section id="blind" title="What could not be seen">
      {state && state.reasons.length > 0 && (
        <>
          <p>
            <StateBadge state={state.state} /> At the moment:
          </p>
          <LoggedList texts={state.reasons} limit={600} />
        </>
      )}
      <Asked query={text} what="the strategy’s blind spots">
        {({ sections }) => {
          const own = sections.find(({ id }) => id === 'blind-spots');
          return own ? (
            <details>
              <summary>Blind spots that this strategy declares, each with the test that shows it</summary>
              <Suspense fallback={<Loading what="the text" />}>
                <Markdown text={own.text} />
              </Suspense>
              <p>
                <Link to={strategyPath(strategy)}>The whole strategy</Link>
              </p>
            </details>
          ) : null;
        }}
      </Asked>
    </Section>
  );
}
