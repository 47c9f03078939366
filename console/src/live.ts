import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import type { FindingEvent, KeptFinding } from '../../src/model/live.js';
import { ofResponses } from './responses/ask.js';

export type Connection = 'connecting' | 'live' | 'lost';

interface Live {
  connection: Connection;
  /** Findings that opened, or opened again, since somebody last looked: their newest state by uid. */
  fresh: ReadonlyMap<string, KeptFinding>;
  /** Newest state of every finding that changed since the page was loaded: rows change where they stand. */
  changed: ReadonlyMap<string, KeptFinding>;
}

let live: Live = { connection: 'connecting', fresh: new Map(), changed: new Map() };
const listeners = new Set<() => void>();

function tell(changes: Partial<Live>): void {
  live = { ...live, ...changes };
  for (const listener of listeners) listener();
}

export const useLive = (): Live =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => live,
  );

/** Whoever shows the queue anew has seen what was new. */
export const seenFresh = (): void => tell({ fresh: new Map() });

/** A finding as an answer of the API gave it counts at once; the stream says the same a moment later. */
export const noteChanged = (kept: KeptFinding): void =>
  tell({ changed: new Map(live.changed).set(kept.uid, kept) });

const MOST_KEPT = 5000;

/** Follows the server's stream as long as somebody is signed in. */
export function useStream(): void {
  const client = useQueryClient();
  useEffect(() => {
    const stream = new EventSource('/api/v1/stream');
    const again = (path: string) => client.invalidateQueries({ queryKey: [path] });
    stream.onopen = () => tell({ connection: 'live' });
    stream.onerror = () => tell({ connection: 'lost' });
    stream.addEventListener('finding', ({ data }: MessageEvent<string>) => {
      const { kept, event } = JSON.parse(data) as { kept: KeptFinding; event: FindingEvent };
      const changed = new Map(live.changed).set(kept.uid, kept);
      while (changed.size > MOST_KEPT) changed.delete(changed.keys().next().value!);
      const isNew = event.what === 'opened' || event.what === 'reopened' || event.what === 'unsuppressed';
      tell({ changed, ...(isNew && { fresh: new Map(live.fresh).set(kept.uid, kept) }) });
      void again(`/findings/${kept.uid}`);
    });
    const status = () => {
      for (const path of ['/status', '/strategies', '/sources']) void again(path);
    };
    stream.addEventListener('response', () => void client.invalidateQueries(ofResponses));
    stream.addEventListener('status', status);
    stream.addEventListener('hello', status);
    stream.addEventListener('reset', () => void client.invalidateQueries());
    return () => {
      stream.close();
      tell({ connection: 'connecting' });
    };
  }, [client]);
}
