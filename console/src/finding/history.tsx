import type { FindingEvent } from '../../../src/model/live.js';
import { Time } from '../parts/time.js';
import { Logged } from '../text.js';

const WORDS: Record<FindingEvent['what'], string> = {
  opened: 'opened',
  grew: 'grew',
  suppressed: 'suppressed',
  unsuppressed: 'no longer suppressed',
  closed: 'closed',
  reopened: 'opened again',
  verdict: 'judged',
  note: 'noted',
  assigned: 'assigned',
};

/** Each change: who, when and why; the latest first. */
export function History({ events }: { events: FindingEvent[] }) {
  return (
    <ol className="history">
      {[...events].reverse().map((event) => (
        <li key={`${event.version} ${event.at} ${event.what}`}>
          <Time at={event.at} /> <strong>{WORDS[event.what]}</strong> by{' '}
          <Logged text={event.who} limit={80} />
          <p>
            <Logged text={event.why} limit={4000} />
          </p>
        </li>
      ))}
    </ol>
  );
}
