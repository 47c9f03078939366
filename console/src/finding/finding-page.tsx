import { type ReactNode, useEffect, useState } from 'react';
import type { Finding } from '../../../src/model/hunt-result.js';
import type { FindingMark, Findings, KeptFinding } from '../../../src/model/live.js';
import type { ListedAllowance } from '../../../src/model/live-allowances.js';
import { formatBytes, formatProbability, formatWindow } from '../../../src/output/format.js';
import { describeAttribution } from '../../../src/output/summary.js';
import { AllowDialog } from '../allowances/allow-dialog.js';
import { type Session, useApi } from '../api.js';
import { BytesChart } from '../charts/bytes-chart.js';
import { useShortcuts } from '../keys.js';
import { SeverityBadge, Standing } from '../parts/badges.js';
import { Asked } from '../parts/states.js';
import { useHash } from '../parts/use-hash.js';
import { rightsOf } from '../responses/ask.js';
import { canAskFor, entityPath, go, Link, strategyPath, tunePath } from '../router.js';
import { Logged, shown } from '../text.js';
import { Act, type Action } from './act.js';
import { BlindSpots } from './blind-spots.js';
import { Evidence } from './evidence.js';
import { Flood } from './flood.js';
import { History } from './history.js';
import { Neighbourhood } from './neighbourhood.js';
import { NextSteps } from './next-steps.js';
import { RawOcsf } from './raw-ocsf.js';
import { Contained, FindingResponse } from './response.js';
import { Rhythm } from './rhythm.js';
import { ScoreTable } from './score-table.js';
import { Similar } from './similar.js';

export type Whole = NonNullable<Awaited<ReturnType<Findings['get']>>>;

/** One finding: why, how sure, who saw it and who did not, what the strategy cannot see, what became of it, and what next. */
export function FindingPage({ uid, session }: { uid: string; session: Session }) {
  const query = useApi<Whole>(`/findings/${encodeURIComponent(uid)}`);
  return (
    <Asked query={query} what="this finding">
      {(whole) => <FindingArticle whole={whole} session={session} />}
    </Asked>
  );
}

function FindingArticle({ whole, session }: { whole: Whole; session: Session }) {
  const { kept, detail, events } = whole;
  const { finding } = kept;
  const [action, setAction] = useState<Action | null>(null);
  const [isAllowing, setAllowing] = useState(false);
  const [given, setGiven] = useState<ListedAllowance | null>(null);
  const canTriage = session.permissions.includes('triage');
  const me = session.token.holder;
  const [wantsPlan, setWantsPlan] = useState(location.hash === '#response');
  const respond = () => {
    setWantsPlan(true);
    jumpTo('response');
  };
  const { data: marks = [] } = useApi<FindingMark[]>(`/findings/${kept.uid}/marks`);
  useHash();
  useEffect(() => {
    document.title = `${finding.technique} ${shown(finding.entity.name, 60)} · Stowaway`;
  }, [finding]);
  const act = (action: Action) => canTriage && setAction(action);
  useShortcuts('Finding', [
    { keys: 'u', says: 'Back to the queue', run: () => go('/') },
    { keys: 'e', says: 'Acknowledge: it is mine', run: () => act('acknowledge') },
    { keys: 'a', says: 'Assign', run: () => act('assign') },
    { keys: 'c', says: 'Close with a verdict', run: () => act(kept.state === 'open' ? 'close' : 'reopen') },
    { keys: 'n', says: 'Write a note', run: () => act('note') },
    { keys: 'm', says: 'It was meant: an allowance', run: () => canTriage && setAllowing(true) },
    {
      keys: 't',
      says: 'Tune: other values of a parameter',
      run: () => go(tunePath(finding)),
    },
    { keys: 'r', says: 'Response: plan it, or see it', run: respond },
  ]);
  return (
    <article className={`finding sev-${finding.severity}`}>
      <Head kept={kept} />
      <Contained uid={kept.uid} />
      {given && finding.status !== 'suppressed' && (
        <p className="notice" role="status">
          Allowance {given.id} is given: what it covers is hidden with the next tick.
        </p>
      )}
      {canTriage && (
        <Actions kept={kept} onAct={setAction} onRespond={respond} onAllow={() => setAllowing(true)} />
      )}
      <Facts finding={finding} />
      <Section id="score" title="How sure, and why">
        <ScoreTable finding={finding} />
      </Section>
      {finding.technique.startsWith('T1498') && <Flood finding={finding} />}
      <Section id="bytes" title="Bytes out, against what is usual">
        {detail ? (
          <BytesChart finding={finding} detail={detail} marks={marks} />
        ) : (
          <p className="none">No picture was kept.</p>
        )}
      </Section>
      <Evidence finding={finding} />
      <Rhythm finding={finding} />
      <Section id="whereto" title="Where it went">
        <Destinations finding={finding} />
      </Section>
      <Neighbourhood finding={finding} />
      <BlindSpots strategy={finding.strategy} />
      <Similar finding={finding} />
      <FindingResponse
        uid={kept.uid}
        rights={rightsOf(session)}
        wantsPlan={wantsPlan}
        onPlanned={() => {
          setWantsPlan(false);
          jumpTo('response');
        }}
      />
      <Section id="next" title="What next">
        <NextSteps finding={finding} />
      </Section>
      <Section id="history" title="What became of it">
        <History events={events} />
      </Section>
      <RawOcsf uid={kept.uid} />
      {action && <Act action={action} targets={[kept]} me={me} onClose={() => setAction(null)} />}
      {isAllowing && (
        <AllowDialog
          {...{ finding, me }}
          canTune={session.permissions.includes('tune')}
          onClose={() => setAllowing(false)}
          onGiven={setGiven}
        />
      )}
    </article>
  );
}

