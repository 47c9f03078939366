import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { z } from 'zod';
import { allowanceEntry } from './allowance.js';
import { parseDuration } from './duration.js';
import { ContentError, parseYaml, yamlPlace } from './front-matter.js';
import { InputsSection } from './inputs-config.js';
import { NotifySection } from './notify-config.js';
import type { ParameterChange } from './parameter-change.js';
import { ServeSection } from './serve-config.js';

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
    netns: z
      .string()
      .regex(/^(?!\.)[A-Za-z0-9._-]{1,64}$/, 'a name under /run/netns')
      .optional()
      .describe('Network namespace the engine runs in, by its name under /run/netns. Default: our own.'),
    state_folder: z
      .string()
      .startsWith('/', 'an absolute path')
      .optional()
      .describe(
        'Folder of ledger and evidence. Default: $XDG_STATE_HOME/stowaway, else ~/.local/state/stowaway.',
      ),
  })
  .describe('What `stowaway respond`, and a running server, may do.');

export type RespondConfig = z.infer<typeof RespondSection>;

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
  inputs: InputsSection.prefault({}),
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
