import type { ReadableStreamDefaultController, UnderlyingSource } from 'node:stream/web';
import type { Alert, AlertEvent, LiveStatus } from '../model/live.js';
import { forJsonOutput } from '../output/escape.js';
import type { Parts } from './context.js';
import { Refusal } from './refusal.js';
import type { Token } from './tokens.js';

/** What happened is kept this long for clients that come back. */
const KEPT_EVENTS = 1000;
const KEPT_BYTES = 8 * 1024 * 1024;
/** A client may be this far behind. */
const LAG_BYTES = 1024 * 1024;
const HEARTBEAT_MS = 15_000;
const STATUS_MS = 1000;
const RETRY_SECONDS = 5;

interface Kept {
  number: number;
  text: string;
}

interface Client {
  token: Token;
  send(text: string): void;
  end(reason: string): void;
}

export interface LiveStream {
  /** @throws Refusal when too many follow already */
  follow(token: Token, lastEventId: string | undefined): Response;
  end(): void;
}

const message = (event: string, value: unknown, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${forJsonOutput(JSON.stringify(value))}\n\n`;

/** Server-sent events: `alert` for each change of an alert, `status` when how it goes has changed, `reset` when something was missed. */
export function openStream(
  parts: Pick<Parts, 'alerts' | 'status' | 'tokens' | 'metrics' | 'limits' | 'now'>,
): LiveStream {
  // Numbers begin anew with each start: ids of an earlier one must not be taken for ours.
  const run = parts.now().getTime().toString(36);
  const clients = new Set<Client>();
  const kept: Kept[] = [];
  let keptBytes = 0;
  let number = 0;
  let seen = JSON.stringify(worthTelling(parts.status()));

  function publish(event: string, value: unknown): void {
    number += 1;
    const text = message(event, value, `${run}-${number}`);
    kept.push({ number, text });
    keptBytes += text.length;
    while (kept.length > KEPT_EVENTS || keptBytes > KEPT_BYTES) keptBytes -= kept.shift()!.text.length;
    for (const client of [...clients]) client.send(text);
  }

  const forget = parts.alerts.onChange((alert: Alert, event: AlertEvent) => {
    parts.metrics.changes.inc({ what: event.what });
    publish('alert', { alert, event });
  });
  const status = setInterval(() => {
    const now = JSON.stringify(worthTelling(parts.status()));
    if (now !== seen) publish('status', JSON.parse(now));
    seen = now;
  }, STATUS_MS).unref();
  const heartbeat = setInterval(() => {
    for (const client of [...clients]) {
      if (parts.tokens.get(client.token.id)) client.send(': heartbeat\n\n');
      else client.end('the token counts no more');
    }
  }, HEARTBEAT_MS).unref();

  return {
    follow(token, lastEventId) {
      if (clients.size >= parts.limits.streams)
        throw new Refusal(503, 'too many clients follow the stream already', RETRY_SECONDS);
      const missed = missedSince(lastEventId);
      const body = new ReadableStream<Uint8Array>(
        follower({ token, clients, first: missed, metrics: parts.metrics }),
        new ByteLengthQueuingStrategy({ highWaterMark: LAG_BYTES + missed.length * 2 }),
      );
      return new Response(body, {
        headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
      });
    },
    end() {
      forget();
      clearInterval(status);
      clearInterval(heartbeat);
      for (const client of [...clients]) client.end('the server ends');
    },
  };

  /** What is to be sent first. */
  function missedSince(lastEventId: string | undefined): string {
    if (!lastEventId) return message('hello', worthTelling(parts.status()), `${run}-${number}`);
    const [theirRun, last] = [
      lastEventId.slice(0, lastEventId.lastIndexOf('-')),
      Number(lastEventId.split('-').at(-1)),
    ];
    const isGapless = theirRun === run && last <= number && last >= number - kept.length;
    if (!isGapless)
      return message(
        'reset',
        { reason: 'more happened than is kept: load the alerts anew' },
        `${run}-${number}`,
      );
    return (
      kept
        .filter((one) => one.number > last)
        .map(({ text }) => text)
        .join('') || ': nothing was missed\n\n'
    );
  }
}

interface Following {
  token: Token;
  clients: Set<Client>;
  first: string;
  metrics: Parts['metrics'];
}

function follower({ token, clients, first, metrics }: Following): UnderlyingSource<Uint8Array> {
  const encoder = new TextEncoder();
  let client: Client;
  const leave = (): void => {
    clients.delete(client);
    metrics.streams.set(clients.size);
  };
  return {
    start(controller: ReadableStreamDefaultController<Uint8Array>) {
      const end = (reason: string): void => {
        leave();
        controller.enqueue(encoder.encode(message('dropped', { reason })));
        controller.close();
      };
      client = {
        token,
        end,
        send(text) {
          if ((controller.desiredSize ?? 0) > 0) {
            controller.enqueue(encoder.encode(text));
            return;
          }
          metrics.dropped.inc();
          end('too slow: more happened than this client read; come back with Last-Event-ID');
        },
      };
      clients.add(client);
      metrics.streams.set(clients.size);
      controller.enqueue(encoder.encode(first));
    },
    cancel: leave,
  };
}

/** Numbers that change with every tick are for /metrics. */
function worthTelling({ ready, ticks, mismatches, strategies, sources }: LiveStatus): object {
  return {
    ready,
    last_error: ticks.last_error,
    mismatches,
    strategies: strategies.map(({ id, state, reasons, since }) => ({ id, state, reasons, since })),
    sources: sources.map(({ source, trouble }) => ({ source, trouble })),
  };
}
