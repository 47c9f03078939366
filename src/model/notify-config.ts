import { z } from 'zod';
import { parseDuration } from './duration.js';
import { hasWholeCertificate, kafkaConnection, TopicName, WHOLE_CERTIFICATE } from './kafka-config.js';

/** Well below the 30 days after which the outbox forgets. */
const MAX_RETRY_SECONDS = 7 * 86_400;

const file = z.string().startsWith('/', 'an absolute path');
const globs = z.array(z.string().min(1)).min(1).default(['*']);
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');
const host = z.string().regex(/^[A-Za-z0-9._:-]{1,253}$/, 'a host name or an address');
const address = z.email('a mail address');
const httpUrl = z
  .url({ protocol: /^https?$/, error: 'an http or https URL' })
  .refine((text) => !/^https?:\/\/[^/?#]*@/i.test(text), 'a URL without user and password');

/** Keys of every channel. */
const common = (perMinute: number) => ({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'lower-case letters, digits, _ and -, at most 40')
    .describe('What the outbox calls the channel. A renamed channel is a new one.'),
  minimum_severity: z
    .enum(['critical', 'high', 'medium', 'low', 'informational'])
    .default('medium')
    .describe('Alerts below it are not told here.'),
  strategies: globs.describe('Strategies whose alerts are told, by id or technique; * and ? are wildcards.'),
  workloads: globs.describe('Names of the entities whose alerts are told; * and ? are wildcards.'),
  states: z
    .boolean()
    .default(false)
    .describe('Also tell when a strategy goes blind or degraded, and when it is back.'),
  per_minute: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(perMinute)
    .describe(
      'Messages a minute. What is beyond goes out as one digest, or waits where a receiver knows none.',
    ),
  retry_for: z
    .string()
    .refine(
      (text) => (parseDuration(text) ?? Number.POSITIVE_INFINITY) <= MAX_RETRY_SECONDS,
      'a duration such as 30m, 24h or 7d, at most 7d',
    )
    .default('24h')
    .describe('How long a message is tried before it counts as failed.'),
});

const secret = (what: string) => ({
  secret_file: file.optional().describe(`File that holds ${what}.`),
  secret_env: variable.optional().describe(`Environment variable that holds ${what}.`),
});

const token = {
  token_file: file.optional().describe('File that holds the token for the Authorization header.'),
  token_env: variable.optional().describe('Environment variable that holds that token.'),
};

const reach = {
  allow_private: z
    .boolean()
    .default(false)
    .describe('The receiver may have a private address, or a name that leads to loopback.'),
  insecure: z.boolean().default(false).describe('Plain http is meant, not only on loopback.'),
  ca_file: file.optional().describe('Certificates of the authority that signed the receiver’s, in PEM.'),
};

const plainUrl = { url: httpUrl.describe('Where to send to.') };
const secretUrl = {
  url_file: file.optional().describe('File that holds the URL, which is a secret.'),
  url_env: variable.optional().describe('Environment variable that holds the URL.'),
};

const isOne = (...values: unknown[]): boolean => values.filter((value) => value !== undefined).length === 1;
const isAtMostOne = (...values: unknown[]): boolean =>
  values.every((value) => value === undefined) || isOne(...values);

const oneUrl = (channel: { url_file?: unknown; url_env?: unknown }) =>
  isOne(channel.url_file, channel.url_env);
const ONE_URL = 'state url_file or url_env, one of them';
const oneSecret = (channel: { secret_file?: unknown; secret_env?: unknown }) =>
  isOne(channel.secret_file, channel.secret_env);
const ONE_SECRET = 'state secret_file or secret_env, one of them';
const notBoth = (channel: Record<string, unknown>) =>
  isAtMostOne(channel.secret_file, channel.secret_env) && isAtMostOne(channel.token_file, channel.token_env);
const NOT_BOTH = 'state a file or an environment variable, not both';

const format = z
  .enum(['alert', 'ocsf', 'ecs'])
  .describe('alert: our own; ocsf: Detection Finding 1.8.0; ecs: Elastic Common Schema.');

const Webhook = z
  .strictObject({
    type: z.literal('webhook'),
    ...common(60),
    ...plainUrl,
    ...secret('the key of the HMAC signature'),
    ...token,
    ...reach,
  })
  .refine(notBoth, NOT_BOTH);

const Slack = z
  .strictObject({ type: z.literal('slack'), ...common(20), ...secretUrl, ...reach })
  .refine(oneUrl, ONE_URL);

const Teams = z
  .strictObject({ type: z.literal('teams'), ...common(20), ...secretUrl, ...reach })
  .refine(oneUrl, ONE_URL);

const PagerDuty = z
  .strictObject({
    type: z.literal('pagerduty'),
    ...common(60),
    url: httpUrl
      .default('https://events.pagerduty.com/v2/enqueue')
      .describe('Where to send to; https://events.eu.pagerduty.com/v2/enqueue in the EU.'),
    ...secret('the integration key'),
    ...reach,
  })
  .refine(oneSecret, ONE_SECRET);

const Alertmanager = z
  .strictObject({
    type: z.literal('alertmanager'),
    ...common(60),
    url: httpUrl.describe('Its root, such as https://alertmanager.example:9093; /api/v2/alerts is added.'),
    labels: z
      .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label name'), z.string().min(1).max(200))
      .default({})
      .describe('Labels beside ours, for routing; at most 10.')
      .refine((labels) => Object.keys(labels).length <= 10, 'at most 10 labels'),
    ...token,
    ...reach,
  })
  .refine(notBoth, NOT_BOTH);

const Falcosidekick = z
  .strictObject({ type: z.literal('falcosidekick'), ...common(60), ...plainUrl, ...token, ...reach })
  .refine(notBoth, NOT_BOTH);

const Syslog = z.strictObject({
  type: z.literal('syslog'),
  ...common(600),
  host: host.describe('Name or address of the receiver.'),
  port: z.number().int().min(1).max(65_535).default(514).describe('Its port; 6514 is usual for tls.'),
  protocol: z
    .enum(['udp', 'tcp', 'tls'])
    .default('tcp')
    .describe('udp is never acknowledged: what is lost is lost.'),
  framing: z
    .enum(['count', 'newline'])
    .default('count')
    .describe('How messages are told apart on tcp and tls: by a length in front (RFC 6587), or by line.'),
  facility: z
    .number()
    .int()
    .min(0)
    .max(23)
    .default(13)
    .describe('RFC 5424; 13 is log audit, 16 to 23 are local.'),
  ca_file: reach.ca_file,
});

const Email = z
  .strictObject({
    type: z.literal('email'),
    ...common(10),
    host: host.describe('The SMTP server.'),
    port: z.number().int().min(1).max(65_535).default(587).describe('Its port.'),
    security: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe(
        'starttls: nothing is sent before TLS is up. tls: from the first byte, usual on 465. none: plain.',
      ),
    user: z.string().min(1).optional().describe('Whom to log in as; without it, nobody.'),
    ...secret('the password'),
    from: address.describe('Sender.'),
    to: z.array(address).min(1).max(20).describe('Recipients.'),
    ca_file: reach.ca_file,
  })
  .refine((channel) => (channel.user === undefined) === !oneSecret(channel) && notBoth(channel), {
    error: 'state user together with secret_file or secret_env',
  });

const AppendFile = z.strictObject({
  type: z.literal('file'),
  ...common(6000),
  path: file.describe('Appended, one JSON object a line, readable by its owner only.'),
  format: format.default('alert'),
  max_megabytes: z
    .number()
    .min(1)
    .max(100_000)
    .default(100)
    .describe('Size at which the file becomes path.1.'),
  keep: z.number().int().min(1).max(100).default(5).describe('How many older files stay.'),
});

const Export = z
  .strictObject({
    type: z.literal('export'),
    ...common(600),
    url: httpUrl.describe(
      'Where to post each alert; {id} in it becomes the message’s id, such as https://lake.example:9200/alerts/_create/{id}.',
    ),
    format: format.default('ocsf'),
    authorization: z
      .enum(['Bearer', 'ApiKey', 'Splunk', 'Basic'])
      .default('Bearer')
      .describe('Word before the token.'),
    ...token,
    ...reach,
  })
  .refine(notBoth, NOT_BOTH);

const Kafka = z
  .strictObject({
    type: z.literal('kafka'),
    ...common(600),
    topic: TopicName.describe('Where each alert goes to; it must be there.'),
    format: format.default('ocsf'),
    ...kafkaConnection,
  })
  .refine(hasWholeCertificate, WHOLE_CERTIFICATE);

const ChannelEntry = z.discriminatedUnion('type', [
  Webhook,
  Slack,
  Teams,
  PagerDuty,
  Alertmanager,
  Falcosidekick,
  Syslog,
  Email,
  AppendFile,
  Export,
  Kafka,
]);

export const NotifySection = z
  .strictObject({
    channels: z
      .array(ChannelEntry)
      .max(50)
      .default([])
      .refine(
        (all) => new Set(all.map(({ name }) => name)).size === all.length,
        'each channel needs a name of its own',
      )
      .describe('Who is told of alerts, and how; the keys of each type are in docs/notifications.md.'),
  })
  .describe('Whom `stowaway serve` tells.');

export type ChannelConfig = z.infer<typeof ChannelEntry>;

/** The configuration of one type of channel. */
export type ConfigOf<T extends ChannelConfig['type']> = Extract<ChannelConfig, { type: T }>;
