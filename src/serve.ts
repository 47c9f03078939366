/**
 * The whole of `stowaway serve` on one page, in the order in which an event meets it: inputs and endpoints hand lines to the
 * journal, the detector loads and judges what waits there, and what becomes of findings is told. Detection is the pipeline's
 * (src/pipeline.ts), tick by tick.
 */
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Inputs, InputsError, startInputs } from './collect/collect.js';
import { FolderInUseError } from './collect/folder-lock.js';
import { InputTroubles } from './collect/input-troubles.js';
import { openJournal } from './collect/journal.js';
import { type Replay, startReplay } from './collect/replay.js';
import { stateChanges } from './collect/state-changes.js';
import { type BackupRequest, backUp } from './live/backup.js';
import { openControl } from './live/control.js';
import { openLiveStore } from './live/open-store.js';
import { LiveTestAttacks } from './live/test-attacks.js';
import type { Config } from './model/config.js';
import { readEmulations } from './model/emulation.js';
import { InputsSection } from './model/inputs-config.js';
import type { Journal, LiveStatus } from './model/live.js';
import { contentFolder, PACKAGE_ROOT } from './model/paths.js';
import { readContent } from './pipeline.js';
import { resolveAll } from './remote/lookups.js';
import { openAuditLog } from './server/audit-log.js';
import { readCatalogue } from './server/catalogue.js';
import { readConsole } from './server/console.js';
import { limitsOf } from './server/limits.js';
import type { Logger } from './server/log.js';
import { answersAboutTokens, manageTokens } from './server/manage-tokens.js';
import { messageLines } from './server/message-lines.js';
import { openResponder, tellRecovery } from './server/open-responder.js';
import { ListenError, type LocalWay, startServer } from './server/server.js';
import { SourceNames, tellSource } from './server/source-names.js';
import { openTokens, TokenError } from './server/tokens.js';
import { checkTables } from './store/backup.js';
import type { StoreLocation } from './store/store.js';
import type { Round, Work } from './work/work.js';
import { workAlone } from './work/work-alone.js';
import { type Role, type SharedParts, WorkShared } from './work/work-shared.js';

export interface ServeOptions {
  config: Config;
  /** Folder that relative paths of the config start from. */
  configFolder: string;
  /** Folder of everything that outlives the process. */
  stateFolder: string;
  /** Folder of ledger and evidence, which `stowaway respond` on this host uses, too. Without it, responses are off. */
  respondFolder?: string;
  /** Default: the embedded engine, in the state folder. */
  store?: StoreLocation;
  sources?: string[];
  strategies?: string[];
  /** What this process does where several share a store; default: all. */
  role?: Role;
  /** Folder of recordings that are played as if they happened now: for looking around. */
  replay?: string;
  /** Values of environment variables that the config names for secrets. */
  environment: (name: string) => string | undefined;
  log: Logger;
}

/** A role that a process without others has not. */
class RoleError extends Error {
  override name = 'RoleError';
}

/** What keeps a server from starting and is for its user to mend; the message says how. */
export const CannotServe = [
  { kind: ListenError, code: 'error' },
  { kind: FolderInUseError, code: 'error' },
  { kind: TokenError, code: 'error' },
  { kind: InputsError, code: 'invalidContent' },
  { kind: RoleError, code: 'invalidContent' },
] as const;

export interface Serving {
  url: string;
  /** How commands on this host reach it. */
  local: LocalWay;
  /** Secret of the first token, made where there was none; it is told once. */
  firstToken: string | null;
  /** Secret of a token of role engineer for commands on this host; the one of the start before is revoked. */
  localToken: string;
  status(): LiveStatus;
  inputs(): ReturnType<Inputs['status']>;
  /** Takes no more, judges what was taken, and closes everything. May be called again. */
  stop(): Promise<void>;
}

/** Holder of the token that commands on this host use. Who can read it can write the state folder, and so has more than its role. */
const LOCAL = 'local command line';

const NO_INPUTS = InputsSection.parse({ host: false });

/** How long a stop waits for receivers. */
const LAST_WORD_MS = 10_000;

