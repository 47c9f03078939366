import { useQueryClient } from '@tanstack/react-query';
import type { TestAttack, TestAttackPhase } from '../../../src/model/test-attacks.js';
import { post } from '../api.js';
import { LoggedList } from '../parts/logged-list.js';
import { Time } from '../parts/time.js';
import { findingPath, Link } from '../router.js';
import { Logged } from '../text.js';

const WORDS: Record<TestAttackPhase, string> = {
  attacking: 'It goes on',
  judging: 'It is over, and what was seen is judged',
  found: 'Found',
  'not found': 'Not found',
  failed: 'It did not run to its end: nothing was shown',
  stopped: 'Stopped',
};

/** How the attack goes that runs, or how the last one went. */
export function LastAttack({ attack, canStop }: { attack: TestAttack; canStop: boolean }) {
  const { phase, ended_at, found, expected, reasons, progress } = attack;
  return (
    <section className="panel" aria-label="The last test attack">
      <h3>
        {attack.id}: <Logged text={attack.title} limit={120} />
      </h3>
      <p role="status">
        <strong className={phase === 'not found' || phase === 'failed' ? 'problem' : undefined}>
          {WORDS[phase]}
        </strong>
        {ended_at === null && progress.length > 0 && (
          <>
            : <Logged text={progress.at(-1)!} limit={200} />
          </>
        )}
        .
      </p>
      <p className="fine">
        Started by <Logged text={attack.by} limit={60} /> at <Time at={attack.started_at} /> UTC
        {ended_at !== null && (
          <>
            , over at <Time at={ended_at} /> UTC
          </>
        )}
        . Its containers’ names begin with <code>{attack.prefix}</code>.
      </p>
      {found.length > 0 && (
        <ul className="plain">
          {found.map(({ uid, strategy, entity }) => (
            <li key={uid}>
              <Link to={findingPath(uid)}>
                {strategy.split('-')[0]} <Logged text={entity} limit={80} />
              </Link>
            </li>
          ))}
        </ul>
      )}
      {phase === 'not found' && (
        <p>
          Expected{' '}
          <Logged
            text={expected.map(({ strategy, entity }) => `${strategy.split('-')[0]} on ${entity}`).join(', ')}
          />
          .
          {reasons.length === 0 && ' Every sensor of the lab looked, and no strategy says that it could not.'}
        </p>
      )}
      {reasons.length > 0 && <LoggedList texts={reasons} />}
      {found.length > 0 && (
        <p className="fine">
          Close it as benign: what is benign counts in no precision, a true positive would.
        </p>
      )}
      {canStop && ended_at === null && <Stop />}
    </section>
  );
}

function Stop() {
  const client = useQueryClient();
  const stop = async (): Promise<void> => {
    // That it ended meanwhile shows by itself.
    await post('/test-attacks/stop', {}).catch(() => undefined);
    await client.invalidateQueries({ queryKey: ['/test-attacks'] });
  };
  return (
    <p>
      <button type="button" onClick={stop}>
        Stop it
      </button>
    </p>
  );
}
