import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { OfferedAttack, TestAttackOffer } from '../../../src/model/test-attacks.js';
import { formatDuration } from '../../../src/output/format.js';
import { type ApiProblem, get, post } from '../api.js';
import Markdown from '../markdown.js';
import { Snippet } from '../parts/copy.js';
import { Asked } from '../parts/states.js';
import { useHash } from '../parts/use-hash.js';
import { type Address, go, withQuery } from '../router.js';
import { Logged } from '../text.js';
import { LastAttack } from './last-attack.js';

const PATH = '/test-attacks';
const LOOK_MS = 1000;
/** Begun with: quick, and in need of no engine. */
const USUAL = 'curl-put';

interface Around {
  address: Address;
  canStart: boolean;
}

/** A real attack in a lab, whose records this server judges: that lines become findings, and that somebody is told. */
export function TestAttacks({ address, canStart }: Around) {
  const query = useQuery<TestAttackOffer, ApiProblem>({
    queryKey: [PATH],
    queryFn: () => get<TestAttackOffer>(PATH),
    refetchInterval: ({ state }) => (isUnderWay(state.data) ? LOOK_MS : false),
  });
  useHash();
  return (
    <section id="test-attack">
      <h2>Send a test attack</h2>
      <Asked query={query} what="the attacks that can be started">
        {(offer) => <Offer offer={offer} address={address} canStart={canStart} />}
      </Asked>
    </section>
  );
}

const isUnderWay = (offer?: TestAttackOffer): boolean =>
  offer?.last !== null && offer?.last !== undefined && offer.last.ended_at === null;

function Offer({ offer, address, canStart }: Around & { offer: TestAttackOffer }) {
  const { attacks, last } = offer;
  const asked = address.query.get('attack') ?? USUAL;
  const chosen = attacks.find(({ id }) => id === asked) ?? attacks[0];
  if (!chosen) return <p className="none">No attack can be told from work by its name.</p>;
  const why = whyNot(offer, canStart);
  return (
    <>
      <p>
        A real attack in containers of a lab on the server’s host. The lab has no way out, and is removed
        afterwards. Its own sensors watch it, and what they see is judged like all else: whoever is told of
        alerts is told of this one. It shows that lines become findings, not that the products above are
        connected.
      </p>
      <Choice attacks={attacks} chosen={chosen} address={address} />
      <dl className="facts">
        <div>
          <dt>What it does</dt>
          <dd>
            <Markdown text={chosen.does} />
          </dd>
        </div>
        <div>
          <dt>Why it is harmless</dt>
          <dd>{chosen.safety}</dd>
        </div>
        <div>
          <dt>How long</dt>
          <dd>
            {chosen.seconds === null ? 'not known' : `about ${formatDuration(chosen.seconds)}`}, and what it
            takes to judge
          </dd>
        </div>
      </dl>
      {why === null ? (
        <Start chosen={chosen} isBusy={isUnderWay(offer)} />
      ) : (
        <>
          <p className="notice">
            <Logged text={why} limit={600} />
          </p>
          <p className="fine">
            In a terminal of a Linux host, with a store of its own and without this server:
          </p>
          <Snippet text={`sudo stowaway emulate verify ${chosen.id}`} />
        </>
      )}
      {last && <LastAttack attack={last} canStop={canStart} />}
    </>
  );
}

function whyNot({ mode, unavailable }: TestAttackOffer, canStart: boolean): string | null {
  if (mode === 'off')
    return 'This server may not start attacks: serve.emulations is off. With “emulations: on” under serve in stowaway.yaml, engineers and administrators may.';
  if (unavailable !== null) return `None can run on the server’s host: ${unavailable}.`;
  return canStart ? null : 'Your role looks; an engineer or an administrator starts it.';
}

function Choice({
  attacks,
  chosen,
  address,
}: {
  attacks: OfferedAttack[];
  chosen: OfferedAttack;
  address: Address;
}) {
  const techniques = [...new Set(attacks.map(({ technique }) => technique))].sort();
  return (
    <label className="choice-of-attack">
      Attack
      <select
        value={chosen.id}
        onChange={(event) => go(withQuery(address, { attack: event.target.value }), 'replace')}
      >
        {techniques.map((technique) => (
          <optgroup key={technique} label={technique}>
            {attacks
              .filter((one) => one.technique === technique)
              .map(({ id, title }) => (
                <option key={id} value={id}>
                  {id}: {title}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}

function Start({ chosen: { id }, isBusy }: { chosen: OfferedAttack; isBusy: boolean }) {
  const client = useQueryClient();
  const [problem, setProblem] = useState('');
  const start = async (): Promise<void> => {
    const refused = await post(PATH, { attack: id }).then(
      () => '',
      (error: Error) => error.message,
    );
    setProblem(refused);
    await client.invalidateQueries({ queryKey: [PATH] });
  };
  return (
    <>
      <p>
        <button type="button" className="primary" disabled={isBusy} onClick={start}>
          Start {id} on the server’s host
        </button>
      </p>
      {problem !== '' && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
