import { z } from 'zod';

const MIB = 1024 * 1024;
const whole = (least: number, most: number) => z.number().int().min(least).max(most);
const absolutePath = z.string().startsWith('/', 'an absolute path');

const ServeLimits = z
  .strictObject({
    body_bytes: whole(1024, 1024 * MIB)
      .default(16 * MIB)
      .describe('Largest body of a request, as it is sent.'),
    decompressed_bytes: whole(1024, 1024 * MIB)
      .default(32 * MIB)
      .describe('Largest body when it is decompressed.'),
    memory_bytes: whole(1024, 64 * 1024 * MIB)
      .default(256 * MIB)
      .describe('All bodies that are held at one time; what comes on top is asked to come again.'),
    concurrent_ingest: whole(1, 10_000)
      .default(32)
      .describe('Requests with logs at one time; one token has at most half of them.'),
    requests_per_second: whole(1, 1_000_000)
      .default(500)
      .describe('Requests of one token; twice as many may come at once.'),
    header_timeout_seconds: whole(1, 600)
      .default(10)
      .describe('How long a client may take to send its headers.'),
    request_timeout_seconds: whole(1, 3600)
      .default(60)
      .describe('How long a client may take to send a whole request.'),
    connections: whole(1, 1_000_000).default(1024).describe('Connections at one time.'),
    streams: whole(0, 100_000).default(64).describe('Clients that follow the stream of events at one time.'),
  })
  .refine(
    ({ body_bytes, decompressed_bytes, memory_bytes }) => body_bytes + decompressed_bytes <= memory_bytes,
    {
      message:
        'must be at least body_bytes and decompressed_bytes together, or the largest body never gets in',
      path: ['memory_bytes'],
    },
  )
  .describe('How much is taken at once, and from one.');

export const ServeSection = z
  .strictObject({
    listen: z
      .string()
      .regex(/^(\[[^\]]+\]|[^:[\]]+):\d{1,5}$/, 'host:port, such as 127.0.0.1:8470 or [::1]:8470')
      .default('127.0.0.1:8470')
      .describe('Where to listen. Elsewhere than on a loopback address it takes tls, or insecure.'),
    tls: z
      .strictObject({
        cert: absolutePath.describe('File with the certificate and those above it, PEM.'),
        key: absolutePath.describe('File with its key, PEM; readable for this account only.'),
      })
      .optional()
      .describe('Certificate by which clients know the server.'),
    insecure: z
      .boolean()
      .default(false)
      .describe('Listen in the clear where other machines reach it: only behind something that does TLS.'),
    metrics: z
      .enum(['token', 'open'])
      .default('token')
      .describe('Whether /metrics takes a token of role viewer, or none.'),
    state_folder: absolutePath
      .optional()
      .describe(
        'Folder of tokens, audit log, journal and alerts. Default: $XDG_STATE_HOME/stowaway/serve, else ~/.local/state/stowaway/serve.',
      ),
    tick_seconds: z
      .number()
      .min(0.2)
      .max(3600)
      .default(5)
      .describe('How often what came is loaded and judged.'),
    keep_days: z
      .strictObject({
        events: whole(1, 3650).default(30).describe('Events, as they were read.'),
        connections: whole(1, 3650).default(7).describe('Connections, joined and attributed.'),
        roll_ups: whole(1, 3650)
          .default(400)
          .describe('Sums by the hour, by which it is told what is usual.'),
      })
      .prefault({})
      .describe('Days that rows are kept; findings are kept for good.'),
    journal_bytes: whole(MIB, 1024 * 1024 * MIB)
      .default(1024 * MIB)
      .describe('What may wait on disk to be loaded; beyond it, senders are asked to come again.'),
    responses: z
      .enum(['off', 'plan', 'apply'])
      .default('plan')
      .describe(
        'What the API and the console may do with responses: nothing; plan and approve, so that `stowaway respond apply` on this host carries it out; or all of it. Who may is the role of a token.',
      ),
    cluster: z
      .strictObject({
        name: z
          .string()
          .regex(/^[\w.-]+$/, 'a name of letters, digits, ., _ and -')
          .describe('Name of the cluster in `remote_servers` of the servers.'),
        nodes: z
          .array(z.url({ protocol: /^https?$/ }))
          .default([])
          .describe(
            'URLs of its nodes beside that of --url, which is a node of the first shard. User and password are those of --url.',
          ),
        replicated: z
          .boolean()
          .default(false)
          .describe(
            'Make replicated tables: takes a Keeper, and the macros `shard` and `replica` on each node.',
          ),
      })
      .optional()
      .describe('The ClickHouse cluster that several processes of `stowaway serve` share.'),
    emulations: z
      .enum(['off', 'on'])
      .default('off')
      .describe(
        'Whether the API and the console may start emulations (docs/emulate.md) on this host: attacks in containers of a lab without a way out, which takes root. Who may is the role of a token.',
      ),
    limits: ServeLimits.prefault({}),
  })
  .describe('How `stowaway serve` listens.');

export type ServeConfig = z.infer<typeof ServeSection>;
