import { useState } from 'react';
import { Snippet } from '../parts/copy.js';
import { Asked } from '../parts/states.js';
import { isOpen, isWaiting, type ResponseList, type Rights, useResponses } from '../responses/ask.js';
import { Planner } from '../responses/planner.js';
import { ResponseCard } from '../responses/response-card.js';
import { ResponseTable } from '../responses/response-line.js';
import { ACTION_WORDS, Countdown } from '../responses/words.js';
import { Section } from './finding-page.js';

interface About {
  uid: string;
  rights: Rights;
  /** Somebody asked for a plan; one that waits already is shown instead. */
  wantsPlan: boolean;
  onPlanned: () => void;
}

/** What was done about a finding, and what can be. */
export function FindingResponse(about: About) {
  const query = useResponses(about.uid);
  return (
    <Section id="response" title="Response">
      <Asked query={query} what="what was done about it">
        {(list) => <Known {...about} list={list} saidAt={query.dataUpdatedAt} />}
      </Asked>
    </Section>
  );
}

function Known({
  uid,
  rights,
  wantsPlan,
  onPlanned,
  list,
  saidAt,
}: About & { list: ResponseList; saidAt: number }) {
  const [isAnew, setAnew] = useState(false);
  const [latest] = list.responses;
  if (list.mode === 'off') return <Terminal uid={uid} />;
  const canPlan = rights.canPlan && !list.responses.some(isOpen);
  const isPlanning = canPlan && (isAnew || (wantsPlan && !(latest && isWaiting(latest))));
  const others = isPlanning ? list.responses : list.responses.slice(1);
  const stop = () => {
    setAnew(false);
    onPlanned();
  };
  return (
    <>
      {isPlanning && <Planner finding={uid} onDone={stop} />}
      {latest && !isPlanning && <ResponseCard key={latest.hash} hash={latest.hash} rights={rights} />}
      {!latest && !isPlanning && (
        <p className="none">
          Nothing was done about it.{' '}
          {!rights.canPlan && 'Planning takes a token of role analyst, engineer, responder or admin.'}
        </p>
      )}
      {canPlan && !isPlanning && (
        <p>
          <button type="button" onClick={() => setAnew(true)}>
            {latest ? 'Plan something else' : 'Plan a response'}
          </button>
        </p>
      )}
      {others.length > 0 && (
        <details>
          <summary>Earlier plans and responses: {others.length}</summary>
          <ResponseTable responses={others} saidAt={saidAt} />
        </details>
      )}
    </>
  );
}

/** Where the server does nothing, commands on the host do. They hold the uid alone: nothing that came out of a log. */
function Terminal({ uid }: { uid: string }) {
  const id = /^[0-9a-f]{16}$/.test(uid) ? uid : 'UID';
  return (
    <>
      <p>
        Responses are switched off on this server (<code>serve.responses</code>). On the host where the
        container runs:
      </p>
      <Snippet
        text={`stowaway findings export -o findings.json\nstowaway respond plan ${id} --findings findings.json`}
      />
    </>
  );
}

/** Said at the top of a finding whose container is held. */
export function Contained({ uid }: { uid: string }) {
  const { data, dataUpdatedAt } = useResponses(uid);
  const open = data?.responses.find(isOpen);
  if (!open) return null;
  return (
    <p className="notice contained">
      {open.in_force === false ? (
        <strong>A containment is NOT in force any more.</strong>
      ) : (
        <strong>Contained: {ACTION_WORDS[open.action].toLowerCase()}.</strong>
      )}{' '}
      {open.verification && `${open.verification.verdict}. `}
      {open.seconds_left !== null && (
        <>
          Reverted by itself in <Countdown secondsLeft={open.seconds_left} saidAt={dataUpdatedAt} />.{' '}
        </>
      )}
      <a href="#response">The response</a>
    </p>
  );
}
