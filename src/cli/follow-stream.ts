import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, ExitError } from './exit.js';
import { type KnownServer, requestTo } from './known-server.js';

/** One message of the server's stream. */
export interface Streamed {
  event: string;
  data: unknown;
}

interface Followed {
  /** Asked anew for each connection: a server that starts again has another token for commands of its user. */
  server: () => Promise<KnownServer>;
  /** Told when the connection was lost, and how long it rests. */
  onLost: (why: string, restMs: number) => void;
  firstRestMs?: number;
}

const FIRST_REST_MS = 1000;
const LONGEST_REST_MS = 30_000;
/** A server that just started may not have told its user's commands their token yet. */
const MOST_REFUSALS = 3;
/** Longer than two heartbeats: then nobody is there. */
const SILENT_MS = 40_000;

/**
 * The server's stream, which goes on where it left off when the connection is lost. What would be refused again ends it; so does a first
 * connection that cannot be made.
 *
 * @throws ExitError
 */
export async function* followStream({ server, onLost, firstRestMs }: Followed): AsyncGenerator<Streamed> {
  const place = { lastId: '', hasBegun: false, rests: 0 };
  for (;;) {
    let why = 'the server ended the stream';
    try {
      yield* connectionOf(await server(), place);
    } catch (error) {
      if (!place.hasBegun || (error instanceof Refused && place.rests >= MOST_REFUSALS)) throw error;
      why = (error as Error).message;
    }
    const restMs = Math.min(LONGEST_REST_MS, (firstRestMs ?? FIRST_REST_MS) * 2 ** Math.min(10, place.rests));
    place.rests += 1;
    onLost(why, restMs);
    await sleep(restMs);
  }
}

interface Place {
  lastId: string;
  hasBegun: boolean;
  /** Since something was heard last. */
  rests: number;
}

/** The server answered, and would answer the same again. */
class Refused extends ExitError {}

async function* connectionOf(server: KnownServer, place: Place): AsyncGenerator<Streamed> {
  const { url } = server;
  const silence = new AbortController();
  const answer = await requestTo(server, '/api/v1/stream', {
    headers: { ...(place.lastId !== '' && { 'last-event-id': place.lastId }) },
    signal: silence.signal,
  }).catch((cause: unknown) => {
    throw new ExitError(EXIT.error, `${url} does not answer; does \`stowaway serve\` run?`, { cause });
  });
  const said = `${url} answers ${answer.status} ${answer.statusText}`;
  if (answer.status >= 400 && answer.status < 429) throw new Refused(EXIT.error, said);
  if (!answer.ok || answer.body === null) throw new ExitError(EXIT.error, said);
  place.hasBegun = true;
  let timer = setTimeout(() => silence.abort(), SILENT_MS);
  try {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENT_MS);
      place.rests = 0;
      const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) {
        const message = messageOf(block);
        if (message.id) place.lastId = message.id;
        if (message.event !== undefined && message.data !== undefined)
          yield { event: message.event, data: JSON.parse(message.data) };
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

const messageOf = (block: string): { id?: string; event?: string; data?: string } =>
  Object.fromEntries(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
