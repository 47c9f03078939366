import type { ResponseSummary } from '../../../src/respond/describe.js';
import { useSeconds } from '../parts/now.js';

export const ACTION_WORDS: Record<ResponseSummary['action'], string> = {
  pause: 'Pause',
  disconnect: 'Disconnect',
  'firewall-drop': 'Drop all it sends',
  'block-destination': 'Block its destinations',
  'stop-restarts': 'Stop restarts',
  'isolate-segment': 'Isolate a network',
};

const STATUS_WORDS: Record<ResponseSummary['status'], string> = {
  planned: 'planned, not approved',
  approved: 'approved, not applied',
  lapsed: 'lapsed',
  'half done': 'being applied',
  contained: 'contained',
  reverting: 'being reverted',
  closed: 'over',
};

/** `contained` that does not hold any more is said as loudly as it is. */
export function StatusBadge({ response }: { response: ResponseSummary }) {
  const { status, in_force } = response;
  if (status === 'contained' && in_force === false)
    return <span className="badge response-broken">NOT in force</span>;
  return <span className={`badge response-${status.replace(' ', '-')}`}>{STATUS_WORDS[status]}</span>;
}

const MINUTE = 60;
const HOUR = 3600;
const two = (value: number): string => String(value).padStart(2, '0');

/** `3:59:07`, `0:07` */
function clockOf(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / HOUR), Math.floor((seconds % HOUR) / MINUTE)];
  const rest = two(seconds % MINUTE);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** Time until the containment is reverted by itself. Counts from what the server said, so that this browser's clock does not matter. */
export function Countdown({ secondsLeft, saidAt }: { secondsLeft: number; saidAt: number }) {
  const now = useSeconds();
  const left = Math.max(0, Math.round(secondsLeft - (now - saidAt) / 1000));
  return (
    <span className="countdown" role="timer">
      {left === 0 ? 'now' : clockOf(left)}
    </span>
  );
}
