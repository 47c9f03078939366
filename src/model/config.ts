import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { z } from 'zod';
import { allowanceEntry } from './allowance.js';
import { parseDuration } from './duration.js';
import { ContentError, parseYaml, yamlPlace } from './front-matter.js';
import { NotifySection } from './notify-config.js';
import type { ParameterChange } from './parameter-change.js';

export const isCidr = (text: string): boolean => {
  const [address, bits, ...more] = text.split('/');
  const family = isIP(address ?? '');
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
};

const Cidr = z.string().refine(isCidr, 'an address or network such as 10.0.0.0/8');

const SanctionEntry = z
  .strictObject({
    destination: z
      .union([z.string(), z.array(z.string()).min(1)])
      .describe(
        'Domain (covers its subdomains), address or network. A domain is what the client claimed (SNI, Host) and can be forged; an address cannot.',
      ),
    workload: z
      .string()
      .default('*')
      .describe('Name of the workload or address it holds for; * and ? are wildcards.'),
    reason: z.string().min(3).describe('Why this is allowed; shown with each suppressed finding.'),
    owner: z.string().min(1).describe('Who answers for it.'),
    expires: z.iso.date().optional().describe('Last day it holds (YYYY-MM-DD); without it, it holds always.'),
  })
  .describe('A destination somebody authorised.');

/** The longest a containment lasts. */
export const MAX_EXPIRY_SECONDS = 7 * 86_400;

const Expiry = z
  .string()
  .refine(
    (text) => (parseDuration(text) ?? Number.POSITIVE_INFINITY) <= MAX_EXPIRY_SECONDS,
    'a duration such as 90s, 30m, 4h or 2d, at most 7d',
  );

const RespondSection = z
  .strictObject({
    protected_workloads: z
      .array(z.string().min(1))
      .default([])
      .describe('Workloads and containers never to be touched; * and ? are wildcards.'),
    protected_images: z
      .array(z.string().min(1))
      .default([])
      .describe('Images whose containers are never to be touched, by name or digest; * and ? are wildcards.'),
    protected_labels: z
      .array(z.string().regex(/^[^=]+(=.*)?$/s, 'a label such as team=payments, or its name alone'))
      .default([])
      .describe('Labels of containers never to be touched, beside stowaway.protected=true, which always is.'),
    max_per_hour: z
      .number()
      .int()
      .min(0)
      .max(1000)
      .default(3)
      .describe('Containments that may begin within one hour; 0 allows none.'),
    expiry: Expiry.default('4h').describe('How long a containment lasts when --expires does not say.'),
    engine_socket: z
      .string()
      .startsWith('/', 'an absolute path')
      .default('/var/run/docker.sock')
      .describe('Socket of Docker, or of Podman’s compatible service.'),
    state_folder: z
      .string()
      .startsWith('/', 'an absolute path')
      .optional()
      .describe(
        'Folder of ledger and evidence. Default: $XDG_STATE_HOME/stowaway, else ~/.local/state/stowaway.',
      ),
  })
  .describe('What `stowaway respond` may do.');

export type RespondConfig = z.infer<typeof RespondSection>;

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

const ServeSection = z
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
    limits: ServeLimits.prefault({}),
  })
  .describe('How `stowaway serve` listens.');

export type ServeConfig = z.infer<typeof ServeSection>;

export const ConfigSchema = z.strictObject({
  inside: z
    .array(Cidr)
    .optional()
    .describe('Networks that are ours. Default: RFC 1918, RFC 6598 and RFC 4193 ranges.'),
  container_cidrs: z.array(Cidr).default([]).describe('Networks whose addresses are containers.'),
  sanctioned: z.array(SanctionEntry).default([]),
  allowances: z.array(allowanceEntry).default([]),
  build_workloads: z
    .array(z.string())
    .default([])
    .describe(
      'Workloads that build and push; * and ? are wildcards. Their pushes to where they pushed a day ago or earlier are suppressed, on their first day all.',
    ),
  intel: z
    .array(z.string())
    .default([])
    .describe(
      'Lists of bad destinations: plain, STIX 2.x bundles, MISP JSON or CSV; paths relative to this file.',
    ),
  parameters: z
    .record(z.string(), z.record(z.string(), z.union([z.number(), z.string()])))
    .default({})
    .describe(
      'Other values for parameters of strategies and for openAt and openAtSingleClass, by id or technique of the strategy; within the stated ranges.',
    )
    .transform(toChanges),
  respond: RespondSection.prefault({}),
  notify: NotifySection.prefault({}),
  serve: ServeSection.prefault({}),
});

function toChanges(stated: Record<string, Record<string, number | string>>): ParameterChange[] {
  return Object.entries(stated).flatMap(([strategy, values]) =>
    Object.entries(values).map(([name, value]) => {
      const where = `parameters.${strategy}.${name}`;
      return { strategy, name, value, where };
    }),
  );
}

export type Config = z.infer<typeof ConfigSchema>;

export const DEFAULT_CONFIG: Config = ConfigSchema.parse({});

/** JSON Schema of stowaway.yaml, for editors. */
export const configJsonSchema = (): object => ({
  title: 'stowaway.yaml',
  ...z.toJSONSchema(ConfigSchema, { io: 'input' }),
});

/**
 * Reads stowaway.yaml.
 *
 * @throws ContentError naming file, line and column of the first mistake.
 */
export async function readConfig(file: string): Promise<Config> {
  const text = await readFile(file, 'utf8');
  const parsed = ConfigSchema.safeParse(text.trim() === '' ? {} : parseYaml(text, file));
  if (parsed.success) return withPlaces(parsed.data, text, file);
  const issue = parsed.error.issues[0]!;
  const unknown = issue.code === 'unrecognized_keys' ? `unknown key ${issue.keys.join(', ')}` : issue.message;
  const place = yamlPlace(
    text,
    issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path,
  );
  throw new ContentError(
    `${file}:${place}: ${issue.path.join('.') || 'stowaway.yaml'}: ${unknown}; \`stowaway config schema\` prints what is allowed`,
  );
}

/** Whether a strategy has such a parameter is known only to who reads the strategies, and who then names the place. */
const withPlaces = (config: Config, text: string, file: string): Config => ({
  ...config,
  parameters: config.parameters.map((change) => ({
    ...change,
    where: `${file}:${yamlPlace(text, ['parameters', change.strategy, change.name])}`,
  })),
});
