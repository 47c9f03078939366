import { formatBytes, formatDuration } from '../../../src/output/format.js';
import type { ResponseSummary } from '../../../src/respond/describe.js';
import { Logged } from '../text.js';

type Verified = NonNullable<ResponseSummary['verification']>;

const WIDTH = 260;

/** Whether it stopped, by flow data of this host: the sentence, and bytes before and after in one scale. */
export function Verification({ verification }: { verification: Verified }) {
  const { verdict, says, measured } = verification;
  const number = (name: string): number | null =>
    typeof measured[name] === 'number' ? (measured[name] as number) : null;
  const rateOf = (bytes: string, milliseconds: string): number | null => {
    const [sent, during] = [number(bytes), number(milliseconds)];
    return sent === null || during === null || during <= 0 ? null : (sent * 1000) / during;
  };
  const [before, after] = [rateOf('before_out_bytes', 'before_ms'), rateOf('out_bytes', 'window_ms')];
  const last = number('last_byte_after_effect_ms');
  return (
    <div className={`verification verdict-${verdict.replaceAll(' ', '-')}`}>
      <p>
        <Logged text={says} limit={600} />
      </p>
      {before !== null && after !== null && (
        <dl className="rates">
          <Rate name="Before" rate={before} most={Math.max(before, after)} />
          <Rate name="After" rate={after} most={Math.max(before, after)} />
        </dl>
      )}
      {last !== null && (
        <p className="fine">
          Last byte{' '}
          {last <= 0
            ? 'before the change began'
            : `${formatDuration(last / 1000)} after the change began, at most`}
          . Watched for {formatDuration((number('window_ms') ?? 0) / 1000)} in the kernel’s table of
          connections.
        </p>
      )}
    </div>
  );
}

function Rate({ name, rate, most }: { name: string; rate: number; most: number }) {
  const width = most === 0 ? 0 : (rate / most) * WIDTH;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <svg width={WIDTH} height="12" aria-hidden="true">
          <rect className="ground" width={WIDTH} height="12" rx="2" />
          <rect className={name.toLowerCase()} width={width} height="12" rx="2" />
        </svg>{' '}
        <span className="nowrap">{formatBytes(rate)} a second out</span>
      </dd>
    </div>
  );
}
