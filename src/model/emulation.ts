import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { ContentError } from './front-matter.js';
import { problemsOf, readPlacedYaml, throwProblems } from './strategy-places.js';
import { SLUG } from './strategy-schema.js';

const text = z.string().trim().min(1);
const name = z.string().regex(SLUG, 'lower case words joined by hyphens');
const port = z.number().int().min(1).max(65_535);

/** Addresses of the destinations: documentation range, in a namespace of their own. */
const address = z.string().regex(/^198\.51\.100\.(1\d)$/, 'an address from 198.51.100.10 to 198.51.100.19');

const service = z.strictObject({
  kind: z.enum([
    'http',
    'https',
    'tcp',
    'udp',
    'dns',
    'ftp',
    'ftps',
    'sftp',
    'git-http',
    'git-ssh',
    'registry',
  ]),
  address,
  port,
  /** Name by which containers know the address. */
  name: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'a host name')
    .optional(),
  /** The server is our own: its access log and notifications are read, too. */
  logged: z.boolean().optional(),
});

/** "volume:/path"; the volume engine-socket is the engine's own socket. */
const volume = z.string().regex(/^[a-z0-9-]+:\/[a-z0-9./-]+$/);

const container = z.strictObject({
  name,
  command: z.array(text).default(['sleep', 'infinity']),
  /** The network of the lab, the node's own, or that of another container, as in a pod. */
  network: z
    .union([z.enum(['workloads', 'host']), z.string().regex(/^container:[a-z0-9-]+$/)])
    .default('workloads'),
  /** A name by which others on its network know it, also when the container is renamed to run beside others. */
  alias: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'a host name')
    .optional(),
  volumes: z.array(volume).default([]),
  labels: z.record(text, z.string()).default({}),
  /** Kernel capabilities beyond the engine's own, such as NET_ADMIN. Each container has a network namespace of the lab. */
  capabilities: z.array(z.enum(['NET_ADMIN'])).optional(),
});

/** A command line for `sh -c`, or an argument list. */
const command = z.union([text, z.array(z.string()).min(1)]);

type StepInput =
  | { exec: string; run: string | string[] }
  | {
      start: string;
      run: string | string[];
      labels?: Record<string, string> | undefined;
      volumes?: string[] | undefined;
      image?: 'replaced' | undefined;
    }
  | { copyOut: string; path: string }
  | { copyIn: string; from: string; path: string }
  | { sleep: number }
  | { together: StepInput[][] }
  | { repeat: number; every: number; jitter?: number | undefined; steps: StepInput[] };

const step: z.ZodType<StepInput> = z.lazy(() =>
  z.union([
    /** Like `docker exec`. Waits for the end. */
    z.strictObject({ exec: name, run: command }),
    /** Like `docker run --rm --name`: a container that ends with its command. `image: replaced` is another image of the same programs. */
    z.strictObject({
      start: name,
      run: command,
      labels: z.record(text, z.string()).optional(),
      volumes: z.array(volume).optional(),
      image: z.literal('replaced').optional(),
    }),
    /** Like `docker cp` out of a container, to the host: through the engine's API. */
    z.strictObject({ copyOut: name, path: text }),
    /** Into a folder of it: what was copied out of another one before. */
    z.strictObject({ copyIn: name, from: name, path: text }),
    /** Several lists of steps side by side. */
    z.strictObject({ together: z.array(z.array(step).min(1)).min(1) }),
    /** Seconds. */
    z.strictObject({ sleep: z.number().positive().max(600) }),
    /** Times; `every` seconds from start to start, moved by up to `jitter` seconds either way. */
    z.strictObject({
      repeat: z.number().int().min(1).max(1000),
      every: z.number().min(0).max(600),
      jitter: z.number().min(0).max(600).optional(),
      steps: z.array(step).min(1),
    }),
  ]),
);

