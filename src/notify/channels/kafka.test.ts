import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KafkaCluster, startCluster, whyNoCluster } from '../../../test/kafka-cluster.js';
import { messageOf, type Parcel } from '../message.js';
import { openChannels } from '../open-channels.js';
import { sendTest } from '../outbox.js';
import { configOf, noticeOf, SURROUNDINGS } from '../testing/alerts.js';

const skipped = whyNoCluster();
const LONG = 120_000;

let cluster: KafkaCluster;
beforeAll(async () => {
  if (skipped === null) cluster = await startCluster();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

const open = (stated: Record<string, unknown>, timeoutMs = 20_000) =>
  openChannels([configOf({ type: 'kafka', topic: 'alerts', ...stated })], { ...SURROUNDINGS, timeoutMs })[0]!;

const parcelOf = (what: 'opened' | 'closed', version: number, thread = 'a1'): Parcel => {
  const message = messageOf(noticeOf(what, { uid: thread, version }), thread);
  return { id: message.id, isRepeat: false, messages: [message] };
};

describe.skipIf(skipped !== null)(`an alert in a topic${skipped ? ` [${skipped}]` : ''}`, () => {
  const local = () => ({ brokers: cluster.brokers, tls: false });

  test(
    'is one document; what becomes of it follows in the same partition',
    async () => {
      await cluster.addTopic('alerts', 8);
      const { channel } = open(local());
      expect(await channel.send(parcelOf('opened', 1))).toMatchObject({
        outcome: 'taken',
        answer: expect.stringMatching(/^written to alerts, partition \d, offset 0$/),
      });
      await channel.send(parcelOf('closed', 2));
      await open({ ...local(), format: 'ecs' }).channel.send(parcelOf('opened', 1, 'a2'));
      const records = cluster.read('alerts');
      const [opened, closed] = records.filter(({ key }) => key === 'a1');
      expect(JSON.parse(opened!.payload)).toMatchObject({
        class_uid: 2004,
        activity_name: 'Create',
        metadata: { uid: 'a1:1' },
      });
      expect(JSON.parse(closed!.payload)).toMatchObject({
        activity_name: 'Close',
        metadata: { uid: 'a1:2' },
      });
      expect(opened!.headers).toEqual(['id', 'a1:1', 'content-type', 'application/json']);
      expect(closed!.partition).toBe(opened!.partition);
      const [other] = records.filter(({ key }) => key === 'a2');
      expect(JSON.parse(other!.payload)).toMatchObject({ event: { id: 'a2:1' } });
      expect(records).toHaveLength(3);
    },
    LONG,
  );

  test(
    'a test message says that it is one',
    async () => {
      await cluster.addTopic('tests', 1);
      const receipt = await sendTest(open({ ...local(), topic: 'tests', format: 'alert' }), new Date());
      expect(receipt).toMatchObject({ outcome: 'taken' });
      expect(JSON.parse(cluster.read('tests')[0]!.payload)).toMatchObject({ what: 'test' });
    },
    LONG,
  );

  test(
    'is kept while the brokers are gone, and refused where it never fits',
    async () => {
      await cluster.takeDown(1);
      const { channel } = open({ ...local(), topic: 'later' }, 4000);
      expect(await channel.send(parcelOf('opened', 1))).toMatchObject({
        outcome: 'later',
        answer: expect.stringMatching(/ECONNREFUSED|no answer within 4 s/),
      });
      await cluster.bringUp(1);
      await cluster.addTopic('later', 1);
      expect(await open({ ...local(), topic: 'later' }).channel.send(parcelOf('opened', 1))).toMatchObject({
        outcome: 'taken',
      });
      const messageTooLarge = 10;
      await cluster.refuseNext(messageTooLarge);
      expect(await open({ ...local(), topic: 'later' }).channel.send(parcelOf('opened', 2))).toMatchObject({
        outcome: 'refused',
      });
    },
    LONG,
  );
});

test.each([
  [{ brokers: ['10.0.0.1:9092'] }, 'state allow_private: true'],
  [{ brokers: ['203.0.113.1:9092'], tls: false }, 'state insecure: true'],
  [{ brokers: ['169.254.169.254:9092'], allow_private: true }, 'no receiver may be'],
  [
    { brokers: ['203.0.113.1:9092'], sasl: { mechanism: 'plain', user: 'u', secret_file: '/none' } },
    'secret_file /none cannot be read',
  ],
])(
  '%j is not sent to',
  async (stated, words) => {
    const receipt = await open(stated).channel.send(parcelOf('opened', 1));
    expect(receipt).toMatchObject({ outcome: 'later', answer: expect.stringContaining(words) });
  },
  LONG,
);
