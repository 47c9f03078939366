import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ChannelStatus, FailedDelivery, Retried } from '../../../src/notify/outbox-state.js';
import { formatCount } from '../../../src/output/format.js';
import { type ApiProblem, get, post } from '../api.js';
import { Ago } from '../parts/time.js';
import { Logged } from '../text.js';

const PATH = '/notifications';
const LOOK_MS = 30_000;

interface Notifications {
  channels: ChannelStatus[];
  failed: FailedDelivery[];
}

/** Says of whom somebody was not told; nothing as long as all were, or a newer state was told instead. */
export function Untold({ canRetry }: { canRetry: boolean }) {
  const { data } = useQuery<Notifications, ApiProblem>({
    queryKey: [PATH],
    queryFn: () => get<Notifications>(PATH),
    refetchInterval: LOOK_MS,
  });
  const [said, setSaid] = useState('');
  return (
    <>
      {untold(data).map(({ channel, count, newest }) => (
        <div key={channel} className="notice" role="alert">
          <p>
            <strong className="problem">
              ⚠ {formatCount(count)} {count === 1 ? 'notification was' : 'notifications were'} given up
            </strong>{' '}
            by the channel {channel}
            {newest && (
              <>
                , the newest offered <Ago at={newest.offered} />: <Logged text={newest.answer} limit={200} />
              </>
            )}
          </p>
          {canRetry && <Retry channel={channel} say={setSaid} />}
        </div>
      ))}
      {said !== '' && <p role="status">{said}</p>}
    </>
  );
}

/** Channels that are configured, with what can be tried again. */
function untold({ channels, failed }: Notifications = { channels: [], failed: [] }) {
  return channels
    .filter(({ type }) => type !== null)
    .map(({ name, counts }) => {
      const own = failed.filter(({ channel }) => channel === name);
      const isFinal = own.filter(({ final }) => final !== null).length;
      return {
        ...{ channel: name, count: counts.failed - isFinal },
        newest: own.find(({ final }) => final === null),
      };
    })
    .filter(({ count }) => count > 0);
}

function Retry({ channel, say }: { channel: string; say: (what: string) => void }) {
  const client = useQueryClient();
  const retry = async (): Promise<void> => {
    const done = post<Retried>(`${PATH}/retry`, { channel });
    say(
      await done.then(
        ({ again }) => `${channel}: ${formatCount(again)} wait again.`,
        (problem: Error) => `${problem.message}.`,
      ),
    );
    await client.invalidateQueries({ queryKey: [PATH] });
  };
  return (
    <p>
      <button type="button" onClick={retry}>
        Try again to tell {channel}
      </button>
    </p>
  );
}
