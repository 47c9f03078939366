import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { FindingPage, FindingSeries, KeptFinding } from '../../../src/model/live.js';
import { countOf, formatCount } from '../../../src/output/format.js';
import { type ApiProblem, get, queryOf, type Session, useApi } from '../api.js';
import { Act, type Action } from '../finding/act.js';
import { useShortcuts } from '../keys.js';
import { seenFresh, useLive } from '../live.js';
import { Asked, Empty } from '../parts/states.js';
import { type Address, findingPath, go, Link, tunePath, withQuery } from '../router.js';
import type { Status } from '../shell.js';
import { FilterBar } from './filter-bar.js';
import { type Filters, filtersOf, listPath, PAGE } from './filters.js';
import { QueueRow } from './queue-row.js';

/** The findings that wait for somebody. Rows stay where they are; what is new is counted above them. */
export function Queue({ address, session }: { address: Address; session: Session }) {
  const filters = filtersOf(address.query);
  const path = listPath(filters);
  const me = session.token.holder;
  const query = useQuery<FindingPage, ApiProblem>({
    queryKey: [path],
    queryFn: () => get<FindingPage>(path),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });
  useEffect(() => {
    document.title = 'Queue · Stowaway';
  }, []);
  return (
    <section className="queue" aria-label="Queue">
      <h1 className="unseen">Queue</h1>
      <FilterBar address={address} filters={filters} me={me} />
      <Fresh path={path} page={query.data} filters={filters} />
      <Asked query={query} what="the findings">
        {(page) => <Rows page={page} address={address} filters={filters} session={session} />}
      </Asked>
    </section>
  );
}

/** "3 new, show": nothing moves under the cursor. */
function Fresh({ path, page, filters }: { path: string; page: FindingPage | undefined; filters: Filters }) {
  const client = useQueryClient();
  const { fresh } = useLive();
  const listed = new Set(page?.findings.map(({ uid }) => uid));
  const isAsked = ({ uid, finding, state }: KeptFinding): boolean =>
    !listed.has(uid) &&
    (finding.status !== 'suppressed' || filters.suppressed) &&
    (filters.state === 'all' || filters.state === state) &&
    (filters.strategy === '' || filters.strategy === finding.strategy) &&
    (filters.severity.length === 0 || filters.severity.includes(finding.severity));
  const count = page === undefined ? 0 : [...fresh.values()].filter(isAsked).length;
  const show = async (): Promise<void> => {
    await client.invalidateQueries({
      predicate: ({ queryKey }) =>
        String(queryKey[0]).startsWith('/findings?') ||
        String(queryKey[0]).startsWith('/findings/summary') ||
        queryKey[0] === path,
    });
    seenFresh();
  };
  return (
    <div className="fresh" aria-live="polite">
      {count > 0 && (
        <button type="button" className="primary small" onClick={show}>
          {formatCount(count)} new, show
        </button>
      )}
    </div>
  );
}

function Rows({
  page,
  address,
  filters,
  session,
}: {
  page: FindingPage;
  address: Address;
  filters: Filters;
  session: Session;
}) {
  const { changed } = useLive();
  const findings = page.findings.map((kept) => newer(kept, changed.get(kept.uid)));
  const table = useRef<HTMLTableElement>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [action, setAction] = useState<Action | null>(null);
  const canTriage = session.permissions.includes('triage');
  const series = useApi<FindingSeries[]>(
    findings.length === 0 ? null : `/findings/series${queryOf({ uid: findings.map(({ uid }) => uid) })}`,
  );
  const toggle = (uid: string): void => {
    const next = new Set(selected);
    if (!next.delete(uid)) next.add(uid);
    setSelected(next);
  };
  const marked = findings.filter(({ uid }) => selected.has(uid));
  const focused = (): KeptFinding | undefined =>
    findings.find(({ uid }) => uid === focusedUid(table.current));
  const act = (action: Action): void => {
    if (canTriage && (marked.length > 0 || focused())) setAction(action);
  };
  useShortcuts('Queue', [
    { keys: 'j', says: 'Next finding', run: () => move(table.current, 1) },
    { keys: 'k', says: 'Finding before', run: () => move(table.current, -1) },
    { keys: 'o', says: 'Open the finding', run: () => focused() && go(findingPath(focused()!.uid)) },
    { keys: 'x', says: 'Select the finding', run: () => focused() && toggle(focused()!.uid) },
    { keys: 'e', says: 'Acknowledge: it is mine', run: () => act('acknowledge') },
    { keys: 'a', says: 'Assign', run: () => act('assign') },
    { keys: 'c', says: 'Close with a verdict', run: () => act('close') },
    {
      keys: 't',
      says: 'Tune: other values of a parameter',
      run: () => focused() && go(tunePath(focused()!.finding)),
    },
    {
      keys: 'r',
      says: 'Response: plan it, or see it',
      run: () => focused() && go(`${findingPath(focused()!.uid)}#response`),
    },
  ]);
  if (page.total === 0) return <NothingFound filters={filters} />;
  const targets = marked.length > 0 ? marked : focused() ? [focused()!] : [];
  return (
    <>
      {marked.length > 0 && canTriage && (
        <p className="bulk" role="status">
          {countOf(marked.length, 'finding')} selected
          <button type="button" className="small" onClick={() => setAction('acknowledge')}>
            Acknowledge
          </button>
          <button type="button" className="small" onClick={() => setAction('assign')}>
            Assign
          </button>
          <button type="button" className="small" onClick={() => setAction('close')}>
            Close with a verdict
          </button>
          <button type="button" className="small" onClick={() => setSelected(new Set())}>
            Select none
          </button>
        </p>
      )}
      <div className="scroll">
        <table ref={table} className="findings">
          <thead>
            <tr>
              <th scope="col">
                <span className="unseen">Select</span>
              </th>
              <th scope="col">Severity</th>
              <th scope="col" className="num">
                Score
              </th>
              <th scope="col">Entity</th>
              <th scope="col">Why</th>
              <th scope="col">Bytes out</th>
              <th scope="col">Last</th>
              <th scope="col">Standing</th>
            </tr>
          </thead>
          <tbody>
            {findings.map((kept) => (
              <QueueRow
                key={kept.uid}
                kept={kept}
                series={series.data?.find(({ uid }) => uid === kept.uid) ?? null}
                isSelected={selected.has(kept.uid)}
                onSelect={() => toggle(kept.uid)}
              />
            ))}
          </tbody>
        </table>
      </div>
      <Pages page={page} address={address} filters={filters} />
      {action && (
        <Act
          action={action}
          targets={targets}
          me={session.token.holder}
          onClose={() => setAction(null)}
          onDone={() => setSelected(new Set())}
        />
      )}
    </>
  );
}

