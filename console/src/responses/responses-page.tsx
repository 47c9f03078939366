import { useEffect } from 'react';
import { useShortcuts } from '../keys.js';
import { Asked, Empty } from '../parts/states.js';
import { findingPath, go, Link } from '../router.js';
import { isOpen, isWaiting, type ResponseList, type Rights, useResponse, useResponses } from './ask.js';
import { ResponseCard } from './response-card.js';
import { ResponseTable } from './response-line.js';
import { ACTION_WORDS } from './words.js';

/** Who is contained and for how much longer, what waits for a yes, and what was. */
export default function Responses({ hash, rights }: { hash: string; rights: Rights }) {
  const query = useResponses();
  useEffect(() => {
    document.title = 'Responses · Stowaway';
  }, []);
  if (hash !== '') return <OneResponse hash={hash} rights={rights} />;
  return (
    <section>
      <h1>Responses</h1>
      <Asked query={query} what="the responses">
        {(list) => <Lists list={list} saidAt={query.dataUpdatedAt} />}
      </Asked>
    </section>
  );
}

const MODES: Record<ResponseList['mode'], string> = {
  off: 'Responses are switched off on this server (serve.responses).',
  plan: 'This server plans and approves; what is approved is applied with the command line on its host (serve.responses: plan).',
  apply: 'What a responder approves can be applied here (serve.responses: apply).',
};

function Lists({ list, saidAt }: { list: ResponseList; saidAt: number }) {
  const open = list.responses.filter(isOpen);
  const waiting = list.responses.filter(isWaiting);
  const over = list.responses.filter((each) => !isOpen(each) && !isWaiting(each));
  const groups = [
    { title: 'Contained now', responses: open, none: 'Nobody is contained.' },
    { title: 'Waiting for somebody', responses: waiting, none: 'No plan waits.' },
    { title: 'Over', responses: over, none: '' },
  ];
  return (
    <>
      <p className="lead-in">
        {MODES[list.mode]} Every plan names one container, is approved by its hash, ends by itself, and stands
        in the ledger that <code>stowaway respond</code> uses, too.
      </p>
      {list.responses.length === 0 ? (
        <Empty title="Nothing was planned on this host.">
          {list.mode !== 'off' && <p>A plan is made from a finding: open one and press r.</p>}
        </Empty>
      ) : (
        groups.map(({ title, responses, none }) => (
          <section key={title} aria-label={title} className="panel">
            <h2>{title}</h2>
            {responses.length > 0 ? (
              <ResponseTable responses={responses} saidAt={saidAt} />
            ) : (
              <p className="none">{none || 'None is over yet.'}</p>
            )}
          </section>
        ))
      )}
      {list.total > list.responses.length && (
        <p className="fine">
          The latest {list.responses.length} of {list.total}; <code>stowaway respond list</code> has all.
        </p>
      )}
    </>
  );
}

function OneResponse({ hash, rights }: { hash: string; rights: Rights }) {
  const { data } = useResponse(hash);
  useShortcuts('Response', [{ keys: 'u', says: 'Back to the responses', run: () => go('/responses') }]);
  return (
    <section>
      <p className="kicker">
        <Link to="/responses">Responses</Link>
        {data && <Link to={findingPath(data.response.finding)}>The finding it is about</Link>}
      </p>
      <h1>{data ? ACTION_WORDS[data.response.action] : 'Response'}</h1>
      <div className="panel">
        <ResponseCard hash={hash} rights={rights} />
      </div>
    </section>
  );
}
