import { z } from 'zod';
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
    stdin: z.boolean().default(false).describe('Read lines from standard input.'),
  })
  .describe('Where `stowaway serve` takes lines from, beside its HTTP endpoints.');

export type InputsConfig = z.infer<typeof InputsSection>;
