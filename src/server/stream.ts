import type { ReadableStreamDefaultController, UnderlyingSource } from 'node:stream/web';
import type { FindingEvent, KeptFinding, LiveStatus } from '../model/live.js';
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

/** What happened lately, numbered. */
class Backlog {
  readonly #kept: Kept[] = [];
  #bytes = 0;
  #number = 0;

  /** Numbers begin anew with each start: ids of an earlier `run` must not be taken for ours. */
  constructor(private readonly run: string) {}

  /** Id of what happened last. */
  get last(): string {
    return `${this.run}-${this.#number}`;
  }

  add(event: string, value: unknown): string {
    this.#number += 1;
    const text = message(event, value, this.last);
    this.#kept.push({ number: this.#number, text });
    this.#bytes += text.length;
    while (this.#kept.length > KEPT_EVENTS || this.#bytes > KEPT_BYTES)
      this.#bytes -= this.#kept.shift()!.text.length;
    return text;
  }

  /** What came after that id; null when that is not known any more. */
  since(id: string): string | null {
    const run = id.slice(0, id.lastIndexOf('-'));
    const last = Number(id.split('-').at(-1));
    const isKept = last <= this.#number && last >= this.#number - this.#kept.length;
    if (run !== this.run || !isKept) return null;
    return this.#kept
      .filter(({ number }) => number > last)
      .map(({ text }) => text)
      .join('');
  }
}

type Streamed = Pick<Parts, 'findings' | 'responder' | 'status' | 'tokens' | 'metrics' | 'limits' | 'now'>;

/** Server-sent events: `finding` for each change of a finding, `response` when plans or responses changed, `status` when how it goes has changed, `reset` when something was missed. */
export function openStream(parts: Streamed): LiveStream {
  const backlog = new Backlog(parts.now().getTime().toString(36));
  const clients = new Set<Client>();
  const end = publishChanges(parts, clients, backlog);
  return {
    follow(token, lastEventId) {
      if (clients.size >= parts.limits.streams)
        throw new Refusal(503, 'too many clients follow the stream already', RETRY_SECONDS);
      const first = firstFor(lastEventId, parts, backlog);
      const body = new ReadableStream<Uint8Array>(
        follower({ token, clients, first, metrics: parts.metrics }),
        new ByteLengthQueuingStrategy({ highWaterMark: LAG_BYTES + first.length * 2 }),
      );
      const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };
      return new Response(body, { headers });
    },
    end() {
      end();
      for (const client of [...clients]) client.end('the server ends');
    },
  };
}

function firstFor(lastEventId: string | undefined, { status }: Streamed, backlog: Backlog): string {
  if (!lastEventId) return message('hello', worthTelling(status()), backlog.last);
  const missed = backlog.since(lastEventId);
  if (missed === null)
    return message('reset', { reason: 'more happened than is kept: load the findings anew' }, backlog.last);
  return missed || ': nothing was missed\n\n';
}

/** @returns what ends it */
function publishChanges(parts: Streamed, clients: Set<Client>, backlog: Backlog): () => void {
  const publish = (event: string, value: unknown): void => {
    const text = backlog.add(event, value);
    for (const client of [...clients]) client.send(text);
  };
  const forget = parts.findings.onChange((kept: KeptFinding, event: FindingEvent) => {
    parts.metrics.changes.inc({ what: event.what });
    publish('finding', { kept, event });
  });
  const forgetResponses = parts.responder.onChange(() => publish('response', {}));
  let seen = JSON.stringify(worthTelling(parts.status()));
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
  return () => {
    forget();
    forgetResponses();
    clearInterval(status);
    clearInterval(heartbeat);
  };
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
    strategies: strategies.map(({ id, state, sight, reasons, since }) => ({
      id,
      state,
      sight,
      reasons,
      since,
    })),
    sources: sources.map(({ source, trouble }) => ({ source, trouble })),
  };
}
