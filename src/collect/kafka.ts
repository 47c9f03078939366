import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { type KafkaClient, openKafka } from '../kafka/connect.js';
import type { KafkaInputConfig } from '../model/inputs-config.js';
import type { Lookups } from '../remote/lookups.js';
import { type InputStatus, type Intake, pauseOf } from './intake.js';
import { KafkaProgress } from './kafka-progress.js';

/** What reading topics takes beside the brokers. */
export interface KafkaSurroundings {
  lookups: Lookups;
  /** The records of a message, one a line; null: it is too long for any source. */
  recordsOf(message: Buffer): Buffer | null;
}

const PATIENCE = { connectMs: 10_000, requestMs: 30_000, retries: 4 };
/** A member that died keeps its partitions for so long; more than a stop of the event loop. */
const SESSION_MS = 15_000;
const MEASURE_MS = 15_000;
/** How long leaving the group may take. */
const GOODBYE_MS = 5000;
const [FIRST_REST_MS, LONGEST_REST_MS] = [1000, 60_000];
/** Their appends share a sync. */
const BATCHES_AT_ONCE = 4;

/** Topics of one group. An offset is committed once the lines before it are synced, so that whoever takes over begins there. */
export class KafkaInput {
  readonly #stopping = new AbortController();
  readonly #progress: KafkaProgress;
  readonly #sources: Map<string, string | null>;
  readonly #paused = new Set<NodeJS.Timeout>();
  #failures = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(
    readonly intake: Intake,
    readonly config: KafkaInputConfig,
    readonly surroundings: KafkaSurroundings,
  ) {
    this.#sources = new Map(config.topics.map(({ topic, source }) => [topic, source]));
    this.#progress = new KafkaProgress(config.group, config.start, (messages) =>
      intake.lose('messages that the brokers removed before they were read', messages),
    );
  }

  start(): void {
    this.#say('waiting', 'is connecting');
    this.#running = this.#keepConsuming();
  }

  status(): InputStatus {
    return { ...this.intake.status(), partitions: this.#progress.status() };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#say('off', 'stopped');
  }

  async #keepConsuming(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const reason = await this.#consume();
      if (signal.aborted) break;
      this.#failures += 1;
      const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (this.#failures - 1));
      this.#say('waiting', `${reason}; tries again every ${Math.round(restMs / 1000)} s`);
      await sleep(restMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Reads until it is stopped or cannot go on. @returns why it cannot */
  async #consume(): Promise<string> {
    let client: KafkaClient;
    try {
      client = await openKafka(this.config, this.surroundings.lookups, PATIENCE);
    } catch (error) {
      return (error as Error).message;
    }
    const ending = new AbortController();
    const consumer = client.kafka.consumer({
      groupId: this.config.group,
      sessionTimeout: SESSION_MS,
      allowAutoTopicCreation: false,
    });
    const admin = client.kafka.admin();
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.#progress.assigned = payload.memberAssignment;
      this.#failures = 0;
      this.#sayRunning();
      return this.#look(client, admin, ending.signal);
    });
    try {
      await Promise.race([
        this.#read(consumer),
        this.#keepLooking(client, admin, ending.signal),
        aborted(this.#stopping.signal),
      ]);
      return '';
    } catch (error) {
      return client.tell(error);
    } finally {
      ending.abort();
      for (const timer of this.#paused) clearTimeout(timer);
      this.#paused.clear();
      await Promise.race([
        Promise.allSettled([consumer.disconnect(), admin.disconnect()]),
        sleep(GOODBYE_MS),
      ]);
    }
  }

  /** Never returns: what ends it is thrown. */
  async #read(consumer: Consumer): Promise<never> {
    const crashed = new Promise<never>((_, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    });
    // It may crash before anybody waits for it.
    crashed.catch(() => undefined);
    await consumer.connect();
    await consumer.subscribe({
      topics: [...this.#sources.keys()],
      fromBeginning: this.config.start === 'earliest',
    });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: BATCHES_AT_ONCE,
      eachBatch: (payload) => this.#take(payload),
    });
    return crashed;
  }

  async #take({ batch, pause, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = batch;
    const { lines, overlong } = this.#linesOf(messages);
    const origin = { input: `kafka:${topic}`, source: this.#sources.get(topic) ?? null };
    const refusal = lines.length === 0 ? null : await this.intake.offer(lines, origin);
    if (refusal !== null) return this.#resumeLater(pause(), pauseOf(refusal));
    this.intake.lose('messages that are too long', overlong);
    resolveOffset(messages.at(-1)!.offset);
    const offset = String(BigInt(batch.lastOffset()) + 1n);
    await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset }] }] });
  }

  /** A message without a value says that what had its key is no more: there is no record in it. */
  #linesOf(messages: KafkaMessage[]): { lines: Buffer; overlong: number } {
    const records = messages.flatMap(({ value }) =>
      value === null ? [] : [this.surroundings.recordsOf(value)],
    );
    const lines = Buffer.concat(records.filter((record) => record !== null));
    return { lines, overlong: records.filter((record) => record === null).length };
  }

  /** What is paused is not fetched; where nothing was resolved it comes again. */
  #resumeLater(resume: () => void, afterMs: number): void {
    const timer = setTimeout(() => {
      this.#paused.delete(timer);
      resume();
    }, afterMs);
    this.#paused.add(timer);
  }

  async #keepLooking(client: KafkaClient, admin: Admin, over: AbortSignal): Promise<void> {
    await admin.connect();
    for (;;) {
      await sleep(MEASURE_MS, undefined, { signal: over });
      await this.#look(client, admin, over);
    }
  }

  async #look({ tell }: KafkaClient, admin: Admin, over: AbortSignal): Promise<void> {
    let trouble = '';
    try {
      await this.#progress.measure(admin);
    } catch (error) {
      trouble = `the brokers do not say how far it is: ${tell(error)}`;
    }
    if (over.aborted) return;
    if (trouble === '') this.#sayRunning();
    else this.#say('waiting', trouble);
  }

  #sayRunning(): void {
    const isIdle = Object.keys(this.#progress.assigned).length === 0;
    this.#say('running', isIdle ? 'no partition is left for it: others of its group have them' : '');
  }

  #say(state: InputStatus['state'], reason: string): void {
    this.intake.state = state;
    this.intake.reason = reason;
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
