import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import type { FindingPage } from '../../../src/model/live.js';
import type { ListedAllowance } from '../../../src/model/live-allowances.js';
import { describeSchedule } from '../../../src/output/describe-schedule.js';
import { countOf } from '../../../src/output/format.js';
import { post, queryOf, type Session, useApi } from '../api.js';
import { Dialog } from '../parts/dialog.js';
import { FindingLine } from '../parts/finding-line.js';
import { Asked, Empty } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { Logged } from '../text.js';
import { AllowDialog } from './allow-dialog.js';

/** What somebody said was meant: who answers for it, until when, and what it hid. */
export default function Allowances({ session }: { session: Session }) {
  const query = useApi<ListedAllowance[]>('/allowances');
  const [isGiving, setGiving] = useState(false);
  const [revoked, setRevoked] = useState<ListedAllowance | null>(null);
  const canTune = session.permissions.includes('tune');
  useEffect(() => {
    document.title = 'Allowances · Stowaway';
  }, []);
  return (
    <section>
      <h1>Allowances</h1>
      <p className="lead-in">
        What an allowance hides is kept, with its reason. None hides what somebody judged a true positive.{' '}
        {canTune && (
          <button type="button" className="small" onClick={() => setGiving(true)}>
            Give an allowance
          </button>
        )}
      </p>
      <Asked query={query} what="the allowances">
        {(all) =>
          all.length === 0 ? (
            <Empty title="Nothing is allowed.">
              <p>A finding that was meant to happen offers an allowance as narrow as it is.</p>
            </Empty>
          ) : (
            <ul className="cards">
              {all.map((one) => (
                <Card
                  key={one.id ?? JSON.stringify(one.allowance)}
                  one={one}
                  onRevoke={
                    canTune && one.id !== null && one.state !== 'revoked' ? () => setRevoked(one) : null
                  }
                />
              ))}
            </ul>
          )
        }
      </Asked>
      {isGiving && (
        <AllowDialog
          finding={null}
          me={session.token.holder}
          canTune={canTune}
          onClose={() => setGiving(false)}
        />
      )}
      {revoked && <Revoke one={revoked} onClose={() => setRevoked(null)} />}
    </section>
  );
}

function Card({ one, onRevoke }: { one: ListedAllowance; onRevoke: (() => void) | null }) {
  const { id, state, allowance, given, revoked, hid, hides } = one;
  return (
    <li className={`card allowance ${state}`}>
      <h2>
        <Logged text={allowance.reason} limit={200} />
      </h2>
      <p className="kicker">
        <span className={state === 'active' ? 'chip strong' : 'chip'}>{state}</span>
        <span>
          <Logged text={allowance.owner} limit={80} /> answers for it
        </span>
        <span>
          {allowance.expires === null ? (
            'always'
          ) : (
            <>
              until <Time at={allowance.expires} /> UTC
            </>
          )}
        </span>
        <span>
          hid {countOf(hid, 'finding')}, hides {hides}
        </span>
        {onRevoke && (
          <button type="button" className="small" onClick={onRevoke}>
            Revoke<span className="unseen"> {id}</span>
          </button>
        )}
      </p>
      <Scope of={allowance} />
      <p className="fine">
        {given === null ? (
          'stowaway.yaml states it'
        ) : (
          <>
            {id}, given by <Logged text={given.by} limit={80} /> at <Time at={given.at} /> UTC
          </>
        )}
        {revoked && (
          <>
            ; revoked by <Logged text={revoked.by} limit={80} /> at <Time at={revoked.at} /> UTC:{' '}
            <Logged text={revoked.why} limit={400} />
          </>
        )}
      </p>
      {id !== null && hides > 0 && <Hidden id={id} />}
    </li>
  );
}

function Scope({
  of: { workload, image, destinations, techniques, schedule },
}: {
  of: ListedAllowance['allowance'];
}) {
  const parts: [name: string, value: string | null][] = [
    ['Workload', workload === '*' ? null : workload],
    ['Image', image === '*' ? null : image],
    ['Destinations', destinations?.join(', ') ?? null],
    ['Techniques', techniques?.join(', ') ?? null],
    ['When', schedule && describeSchedule(schedule)],
  ];
  return (
    <dl className="facts">
      {parts.map(
        ([name, value]) =>
          value !== null && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <Logged text={value} limit={600} mono />
              </dd>
            </div>
          ),
      )}
    </dl>
  );
}

const MOST_HIDDEN = 20;

function Hidden({ id }: { id: string }) {
  const [isOpen, setOpen] = useState(false);
  const { data } = useApi<FindingPage>(
    isOpen ? `/findings${queryOf({ allowance: id, suppressed: true, limit: MOST_HIDDEN })}` : null,
  );
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>What it hides</summary>
      <ul className="plain">
        {data?.findings.map((kept) => (
          <FindingLine key={kept.uid} kept={kept}>
            {kept.finding.technique} <Logged text={kept.finding.entity.name} limit={60} />
          </FindingLine>
        ))}
        {data && data.total > data.findings.length && (
          <li className="fine">and {data.total - data.findings.length} more</li>
        )}
      </ul>
    </details>
  );
}

function Revoke({ one, onClose }: { one: ListedAllowance; onClose: () => void }) {
  const client = useQueryClient();
  const [problem, setProblem] = useState('');
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const why = String(new FormData(event.currentTarget).get('why')).trim();
    try {
      await post(`/allowances/${one.id}/revoke`, { why });
      await client.invalidateQueries({ queryKey: ['/allowances'] });
      onClose();
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <Dialog title="Revoke the allowance" onClose={onClose} className="act">
      <form onSubmit={submit}>
        <p>
          <Logged text={one.allowance.reason} limit={200} />: what it hides of the last 24 hours is shown
          again with the next tick.
        </p>
        <label>
          Why
          <textarea name="why" rows={3} required maxLength={1000} />
        </label>
        {problem !== '' && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <div className="buttons">
          <button type="submit" className="primary">
            Revoke
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
