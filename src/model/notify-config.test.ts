import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ConfigSchema } from './config.js';
import { PACKAGE_ROOT } from './paths.js';

const HOME = { name: 'c' };
const read = (...channels: object[]) =>
  ConfigSchema.safeParse({ notify: { channels: channels.map((each) => ({ ...HOME, ...each })) } });
const problemOf = (...channels: object[]): string =>
  read(...channels)
    .error?.issues.map(({ message }) => message)
    .join('; ') ?? '';

test.each([
  { type: 'webhook', url: 'https://example.org/hook', secret_env: 'KEY' },
  { type: 'slack', url_file: '/run/secrets/slack' },
  { type: 'teams', url_env: 'TEAMS_URL' },
  { type: 'pagerduty', secret_file: '/run/secrets/pagerduty' },
  { type: 'alertmanager', url: 'http://127.0.0.1:9093', labels: { team: 'soc' } },
  { type: 'falcosidekick', url: 'http://falcosidekick:2801', insecure: true, allow_private: true },
  { type: 'syslog', host: 'siem.example', protocol: 'tls', port: 6514 },
  {
    type: 'email',
    host: 'smtp.example',
    user: 'u',
    secret_env: 'P',
    from: 'a@example.org',
    to: ['b@example.org'],
  },
  { type: 'file', path: '/var/log/stowaway/alerts.ndjson', format: 'ocsf' },
  { type: 'export', url: 'https://lake.example/alerts/_create/{id}', format: 'ecs', token_env: 'T' },
])('$type', (channel) => {
  expect(problemOf(channel)).toBe('');
  expect(problemOf({ ...channel, colour: 'red' })).toContain('colour');
});

describe('a mistake is named', () => {
  test.each<[string, ...object[]]>([
    ['one of them', { type: 'slack' }],
    ['one of them', { type: 'slack', url_env: 'A', url_file: '/b' }],
    ['Unrecognized key: "url"', { type: 'slack', url: 'https://hooks.slack.com/services/secret' }],
    ['one of them', { type: 'pagerduty' }],
    ['not both', { type: 'webhook', url: 'https://x.example/', secret_env: 'A', secret_file: '/b' }],
    ['without user and password', { type: 'webhook', url: 'https://u:p@x.example/' }],
    ['http or https', { type: 'webhook', url: 'file:///etc/passwd' }],
    [
      'user together with',
      { type: 'email', host: 'h', from: 'a@x.example', to: ['b@x.example'], secret_env: 'P' },
    ],
    ['user together with', { type: 'email', host: 'h', from: 'a@x.example', to: ['b@x.example'], user: 'u' }],
    [
      'a mail address',
      { type: 'email', host: 'h', from: 'a@x.example\r\nBcc: c@x.example', to: ['b@x.example'] },
    ],
    ['an absolute path', { type: 'file', path: 'alerts.ndjson' }],
    ['at most 7d', { type: 'file', path: '/a', retry_for: '8d' }],
    ['environment variable', { type: 'slack', url_env: 'not a name' }],
    ['a name of its own', { type: 'file', path: '/a' }, { type: 'file', path: '/b' }],
  ])('%s', (message, ...channels) => {
    expect(problemOf(...channels)).toContain(message);
  });
});

test('without the section nobody is told', () => {
  expect(ConfigSchema.parse({}).notify).toEqual({ channels: [] });
});

test('every example of docs/notifications.md is right, and there is one for each type', () => {
  const text = readFileSync(join(PACKAGE_ROOT, 'docs', 'notifications.md'), 'utf8');
  const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => parse(match[1]!));
  const channels: { type: string }[] = examples.flatMap((each) => each.notify?.channels ?? each);
  for (const channel of channels) expect(problemOf(channel)).toBe('');
  const headings = [...text.matchAll(/^### (\w+)$/gm)].map((match) => match[1]!);
  expect(headings.filter((type) => !channels.some((channel) => channel.type === type))).toEqual([]);
  expect(headings).toHaveLength(11);
});
