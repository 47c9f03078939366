import { readFile } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { guardTarget, type Reach, TargetError } from '../remote/guard-target.js';
import type { Address } from '../remote/lookups.js';
import { cover, type Secret, SecretError } from '../remote/secret.js';
import type { Receipt } from './channel.js';
import { clean } from './clean.js';
import type { Surroundings } from './surroundings.js';

/** Of an answer, the rest is not read. */
const MOST_ANSWER_BYTES = 4096;

/** Longest rest a receiver can ask for. */
const MOST_REST_SECONDS = 86_400;

export interface Endpoint {
  url: Secret;
  reach: Reach;
  caFile?: string | undefined;
  /** Secrets beside the URL: never shown, not even when the receiver repeats them. */
  secrets?: readonly Secret[];
}

export interface Letter {
  body: string;
  headers?: Record<string, string>;
  /** Changes the configured URL: a path below it, an id in it. */
  at?(url: URL): URL;
  /** Statuses that mean for this receiver that it has the message. */
  alsoTaken?: readonly number[];
}

interface Answer {
  status: number;
  body: string;
  retryAfter: string | undefined;
}

/** Posts JSON to a guarded target, follows no redirect, and says what became of it; never throws. */
export async function post(
  endpoint: Endpoint,
  write: () => Letter | Promise<Letter>,
  surroundings: Surroundings,
): Promise<Receipt> {
  const known: (string | null)[] = [];
  try {
    for (const secret of [endpoint.url, ...(endpoint.secrets ?? [])]) known.push(await secret());
    const letter = await write();
    const text = known[0] ?? '';
    if (!URL.canParse(text)) throw new TargetError('the URL is none: state the whole of it, with https://');
    const url = letter.at?.(new URL(text)) ?? new URL(text);
    const address = await guardTarget(url, endpoint.reach, surroundings);
    const ca = endpoint.caFile === undefined ? undefined : await readFile(endpoint.caFile);
    const answer = await exchange({ url, address, letter, ca, timeoutMs: surroundings.timeoutMs });
    const receipt = receiptOf(answer, letter.alsoTaken ?? [], surroundings.now());
    return { ...receipt, answer: clean(cover(receipt.answer, known), 300) };
  } catch (error) {
    return { outcome: 'later', answer: clean(cover(troubleOf(error), known), 300) };
  }
}

const troubleOf = (error: unknown): string => {
  if (error instanceof TargetError || error instanceof SecretError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  return `the receiver cannot be reached: ${code === undefined || message.includes(code) ? message : `${code} ${message}`}`;
};

interface Exchange {
  url: URL;
  address: Address;
  letter: Letter;
  ca: Buffer | undefined;
  timeoutMs: number;
}

function exchange({ url, address, letter, ca, timeoutMs }: Exchange): Promise<Answer> {
  const body = Buffer.from(letter.body, 'utf8');
  const options = {
    method: 'POST',
    // A connection of its own: none that was opened to an address checked earlier is used again.
    agent: false,
    lookup: always(address),
    signal: AbortSignal.timeout(timeoutMs),
    ...(ca && { ca }),
    headers: {
      'content-type': 'application/json',
      'user-agent': 'stowaway',
      ...letter.headers,
      'content-length': body.length,
    },
  };
  return new Promise((resolve, reject) => {
    const sent: ClientRequest =
      url.protocol === 'https:' ? secureRequest(url, options) : plainRequest(url, options);
    sent.on('error', (error) =>
      reject(error.name === 'AbortError' ? new Error(`no answer within ${timeoutMs / 1000} s`) : error),
    );
    sent.on('response', (answer) => readAnswer(answer).then(resolve, reject));
    sent.end(body);
  });
}

/** A lookup that knows one address, whatever it is asked. */
function always({ address, family }: Address): LookupFunction {
  return (_hostname, options, done) => {
    if (options.all) done(null, [{ address, family }]);
    else done(null, address, family);
  };
}

async function readAnswer(answer: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes >= MOST_ANSWER_BYTES) break;
    }
  } catch {
    // The status is there, and it decides.
  }
  answer.destroy();
  return {
    status: answer.statusCode ?? 0,
    body: Buffer.concat(chunks).subarray(0, MOST_ANSWER_BYTES).toString('utf8'),
    retryAfter: answer.headers['retry-after'],
  };
}

/** The receiver says that the message is wrong, not that it is busy, locked or elsewhere. */
const WRONG_MESSAGE = new Set([400, 413, 415, 422]);

function receiptOf(answer: Answer, alsoTaken: readonly number[], now: number): Receipt {
  const { status } = answer;
  const said = `HTTP ${status}${answer.body.trim() === '' ? '' : `: ${answer.body.trim()}`}`;
  if ((status >= 200 && status < 300) || alsoTaken.includes(status))
    return { outcome: 'taken', answer: said };
  if (WRONG_MESSAGE.has(status)) return { outcome: 'refused', answer: said };
  if (status >= 300 && status < 400) {
    return { outcome: 'later', answer: `${said}; redirects are not followed: state the final address` };
  }
  const rest = restOf(answer.retryAfter, now);
  return { outcome: 'later', answer: said, ...(rest !== null && { retryAfterSeconds: rest }) };
}

/** Retry-After in seconds, whether it is a number or a date; null when it is neither. */
function restOf(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const seconds = /^\d{1,9}$/.test(header.trim()) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) ? Math.min(MOST_REST_SECONDS, Math.max(0, Math.ceil(seconds))) : null;
}
