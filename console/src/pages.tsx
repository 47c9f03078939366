import { lazy, type ReactNode, Suspense } from 'react';
import type { Session } from './api.js';
import { FindingPage } from './finding/finding-page.js';
import { Empty, Loading } from './parts/states.js';
import { Queue } from './queue/queue.js';
import { rightsOf } from './responses/ask.js';
import { type Address, Link } from './router.js';

const Strategies = lazy(() => import('./strategies/strategies.js'));
const StrategyPage = lazy(() => import('./strategies/strategy-page.js'));
const Sources = lazy(() => import('./sources/sources.js'));
const Allowances = lazy(() => import('./allowances/allowances.js'));
const Coverage = lazy(() => import('./other/coverage.js'));
const Audit = lazy(() => import('./other/audit.js'));
const Responses = lazy(() => import('./responses/responses-page.js'));
const HuntPage = lazy(() => import('./hunt/hunt-page.js'));
const GraphPage = lazy(() => import('./graph/graph-page.js'));
const EntityPage = lazy(() => import('./other/entity-page.js'));

export interface PageInfo {
  path: string;
  title: string;
  /** After `g`. */
  letter: string;
  /** Default: read. */
  permission?: string;
}

/** Where one can go; a screen that does not work is not here. */
export const PAGES: PageInfo[] = [
  { path: '/', title: 'Queue', letter: 'q' },
  { path: '/hunt', title: 'Hunt', letter: 'h' },
  { path: '/graph', title: 'Graph', letter: 'g' },
  { path: '/strategies', title: 'Strategies', letter: 's' },
  { path: '/allowances', title: 'Allowances', letter: 'l' },
  { path: '/sources', title: 'Sources', letter: 'o' },
  { path: '/responses', title: 'Responses', letter: 'r' },
  { path: '/coverage', title: 'Coverage', letter: 'c' },
  { path: '/audit', title: 'Audit', letter: 'a', permission: 'administer' },
];

/** The screen of an address. */
export function Page({ address, session }: { address: Address; session: Session }) {
  return <Suspense fallback={<Loading what="this screen" />}>{pageOf(address, session)}</Suspense>;
}

function pageOf(address: Address, session: Session): ReactNode {
  const [, first = '', second = ''] = address.path.split('/').map(decoded);
  if (first === '') return <Queue address={address} session={session} />;
  if (first === 'findings' && second) return <FindingPage key={second} uid={second} session={session} />;
  if (first === 'strategies')
    return second ? <StrategyPage key={second} id={second} {...{ address, session }} /> : <Strategies />;
  if (first === 'allowances') return <Allowances session={session} />;
  if (first === 'hunt') return <HuntPage address={address} />;
  if (first === 'graph') return <GraphPage address={address} />;
  if (first === 'sources') return <Sources address={address} session={session} />;
  if (first === 'responses') return <Responses key={second} hash={second} rights={rightsOf(session)} />;
  if (first === 'coverage') return <Coverage address={address} />;
  if (first === 'audit' && session.permissions.includes('administer')) return <Audit address={address} />;
  if (first === 'entity') return <EntityPage address={address} />;
  return (
    <Empty title="There is nothing at this address.">
      <p>
        <Link to="/">To the queue</Link>
      </p>
    </Empty>
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
