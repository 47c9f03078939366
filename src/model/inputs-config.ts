import { z } from 'zod';
import { hasWholeCertificate, kafkaConnection, TopicName, WHOLE_CERTIFICATE } from './kafka-config.js';
import { parseListenAddress } from './network-address.js';

const ListenAddress = z
  .string()
  .refine((text) => parseListenAddress(text) !== null, 'an address and a port such as 127.0.0.1:5514');

const TailEntry = z.union([
  z.string().min(1),
  z.strictObject({
    path: z
      .string()
      .min(1)
      .describe(
        'File, folder with all below it, or pattern such as /var/log/zeek/*.log; relative to this file.',
      ),
    source: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Id of the source its lines are of, as `stowaway sources list` names them; without it, their content tells.',
      ),
  }),
]);

const HostSection = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Watch this host.'),
    engine_socket: z
      .string()
      .startsWith('/', 'an absolute path')
      .optional()
      .describe(
        'Socket of Docker, or of Podman’s compatible service. Default: the first of the usual two that is there.',
      ),
    accounting: z
      .boolean()
      .default(true)
      .describe(
        'Switch on the kernel’s byte counters of connections while it runs, and put them back at the end; without them volumes cannot be judged from this host alone.',
      ),
  })
  .describe('What may be watched of this host.');

const TopicEntry = z.union([
  TopicName,
  z.strictObject({
    topic: TopicName.describe('Its name.'),
    source: z
      .string()
      .min(1)
      .optional()
      .describe('Id of the source its messages are of; without it, their content tells.'),
  }),
]);

const KafkaEntry = z
  .strictObject({
    ...kafkaConnection,
    topics: z
      .array(TopicEntry)
      .min(1)
      .max(1000)
      .transform((entries) =>
        entries.map((entry) =>
          typeof entry === 'string'
            ? { topic: entry, source: null }
            : { topic: entry.topic, source: entry.source ?? null },
        ),
      )
      .describe('Topics to read: names, or objects of topic and source.'),
    group: z
      .string()
      .min(1)
      .max(255)
      .default('stowaway')
      .describe('Consumer group. Servers of the same group share the partitions of their topics.'),
    start: z
      .enum(['earliest', 'latest'])
      .default('earliest')
      .describe('Where to begin in a partition of which the group has read nothing yet.'),
  })
  .refine(hasWholeCertificate, WHOLE_CERTIFICATE)
  .refine(
    ({ topics }) => new Set(topics.map(({ topic }) => topic)).size === topics.length,
    'each topic once',
  );

/** Members of a group must read the same topics, or some partitions are nobody's. */
const haveOwnGroups = (entries: { brokers: string[]; group: string }[]): boolean =>
  new Set(entries.map(({ brokers, group }) => JSON.stringify([group, ...[...brokers].sort()]))).size ===
  entries.length;

export const InputsSection = z
  .strictObject({
    host: z
      .union([z.boolean(), HostSection])
      .default(true)
      .transform((host) => (typeof host === 'boolean' ? HostSection.parse({ enabled: host }) : host))
      .describe(
        'Watch this host: its container engine, connections, and commands and files of containers, each as far as it can be.',
      ),
    tail: z
      .array(TailEntry)
      .default([])
      .transform((entries) =>
        entries.map((entry) =>
          typeof entry === 'string'
            ? { path: entry, source: null }
            : { path: entry.path, source: entry.source ?? null },
        ),
      )
      .describe(
        'Files to follow, each from where it was left or from its beginning, also when it is rotated: paths, or objects of path and source.',
      ),
    syslog: z
      .strictObject({
        udp: ListenAddress.optional().describe(
          'Where to listen for datagrams. UDP loses what comes too fast; prefer TCP.',
        ),
        tcp: ListenAddress.optional().describe('Where to listen for connections.'),
      })
      .prefault({})
      .describe(
        'Addresses to receive syslog on, such as 127.0.0.1:5514. Whoever reaches them can write any line: keep them on this host or a network of sensors.',
      ),
    kafka: z
      .array(KafkaEntry)
      .max(50)
      .default([])
      .refine(haveOwnGroups, 'entries with the same brokers need a group each, or be one entry')
      .describe('Topics of Kafka to read; offsets are committed when the lines are on disk.'),
    stdin: z.boolean().default(false).describe('Read lines from standard input.'),
  })
  .describe('Where `stowaway serve` takes lines from, beside its HTTP endpoints.');

export type KafkaInputConfig = z.infer<typeof KafkaEntry>;

export type InputsConfig = z.infer<typeof InputsSection>;