const emulationFile = z.strictObject({
  title: text,
  /**
   * attack, or its benign twin: the same tool, bytes, timing and port, without the trait that makes it an attack.
   * background: ordinary work that others can run in.
   */
  kind: z.enum(['attack', 'twin', 'background']),
  /** Of an attack: the twin that must stay quiet. */
  twin: name.optional(),
  /** Of attacks and twins. */
  technique: z
    .string()
    .regex(/^T\d{4}(\.\d{3})?$/)
    .default(''),
  /** Requirements of the strategy it shows, as in `carries` of the ADS, and the sentence shown. */
  shows: z.strictObject({ requirement: z.array(z.string().regex(/^E\d\.\d+$/)).min(1), sentence: text }),
  does: text,
  /** Of a twin: in what it differs from its attack, and nothing else. */
  differs: text.optional(),
  safety: text,
  services: z.array(service).default([]),
  containers: z.array(container).default([]),
  warmup: z.array(step).default([]),
  detonate: z.array(step).min(1),
  /** The stowaway.yaml of the hunt. */
  config: z.record(text, z.unknown()).optional(),
  expect: z.strictObject({
    /** `analytics`: which must be among its terms, as the recordings tell of it; live, a sensor may be off. */
    findings: z
      .array(z.strictObject({ strategy: text, entity: text, analytics: z.array(text).optional() }))
      .default([]),
    /** Findings a sanction must have hidden, and kept. */
    suppressed: z.array(z.strictObject({ strategy: text, entity: text })).default([]),
  }),
});

export type Service = z.infer<typeof service>;
export type ContainerSpec = z.infer<typeof container>;
export type Step = StepInput;

export interface Emulation extends z.infer<typeof emulationFile> {
  /** Folder name. */
  id: string;
  /** Folder of the strategy it belongs to. */
  strategy: string;
  folder: string;
  /** Emulations that run inside it; only where they were combined. */
  inside?: string[];
}

/**
 * Every emulation under strategies/X/emulations/Y/emulation.yaml.
 *
 * @throws ContentError listing every mistake with file:line:column
 */
export async function readEmulations(strategies: string): Promise<Emulation[]> {
  const found: Emulation[] = [];
  for (const strategy of (await readdir(strategies)).sort())
    found.push(...(await readEmulationsOf(join(strategies, strategy))));
  for (const one of found) checkTwin(one, found);
  return found;
}

/** Those of one strategy's folder. @throws ContentError as above */
export async function readEmulationsOf(strategy: string): Promise<Emulation[]> {
  const parent = join(strategy, 'emulations');
  const ids = (await readdir(parent).catch(() => [])).sort();
  return Promise.all(ids.map((id) => readEmulation(join(parent, id), id, basename(strategy))));
}

/** Folders of what the sensors said in earlier runs, by engine: `recordings/docker`, each with `logs/` and perhaps a stowaway.yaml. */
export async function recordingsOf(
  emulation: Emulation,
): Promise<{ engine: string; folder: string; config: string | null }[]> {
  const parent = join(emulation.folder, 'recordings');
  const engines = (await readdir(parent).catch(() => [])).sort();
  return Promise.all(
    engines.map(async (engine) => {
      const folder = join(parent, engine);
      const names = await readdir(folder);
      return { engine, folder, config: names.includes('stowaway.yaml') ? 'stowaway.yaml' : null };
    }),
  );
}

function checkTwin(one: Emulation, all: readonly Emulation[]): void {
  const file = join(one.folder, 'emulation.yaml');
  if (one.kind === 'twin' && one.differs === undefined)
    throw new ContentError(`${file}:1:1: a twin says in what it differs (differs: …)`);
  if (one.kind !== 'background' && one.technique === '')
    throw new ContentError(`${file}:1:1: an attack or twin names its technique`);
  if (one.kind === 'attack' && !all.some((each) => each.kind === 'twin' && each.id === one.twin))
    throw new ContentError(`${file}:1:1: twin ${one.twin ?? '(none)'} is no emulation of kind twin`);
}

async function readEmulation(folder: string, id: string, strategy: string): Promise<Emulation> {
  const file = join(folder, 'emulation.yaml');
  const yaml = readPlacedYaml(await readFile(file, 'utf8'), file);
  if (yaml.problem) throwProblems([yaml.problem]);
  const read = emulationFile.safeParse(yaml.value);
  if (!read.success) throwProblems(problemsOf(read.error, yaml));
  return { ...read.data!, id, strategy, folder };
}