/** Starts everything. What cannot be (a folder in use, an address that is taken) is thrown, and what was started until then ends. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const opened = new Opened();
  try {
    return await start(options, opened);
  } catch (error) {
    await opened.close(options.log);
    throw error;
  }
}

async function start(options: ServeOptions, opened: Opened): Promise<Serving> {
  const { config, stateFolder, log } = options;
  const content = await readContent(options);
  for (const { where, what, advice } of content.problems) log.warn({ where, what, advice }, 'content');

  const { listen, tls, insecure, metrics, journal_bytes: maxBytes } = config.serve;
  const journal = opened.add(await openJournal(join(stateFolder, 'journal'), { maxBytes }));
  const store = opened.add(
    await openLiveStore(options.store ?? { path: join(stateFolder, 'store') }, config.serve.keep_days),
  );
  let started: Inputs | null = null;
  const troubles = await InputTroubles.keptIn(
    join(stateFolder, 'inputs', 'sensors-that-looked.txt'),
    () => started?.status() ?? [],
  );
  const work = await workOf({
    store,
    journal,
    content,
    config,
    stateFolder,
    missing: () => troubles.lasting(),
    environment: options.environment,
    onProblem: ({ where, what, advice, level }) =>
      log[level === 'note' ? 'debug' : 'warn']({ where, what, advice }, 'reading'),
    log,
    role: options.role ?? 'all',
  });

  const { tokens, first } = await openTokens(stateFolder);
  for (const { id, holder } of tokens.list()) if (holder === LOCAL) await tokens.revoke(id);
  const local = await tokens.create({ holder: LOCAL, role: 'engineer' });
  const audit = await openAuditLog(stateFolder);
  const names = new SourceNames(
    content.sources.map(({ id }) => id),
    tellSource(content.sources),
  );
  const responder = opened.add(
    openResponder({ folder: options.respondFolder ?? null, strategies: options.strategies ?? [] }, config),
  );
  const testAttacks = opened.add(
    new LiveTestAttacks({
      mode: options.replay === undefined ? config.serve.emulations : 'off',
      folder: join(stateFolder, 'test-attack'),
      emulations: await readEmulations(contentFolder('strategies')),
      ...{ journal, findings: work.answers.findings, status: () => work.status() },
    }),
  );
  const server = await startServer({
    listen,
    ...(tls && { tls: { certFile: tls.cert, keyFile: tls.key } }),
    insecure,
    journal,
    ...work.answers,
    catalogue: await readCatalogue(content.sources, options.strategies),
    status: () => work.status(),
    away: () => work.away(),
    takesNoLogs: work.takesNoLogs,
    inputs: () => started?.status() ?? [],
    tokens,
    audit,
    responder,
    testAttacks,
    limits: limitsOf(config.serve),
    metrics,
    console: await readConsole(join(PACKAGE_ROOT, 'dist', 'console')),
    isDemo: options.replay !== undefined,
    names,
    log,
  });
  const inputs = await startInputs(work.takesNoLogs === null ? config.inputs : NO_INPUTS, journal, {
    stateFolder: join(stateFolder, 'inputs'),
    configFolder: options.configFolder,
    sources: content.sources,
    kafka: {
      lookups: { environment: options.environment, resolve: resolveAll },
      recordsOf: messageLines,
    },
  }).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  started = inputs;
  const changed = stateChanges(() => inputs.status());
  const tellInputs = (asOf: 'start' | 'tick') => {
    for (const { name, state, reason } of changed()) {
      const isTrouble = state === 'failed' || (state === 'waiting' && asOf === 'tick');
      log[isTrouble ? 'warn' : 'info']({ input: name, state, reason }, 'input');
    }
  };
  tellInputs('start');

  responder.follow(tellRecovery(audit, log));
  const control = await openControl(stateFolder, {
    backup: (request) => work.between(() => backUp(store, stateFolder, request as BackupRequest)),
    check: () => work.between(() => checkTables(store)),
    ...answersAboutTokens(manageTokens(tokens, audit, names)),
  }).catch((error: unknown) => {
    log.warn({ error: String(error) }, 'commands on this host cannot ask for backups');
    return null;
  });

  const replay = options.replay === undefined ? null : replayOf(journal, options.replay, log);
  const ending = new AbortController();
  const lookAtInputs: Round = {
    everySeconds: config.serve.tick_seconds,
    async run() {
      tellInputs('tick');
      await troubles
        .look()
        .catch((error: unknown) => log.warn({ error: String(error) }, 'sensors that looked are not kept'));
      return false;
    },
  };
  const rounds = [...work.rounds, lookAtInputs];
  const running = Promise.all(rounds.map((round) => runRounds(round, ending.signal)));
  let stopped: Promise<void> | null = null;
  const stop = async () => {
    await Promise.allSettled([
      ...[replay?.stop(), inputs.stop(), server.close(), control?.close(), testAttacks.close()],
    ]);
    ending.abort();
    await running;
    const { sent } = await work.finish();
    // What a receiver does not take until then waits for the next start.
    await Promise.race([sent, sleep(LAST_WORD_MS, undefined, { ref: false })]);
    await opened.close(log);
  };
  return {
    url: server.url,
    local: server.local,
    firstToken: first,
    localToken: local.secret,
    status: () => work.status(),
    inputs: () => inputs.status(),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Who shares a store has a part in it; who does not does everything. */
async function workOf(parts: Omit<SharedParts, 'name'>): Promise<Work> {
  const { store, role, stateFolder } = parts;
  if (store.shards !== null)
    return new WorkShared({ ...parts, name: `${hostname()} ${resolve(stateFolder)}` });
  if (role === 'all') return workAlone(parts);
  throw new RoleError(
    `--role ${role} takes a ClickHouse cluster that several processes share: set serve.cluster`,
  );
}

function replayOf(journal: Journal, folder: string, log: Logger): Replay {
  const replay = startReplay(journal, { folder });
  replay.done.catch((error: unknown) => log.error({ error: String(error) }, 'replay'));
  return replay;
}

/** What was opened, closed in the opposite order. */
class Opened {
  readonly #all: { close(): Promise<void> }[] = [];

  add<T extends { close(): Promise<void> }>(one: T): T {
    this.#all.push(one);
    return one;
  }

  async close(log: Logger): Promise<void> {
    for (const one of this.#all.splice(0).reverse())
      await one.close().catch((error: unknown) => log.error({ error: String(error) }, 'closing'));
  }
}

async function runRounds({ run, everySeconds }: Round, ending: AbortSignal): Promise<void> {
  while (!ending.aborted) {
    const begun = performance.now();
    const hasMore = await run();
    const pause = hasMore ? 0 : Math.max(0, everySeconds * 1000 - (performance.now() - begun));
    await sleep(pause, undefined, { signal: ending }).catch(() => undefined);
  }
}
