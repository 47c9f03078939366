import { type ReactNode, useRef, useState } from 'react';
import { formatBytes } from '../../../src/output/format.js';
import type { ResponseSummary } from '../../../src/respond/describe.js';
import { CopyButton, Snippet } from '../parts/copy.js';
import { LoggedList } from '../parts/logged-list.js';
import { Asked } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { Logged } from '../text.js';
import { isOpen, type ResponseWhole, type Rights, useResponse } from './ask.js';
import { type Deed, DoDeed } from './deeds.js';
import { Differences } from './difference.js';
import { Verification } from './verification.js';
import { ACTION_WORDS, Countdown, StatusBadge } from './words.js';

/** One response from plan to end: what it would do, who said yes, whether it stopped, and until when. */
export function ResponseCard({ hash, rights }: { hash: string; rights: Rights }) {
  const query = useResponse(hash);
  const [deed, setDeed] = useState<Deed | null>(null);
  const card = useRef<HTMLDivElement>(null);
  const close = () => {
    setDeed(null);
    // The button that led here may be gone with what was done.
    setTimeout(() => document.activeElement === document.body && card.current?.focus());
  };
  return (
    <Asked query={query} what="this response">
      {(whole) => (
        <div className="response" ref={card} tabIndex={-1}>
          <Head whole={whole} saidAt={query.dataUpdatedAt} />
          <Stages response={whole.response} />
          <Deeds whole={whole} rights={rights} onDo={setDeed} />
          {whole.response.verification && <Verification verification={whole.response.verification} />}
          {!whole.response.closed && !isOpen(whole.response) && <Cost whole={whole} />}
          <h4>Every change</h4>
          <Differences differences={whole.plan.differences} />
          <Details whole={whole} />
          {deed && <DoDeed deed={deed} whole={whole} onClose={close} />}
        </div>
      )}
    </Asked>
  );
}

function Head({ whole: { response, plan }, saidAt }: { whole: ResponseWhole; saidAt: number }) {
  return (
    <p className="response-head">
      <strong>{ACTION_WORDS[response.action]}</strong> <Logged text={plan.confirm} limit={120} />
      <StatusBadge response={response} />
      {response.seconds_left !== null && (
        <span className="fine">
          reverted by itself in <Countdown secondsLeft={response.seconds_left} saidAt={saidAt} />
        </span>
      )}
    </p>
  );
}

function Stages({ response }: { response: ResponseSummary }) {
  const { planned_at, approvals, contained_at, closed, began_at, verification, expires_at } = response;
  const stages: [name: string, isDone: boolean, says: ReactNode][] = [
    ['Planned', true, <Time key="at" at={planned_at} />],
    [
      'Approved',
      approvals.length > 0,
      approvals.map(({ at, by, reason }) => (
        <span key={at}>
          <Time at={at} /> by <Logged text={by} limit={60} />
          {reason !== '' && (
            <>
              : <Logged text={reason} limit={400} />
            </>
          )}
        </span>
      )),
    ],
    ['Applied', contained_at !== null, began_at && <Time at={began_at} />],
    ['Checked', verification !== null, verification?.verdict],
    [
      'Ended',
      closed !== null,
      closed ? (
        <>
          <Time at={closed.at} />: <Logged text={closed.why} limit={400} />
        </>
      ) : (
        expires_at && (
          <>
            at the latest <Time at={expires_at} />
          </>
        )
      ),
    ],
  ];
  return (
    <ol className="stages">
      {stages.map(([name, isDone, says]) => (
        <li key={name} className={isDone ? 'done' : 'to-come'}>
          <strong>{name}</strong>
          {!isDone && <span className="unseen"> (not yet)</span>}
          <span className="fine">{says}</span>
        </li>
      ))}
    </ol>
  );
}

interface Doing {
  whole: ResponseWhole;
  rights: Rights;
  onDo: (deed: Deed) => void;
}

