import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { Kafka, type KafkaConfig, type SASLOptions } from 'kafkajs';
import type { KafkaConnection } from '../model/kafka-config.js';
import { clip, forTerminal } from '../output/escape.js';
import { isLoopbackName } from '../remote/guard-target.js';
import type { Lookups } from '../remote/lookups.js';
import { cover, secretOf } from '../remote/secret.js';
import { addCodecs } from './codecs.js';
import { calmRequestQueue } from './request-queue.js';
import { guardedSockets } from './sockets.js';

/** A client that knows the brokers and the secrets as they were when it was made; it connects when it is used. */
export interface KafkaClient {
  kafka: Kafka;
  /** What went wrong: one bounded line without secrets. */
  tell(error: unknown): string;
}

export interface KafkaPatience {
  connectMs: number;
  requestMs: number;
  /** Tries of one request beside the first. */
  retries: number;
}

const LONGEST_ANSWER = 300;

addCodecs();
calmRequestQueue();

/** @throws SecretError, and the error of a file that cannot be read */
export async function openKafka(
  stated: KafkaConnection,
  lookups: Lookups,
  { connectMs, requestMs, retries }: KafkaPatience,
): Promise<KafkaClient> {
  const { brokers, sasl, allow_private, insecure } = stated;
  const password = await secretOf('secret', { file: sasl?.secret_file, env: sasl?.secret_env }, lookups)();
  const rules = {
    tls: await tlsOf(stated),
    reach: { allow_private, insecure },
    isLocal: brokers.every((broker) => isLoopbackName(broker.slice(0, broker.lastIndexOf(':')))),
  };
  const config: KafkaConfig = {
    clientId: 'stowaway',
    brokers,
    ...(sasl && { sasl: saslOf(sasl, password ?? '') }),
    socketFactory: guardedSockets(rules, lookups),
    connectionTimeout: connectMs,
    authenticationTimeout: connectMs,
    requestTimeout: requestMs,
    retry: { retries, initialRetryTime: 300, maxRetryTime: 5000, restartOnFailure: async () => false },
    // What it would log is told by its errors.
    logCreator: () => () => undefined,
  };
  return {
    kafka: new Kafka(config),
    tell: (error) => clip(forTerminal(cover(wordsOf(error), [password])), LONGEST_ANSWER),
  };
}

async function tlsOf(stated: KafkaConnection): Promise<ConnectionOptions | null> {
  if (!stated.tls) return null;
  const read = async (file: string | undefined) => (file === undefined ? undefined : await readFile(file));
  const ca = await read(stated.ca_file);
  const cert = await read(stated.certificate_file);
  const key = await read(stated.key_file);
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

const saslOf = (
  { mechanism, user }: NonNullable<KafkaConnection['sasl']>,
  password: string,
): SASLOptions => ({ mechanism, username: user, password });

function wordsOf(error: unknown): string {
  const { message, broker } = error as Error & { broker?: string };
  const words = String(message).replace(/^Connection error: /, '');
  return broker === undefined || words.includes(broker) ? words : `${broker}: ${words}`;
}
