import { setTimeout as sleep } from 'node:timers/promises';
import { type Message as KafkaRecord, Partitioners } from 'kafkajs';
import { type KafkaClient, openKafka } from '../../kafka/connect.js';
import type { ConfigOf } from '../../model/notify-config.js';
import type { Channel, Receipt } from '../channel.js';
import { clean } from '../clean.js';
import { formatRecord } from '../formats.js';
import type { Surroundings } from '../surroundings.js';

/** All copies that have to be in step have it. */
const ALL = -1;

/** The brokers say that this very message is wrong. */
const WRONG_MESSAGE = new Set(['MESSAGE_TOO_LARGE', 'INVALID_RECORD', 'RECORD_LIST_TOO_LARGE']);

/**
 * Each alert as one JSON document in a topic. Its key keeps what is told of an alert in order, in one partition; the header `id` is the same for the same
 * state, so that whoever reads it twice knows it.
 */
export function openKafkaTopic(config: ConfigOf<'kafka'>, surroundings: Surroundings): Channel {
  const { timeoutMs } = surroundings;
  const patience = { connectMs: timeoutMs, requestMs: timeoutMs, retries: 2 };
  return {
    grouping: 'each',
    canJoin: false,
    async send({ messages }) {
      const message = messages[0]!;
      try {
        const client = await openKafka(config, surroundings, patience);
        const record = {
          key: message.thread,
          value: formatRecord(message, config.format, surroundings.version),
          headers: { id: message.id, 'content-type': 'application/json' },
        };
        return await produce(client, { topic: config.topic, record, timeoutMs });
      } catch (error) {
        return { outcome: 'later', answer: clean((error as Error).message, 300) };
      }
    },
  };
}

interface Sending {
  topic: string;
  record: KafkaRecord;
  timeoutMs: number;
}

async function produce(
  { kafka, tell }: KafkaClient,
  { topic, record, timeoutMs }: Sending,
): Promise<Receipt> {
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    // An attempt writes once at most; whether there is another is the outbox's matter.
    retry: { retries: 0 },
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  const send = async () => {
    await producer.connect();
    return producer.send({ topic, acks: ALL, messages: [record] });
  };
  try {
    const [written] = await within(timeoutMs, send());
    return {
      outcome: 'taken',
      answer: `written to ${topic}, partition ${written?.partition}, offset ${written?.baseOffset}`,
    };
  } catch (error) {
    const isWrong = WRONG_MESSAGE.has((error as { type?: string }).type ?? '');
    return { outcome: isWrong ? 'refused' : 'later', answer: tell(error) };
  } finally {
    await within(timeoutMs, producer.disconnect()).catch(() => undefined);
  }
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  const over = new AbortController();
  const late = sleep(limitMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`no answer within ${limitMs / 1000} s`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
