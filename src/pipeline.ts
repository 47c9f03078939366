/**
 * The whole of Stowaway on one page, in the order in which an event meets it:
 * ingest (logs become rows) → derive (rows become connections, entities, commands) → detect (analytics ask)
 * → correlate (hits become findings). Read this first.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Hunt } from './ads/test.js';
import { correlate } from './correlate/correlate.js';
import { judgeStates } from './correlate/states.js';
import { judgeTrials } from './correlate/trials.js';
import { describeAssumptions } from './detect/assumptions.js';
import { findBeacons } from './detect/beacons.js';
import { readCommandGrammar } from './detect/commands.js';
import { derive } from './detect/derive.js';
import { readIndicatorList } from './detect/indicators/read-list.js';
import { allowancesOf, type References, readServices } from './detect/references.js';
import { runAnalytics } from './detect/run-analytics.js';
import { compareClocks, describeTimes, findGaps } from './detect/sensor-times.js';
import { examineVisibility } from './detect/visibility.js';
import { takeStandardInput } from './ingest/find-logs.js';
import { type IngestOptions, type IngestResult, ingest } from './ingest/ingest.js';
import { Spool } from './ingest/prepare.js';
import { readSources } from './ingest/sources.js';
import type { Authorisation } from './model/allowance.js';
import { type Config, DEFAULT_CONFIG, readConfig } from './model/config.js';
import type { HuntResult, InputProblem } from './model/hunt-result.js';
import { applyChanges, type ParameterChange } from './model/parameter-change.js';
import { contentFolder, packageVersion } from './model/paths.js';
import type { Source } from './model/source.js';
import { readStrategies } from './model/strategies.js';
import type { Strategy } from './model/strategy.js';
import { remembering } from './store/remember.js';
import { applySchema, emptyTables } from './store/schema.js';
import { openStore, type Store, type StoreLocation } from './store/store.js';

/** What a hunt knows besides its logs. */
export interface ContentFolders {
  /** Folders of strategies beside ours. */
  strategies?: string[];
  /** Folders of sources and mapping files beside ours. */
  sources?: string[];
}

export interface HuntOptions {
  config?: Config;
  /** Folder that relative paths of the config start from. */
  configFolder?: string;
  /** Ids of the strategies that are asked; default: every one. */
  only?: readonly string[];
  /** Logs of a period known to be good: they feed baselines and are never judged. */
  baseline?: string[];
  /** Under consideration: what it would hide is told, nothing is hidden. */
  proposed?: Authorisation;
  /** Other parameters under which the same rows are judged as well, each on top of those of the config. */
  trials?: ParameterChange[][];
  onProgress?: (progress: { files: number; bytes: number; rows: number }) => void;
  shouldStop?: () => boolean;
  /** Called with the open store before it closes: for tests and `query`. */
  inspect?: (store: Store, result: HuntResult) => Promise<void>;
}

/** Hunts through every log under the paths. */
export async function hunt(
  paths: string[],
  options: HuntOptions & ContentFolders & { store?: StoreLocation } = {},
): Promise<HuntResult> {
  await using hunts = new Hunts(options, options.store);
  return await hunts.hunt(paths, options);
}

/**
 * Hunts one after another, each for itself. Sources and strategies are read once, and the tables of one hunt are emptied for the next:
 * making them takes longer than a hunt through a small log.
 */
export class Hunts implements AsyncDisposable {
  readonly #folders: ContentFolders;
  readonly #location: StoreLocation | null;
  #defined: Promise<Defined> | null = null;
  #store: Store | null = null;
  /** Of the store, where it is ours. */
  #folder: string | null = null;

  /** `location` is where rows are kept; default: a temporary folder that goes with this. */
  constructor(folders: ContentFolders = {}, location: StoreLocation | null = null) {
    this.#folders = folders;
    this.#location = location;
  }