const newer = (kept: KeptFinding, other: KeptFinding | undefined): KeptFinding =>
  other && other.version > kept.version ? other : kept;

const links = (table: HTMLTableElement | null): HTMLAnchorElement[] => [
  ...(table?.querySelectorAll<HTMLAnchorElement>('a[data-uid]') ?? []),
];

function move(table: HTMLTableElement | null, by: number): void {
  const all = links(table);
  const at = all.findIndex((link) => link.closest('tr')?.contains(document.activeElement));
  const next = at === -1 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by));
  all[next]?.focus();
}

const focusedUid = (table: HTMLTableElement | null): string | undefined =>
  links(table).find((link) => link.closest('tr')?.contains(document.activeElement))?.dataset.uid;

function Pages({ page, address, filters }: { page: FindingPage; address: Address; filters: Filters }) {
  const start = Number(filters.after || 0);
  return (
    <nav className="pages" aria-label="Pages">
      <span className="fine">
        {formatCount(start + 1)}–{formatCount(start + page.findings.length)} of {formatCount(page.total)}
      </span>
      {start > 0 && (
        <Link to={withQuery(address, { after: start > PAGE ? String(start - PAGE) : null })}>Before</Link>
      )}
      {page.next !== null && <Link to={withQuery(address, { after: page.next })}>Next</Link>}
    </nav>
  );
}

/** Nothing found is good news only where somebody looked. */
function NothingFound({ filters }: { filters: Filters }) {
  const { data: status } = useApi<Status>('/status');
  const isFiltered =
    filters.severity.length > 0 ||
    [filters.strategy, filters.entity, filters.incident, filters.search, filters.assignee].some(
      (text) => text !== '',
    );
  if (isFiltered)
    return (
      <Empty title="No finding matches these filters.">
        <p>
          <Link to="/">Take all filters away</Link>
        </p>
      </Empty>
    );
  if (!status) return null;
  const blind = status.strategies.filter(({ state }) => state === 'blind' || state === 'degraded');
  if (status.sources.length === 0)
    return (
      <Empty title={status.is_demo ? 'The first recording is being read.' : 'Nothing has been read yet.'}>
        <p>
          {status.is_demo ? (
            'The first findings come within seconds.'
          ) : (
            <>
              <Link to="/sources?connect=">Connect a source</Link>, or{' '}
              <Link to="/sources#test-attack">send a test attack</Link>
            </>
          )}
        </p>
      </Empty>
    );
  return (
    <Empty title={filters.state === 'closed' ? 'No finding is closed.' : 'No finding is open.'}>
      <p>
        {formatCount(status.events_stored)} events of {countOf(status.sources.length, 'source')} were read.{' '}
        {blind.length === 0 ? (
          'Every strategy could look.'
        ) : (
          <>
            <Link to="/strategies">{countOf(blind.length, 'strategy', 'strategies')}</Link> could not look
            fully: for {blind.map(({ technique }) => technique).join(', ')}, silence says little.
          </>
        )}
      </p>
    </Empty>
  );
}