export function Section({ id, title, children }: { id: string; title: string; children: ReactNode }) {
  return (
    <section id={id} aria-labelledby={`${id}-title`} tabIndex={-1}>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
    </section>
  );
}

export function jumpTo(id: string): void {
  const section = document.getElementById(id);
  section?.scrollIntoView();
  section?.focus({ preventScroll: true });
}

function Head({ kept }: { kept: KeptFinding }) {
  const { finding } = kept;
  return (
    <header>
      <p className="kicker">
        <Link to="/">Queue</Link>
        <SeverityBadge severity={finding.severity} />
        <Link to={strategyPath(finding.strategy)}>
          {finding.technique} <Logged text={finding.title} limit={120} />
        </Link>
        <Standing kept={kept} />
      </p>
      <div className="title">
        <h1>
          <Logged text={finding.entity.name} />
        </h1>
        <p className="score">
          <span className="value">{formatProbability(finding.score)}</span>
          <span className="unit">score</span>
        </p>
      </div>
      <p className="why">
        <Logged text={finding.why} limit={1200} />
      </p>
      {finding.suppressed_by !== null && (
        <p className="notice">
          Suppressed: <Logged text={finding.suppressed_by} />. <Link to="/allowances">Allowances</Link>
        </p>
      )}
    </header>
  );
}

interface Acting {
  kept: KeptFinding;
  onAct: (action: Action) => void;
  onRespond: () => void;
  onAllow: () => void;
}

function Actions({ kept, onAct, onRespond, onAllow }: Acting) {
  const isOpen = kept.state === 'open';
  return (
    <div className="actions">
      {isOpen ? (
        <button type="button" className="primary" onClick={() => onAct('close')}>
          Close with a verdict <kbd>c</kbd>
        </button>
      ) : (
        <button type="button" onClick={() => onAct('reopen')}>
          Open again <kbd>c</kbd>
        </button>
      )}
      <button type="button" onClick={() => onAct('acknowledge')}>
        Acknowledge <kbd>e</kbd>
      </button>
      <button type="button" onClick={() => onAct('assign')}>
        Assign <kbd>a</kbd>
      </button>
      <button type="button" onClick={() => onAct('note')}>
        Note <kbd>n</kbd>
      </button>
      <button type="button" onClick={onAllow}>
        It was meant <kbd>m</kbd>
      </button>
      <button type="button" onClick={onRespond}>
        Respond <kbd>r</kbd>
      </button>
    </div>
  );
}

function Facts({ finding }: { finding: Finding }) {
  const { entity } = finding;
  const entries: [name: string, value: ReactNode][] = [
    ['When (UTC)', formatWindow(finding.window)],
    ['Named by', describeAttribution(finding)],
    [
      'Entity',
      canAskFor(entity.name) ? (
        <Link key="entity" to={entityPath(entity)}>
          {entity.kind}: <Logged text={entity.name} limit={60} />
        </Link>
      ) : (
        entity.kind
      ),
    ],
    ['Address', entity.ip && <Logged text={entity.ip} limit={60} mono />],
    ['Image', entity.image && <Logged text={entity.image} limit={120} mono />],
    ['Container', entity.container_uid && <Logged text={entity.container_uid.slice(0, 12)} mono />],
    ['Priority', finding.priority],
    [
      'Incident',
      <Link
        key="incident"
        to={`/?${new URLSearchParams({ state: 'all', suppressed: 'true', incident: finding.incident })}`}
      >
        <Logged text={finding.incident} limit={40} />
      </Link>,
    ],
  ];
  return (
    <dl className="facts">
      {entries
        .filter(([, value]) => value !== null && value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

const MOST_DESTINATIONS = 25;

function Destinations({ finding }: { finding: Finding }) {
  const sorted = [...finding.destinations].sort((a, b) => b.bytes_out - a.bytes_out);
  if (sorted.length === 0) return <p className="none">No destination is known.</p>;
  const rest = sorted.length - MOST_DESTINATIONS;
  return (
    <>
      <div className="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Address</th>
              <th scope="col" className="num">
                Port
              </th>
              <th scope="col" className="num">
                Bytes out
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, MOST_DESTINATIONS).map((to) => (
              <tr key={`${to.domain} ${to.ip} ${to.port}`}>
                <td>
                  {to.domain === '' ? (
                    <span className="fine">no name seen</span>
                  ) : (
                    <Logged text={to.domain} mono />
                  )}
                </td>
                <td>
                  <Logged text={to.ip} mono />
                </td>
                <td className="num">{to.port}</td>
                <td className="num">{formatBytes(to.bytes_out)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rest > 0 && <p className="fine">{rest} smaller destinations are left out.</p>}
    </>
  );
}