  /** The one before must have ended. Rows at a location of the caller's stay there. */
  async hunt(paths: string[], options: HuntOptions = {}): Promise<HuntResult> {
    const startedAt = new Date();
    // Before there is a store: what is wrong with the content must not leave one half made.
    this.#defined ??= readDefined(this.#folders);
    const content = await applyOptions(await this.#defined, options);
    const scratch = await mkdtemp(join(tmpdir(), 'stowaway-'));
    try {
      // Before the engine is there: it would take it for its own.
      const given = await takeStandardInput(paths, scratch);
      const [spool, store] = await Promise.all([Spool.in(join(scratch, 'spool')), this.#emptyStore()]);
      const result = await huntIn(store, content, spool, paths, { ...options, startedAt }, given);
      await options.inspect?.(store, result);
      return result;
    } catch (cause) {
      // Whatever state it left its tables in, the next one does not get them.
      await this[Symbol.asyncDispose]();
      throw cause;
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  /** As a scenario asks: with its config, its baseline, its lists. */
  readonly huntScenario: Hunt = async (
    paths,
    { config, containerCidrs, intel, parameters = [], ...options },
  ) => {
    const read = config === null ? DEFAULT_CONFIG : await readConfig(config);
    return this.hunt(paths, {
      ...options,
      config: {
        ...read,
        parameters: [...read.parameters, ...parameters],
        container_cidrs: [...read.container_cidrs, ...containerCidrs],
        intel: [...read.intel, ...intel],
      },
      configFolder: config === null ? '.' : dirname(config),
    });
  };

  async #emptyStore(): Promise<Store> {
    if (this.#store && this.#folder) {
      await emptyTables(this.#store);
      return this.#store;
    }
    this.#folder = this.#location ? null : await mkdtemp(join(tmpdir(), 'stowaway-'));
    this.#store ??= await openStore(this.#location ?? { path: join(this.#folder!, 'store') });
    await applySchema(this.#store, contentFolder('schema'));
    return this.#store;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store?.close();
    this.#store = null;
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = null;
  }
}

/** Sources and strategies as their files state them. */
interface Defined {
  sources: Source[];
  strategies: Strategy[];
}

async function readDefined({ sources = [], strategies = [] }: ContentFolders): Promise<Defined> {
  const [ours, theirs] = await Promise.all([
    readSources(contentFolder('sources'), ...sources),
    readStrategies(contentFolder('strategies'), ...strategies),
  ]);
  return { sources: ours, strategies: theirs };
}

export interface Content {
  config: Config;
  sources: Source[];
  strategies: Strategy[];
  /** The same strategies under the parameters of each trial. */
  trials: Strategy[][];
  references: References;
  /** What of the user's lists could not be used. */
  problems: InputProblem[];
}

type ContentOptions = Pick<HuntOptions, 'config' | 'configFolder' | 'only' | 'trials'>;

/** Sources, strategies and lists, as the options state them. */
export const readContent = async (options: ContentOptions & ContentFolders): Promise<Content> =>
  applyOptions(await readDefined(options), options);

async function applyOptions({ sources, strategies }: Defined, options: ContentOptions): Promise<Content> {
  const config = options.config ?? DEFAULT_CONFIG;
  const read = await readReferences(config, options.configFolder ?? '.');
  const asked = (all: Strategy[]) => all.filter(({ id }) => options.only?.includes(id) ?? true);
  const changed = applyChanges(strategies, config.parameters);
  const trials = (options.trials ?? []).map((changes) => asked(applyChanges(changed, changes)));
  return { config, sources, strategies: asked(changed), trials, ...read };
}

async function huntIn(
  store: Store,
  { config, sources, strategies, trials, references, problems }: Content,
  spool: Spool,
  paths: string[],
  options: HuntOptions & { startedAt: Date },
  given: Pick<IngestOptions, 'paths' | 'found'>,
): Promise<HuntResult> {
  const common = {
    sources,
    spool,
    ...(options.onProgress && { onProgress: options.onProgress }),
    ...(options.shouldStop && { shouldStop: options.shouldStop }),
  };
  const baseline: IngestResult | null = options.baseline?.length
    ? await ingest(store, { ...common, paths: options.baseline, isBaseline: true })
    : null;
  const read = await ingest(store, { ...common, ...given, whileLoading: readCommandGrammar });

  const zones = { inside: config.inside ?? null, containerCidrs: config.container_cidrs };
  const derived = await derive(store, zones, references);
  const visibility = await examineVisibility(store, strategies, sources);
  const reader = trials.length > 0 ? remembering(store) : store;
  const run = await runAnalytics(reader, strategies, visibility);
  const now = { allowances: references.allowances, buildWorkloads: config.build_workloads };
  const [{ findings, details, proposed }, deadLetters, assumptions, beacons, skews, gaps] = await Promise.all(
    [
      correlate(reader, run.hits, strategies, { now, proposed: options.proposed ?? null }),
      readDeadLetters(store),
      describeAssumptions(store, config, derived, baseline?.inputs ?? []),
      findBeacons(store),
      compareClocks(store),
      findGaps(store),
    ],
  );
  const times = describeTimes(skews, gaps);

  const isPartial = options.shouldStop?.() ?? false;
  return {
    report: {
      version: 1,
      inputs: read.inputs,
      strategies: judgeStates(strategies, visibility, run.failures, findings),
      findings,
      suppressed: findings.filter((finding) => finding.status === 'suppressed').length,
      ...(isPartial && { partial: true as const }),
    },
    details,
    assumptions: [...assumptions, ...times.assumptions],
    problems: [
      ...times.problems,
      ...problems,
      ...(baseline?.problems ?? []),
      ...read.problems,
      ...[...(baseline?.mismatches ?? []), ...read.mismatches].map((what) => ({
        where: 'accounting',
        what,
        advice: 'a defect of Stowaway: please report it',
        level: 'error' as const,
      })),
    ],
    mismatches: [...(baseline?.mismatches ?? []), ...read.mismatches],
    failures: run.failures,
    deadLetters,
    clocks: derived.clocks.map(({ source, offset_seconds, error_seconds, matches }) => ({
      source,
      offset_seconds,
      error_seconds,
      matches,
    })),
    partial: isPartial,
    beacons,
    proposed,
    trials: await judgeTrials(reader, trials, { now: strategies, visibility, authorised: now }),
    paths,
    startedAt: options.startedAt.toISOString(),
    elapsedSeconds: (Date.now() - options.startedAt.getTime()) / 1000,
    version: await packageVersion(),
  };
}

const SERVICE_LISTS = ['exfil-services.yaml', 'code-hosts.yaml'];

async function readReferences(
  config: Config,
  folder: string,
): Promise<{ references: References; problems: InputProblem[] }> {
  const [lists, services] = await Promise.all([
    Promise.all(config.intel.map((path) => readIndicatorList(resolve(folder, path), path))),
    Promise.all(SERVICE_LISTS.map((name) => readServices(join(contentFolder('intel'), name)))),
  ]);
  return {
    references: {
      allowances: allowancesOf(config),
      indicators: lists.flatMap((list) => list.indicators),
      services: services.flat(),
    },
    problems: lists.flatMap((list) => list.problems),
  };
}

async function readDeadLetters(store: Store): Promise<HuntResult['deadLetters']> {
  const total = (await store.rows<{ n: number }>('SELECT count() AS n FROM dead_letter'))[0]!.n;
  const sample = await store.rows<{ file: string; line: number; reason: string; source: string }>(
    'SELECT file, line, reason, source FROM dead_letter ORDER BY load_id, line LIMIT 3 BY load_id, reason LIMIT 50',
  );
  return { total, sample };
}

export const configFolderOf = (file: string): string => dirname(resolve(file));