/** What can be done next, or why the reader cannot do it. */
function Deeds({ whole: { mode, response }, rights, onDo }: Doing) {
  const { status } = response;
  if (status === 'closed') return null;
  if (status === 'lapsed')
    return (
      <p className="fine">Nobody carried it out within an hour; it cannot be any more. Make a new plan.</p>
    );
  if (status === 'half done') return <p role="status">It is being applied…</p>;
  if (!rights.canRespond)
    return (
      <p className="fine">Approving, applying and reverting takes a token of role responder or admin.</p>
    );
  const command = `stowaway respond ${isOpen(response) ? 'revert' : 'apply'} ${response.hash}`;
  if (mode !== 'apply' && status !== 'planned')
    return (
      <>
        <p>
          This server plans and approves (<code>serve.responses: {mode}</code>). On its host, this goes on:
        </p>
        <Snippet text={command} />
      </>
    );
  return (
    <div className="buttons">
      {status === 'planned' && (
        <button type="button" className="primary" onClick={() => onDo('approve')}>
          Approve…
        </button>
      )}
      {status === 'approved' && (
        <button type="button" className="danger" onClick={() => onDo('apply')}>
          Apply…
        </button>
      )}
      {(status === 'contained' || status === 'reverting') && (
        <button type="button" onClick={() => onDo('revert')}>
          Revert…
        </button>
      )}
    </div>
  );
}

function Cost({ whole: { plan, response } }: { whole: ResponseWhole }) {
  return (
    <>
      <h4>What it costs</h4>
      <LoggedList texts={plan.cost} />
      <p className="fine">
        It can be applied until <Time at={response.valid_until} /> UTC, and only while the container is as it
        was when this was planned.
      </p>
    </>
  );
}

function Details({ whole: { response, plan } }: { whole: ResponseWhole }) {
  const notes = response.changes.map(({ note }) => note).filter((note) => note !== '');
  return (
    <>
      {notes.length > 0 && <LoggedList texts={notes} limit={600} />}
      {response.evidence.length > 0 && <Evidence response={response} />}
      <details>
        <summary>Steps, permissions, and what the plan was made from</summary>
        <ol className="steps">
          {plan.steps.map((step) => (
            <li key={step.id}>
              <strong>
                <Logged text={step.title} limit={200} />
              </strong>
              <Parts name="when" texts={step.preconditions} />
              <Parts name="do" texts={step.action} />
              <Parts name="verify" texts={[step.verification]} />
              <Parts name="revert" texts={step.revert} />
            </li>
          ))}
        </ol>
        <Parts name="needs" texts={plan.permissions} />
        <Parts
          name="agrees"
          texts={plan.agreement.map(({ what, finding, agrees }) =>
            agrees === null ? `${what}: the finding does not say` : `${what}: ${finding}, as in the finding`,
          )}
        />
        <p className="fine">
          Container <code>{response.container.id.slice(0, 12)}</code>,{' '}
          <Logged text={`${response.container.image} ${plan.image_digest}`} limit={300} mono />
        </p>
      </details>
      <p className="fine">
        Plan <code>{response.hash}</code> <CopyButton text={response.hash} label="Copy the hash" />
      </p>
    </>
  );
}

function Parts({ name, texts }: { name: string; texts: string[] }) {
  if (texts.length === 0) return null;
  return (
    <div className="part">
      <span className="fine">{name}</span>
      <LoggedList texts={texts} />
    </div>
  );
}

function Evidence({ response }: { response: ResponseSummary }) {
  return (
    <details>
      <summary>Evidence that was kept: {response.evidence.map(({ name }) => name).join(', ')}</summary>
      <ul>
        {response.evidence.map(({ name, bytes, sha256, problem }) => (
          <li key={name}>
            <code>{name}</code>{' '}
            {problem === undefined ? (
              <>
                {formatBytes(bytes ?? 0)}, SHA-256 <code>{sha256}</code>
              </>
            ) : (
              <>
                could not be captured: <Logged text={problem} limit={400} />
              </>
            )}
          </li>
        ))}
      </ul>
      <p className="fine">
        On the server’s host, in <code>evidence/{response.hash.slice(0, 12)}…</code> of the folder of the
        ledger.
      </p>
    </details>
  );
}
