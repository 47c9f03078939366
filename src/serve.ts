/**
 * The whole of `stowaway serve` on one page, in the order in which an event meets it: inputs and endpoints hand lines to the
 * journal, the detector loads and judges what waits there, and what becomes of findings is told. Detection is the pipeline's
 * (src/pipeline.ts), tick by tick.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Inputs, InputsError, startInputs } from './collect/collect.js';
import { FolderInUseError } from './collect/folder-lock.js';
import { openJournal } from './collect/journal.js';
import { type Replay, startReplay } from './collect/replay.js';
import { stateChanges } from './collect/state-changes.js';
import { type BackupRequest, backUp } from './live/backup.js';
import { openControl } from './live/control.js';
import { Detector } from './live/detector.js';
import { Explore } from './live/explore/explore.js';
import { GivenAllowances } from './live/given-allowances.js';
import { Investigate } from './live/investigate.js';
import { KeptFindings } from './live/kept-findings.js';
import { LiveAllowances } from './live/live-allowances.js';
import { oneAtATime } from './live/one-at-a-time.js';
import { openLiveStore } from './live/open-store.js';
import { Tuning } from './live/tuning.js';
import type { Config } from './model/config.js';
import type { Journal, KeptFinding, LiveStatus } from './model/live.js';
import { PACKAGE_ROOT, packageVersion } from './model/paths.js';
import { deliveryTable } from './notify/delivery-table.js';
import { stateNoticesOf } from './notify/notices.js';
import { openChannels } from './notify/open-channels.js';
import { type Outbox, openOutbox } from './notify/outbox.js';
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
import { ListenError, startServer } from './server/server.js';
import { SourceNames, tellSource } from './server/source-names.js';
import { openTokens, TokenError } from './server/tokens.js';
import { checkTables } from './store/backup.js';
import type { StoreLocation } from './store/store.js';

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
  /** Folder of recordings that are played as if they happened now: for looking around. */
  replay?: string;
  /** Values of environment variables that the config names for secrets. */
  environment: (name: string) => string | undefined;
  log: Logger;
}

/** What keeps a server from starting and is for its user to mend; the message says how. */
export const CannotServe = [
  { kind: ListenError, code: 'error' },
  { kind: FolderInUseError, code: 'error' },
  { kind: TokenError, code: 'error' },
  { kind: InputsError, code: 'invalidContent' },
] as const;

export interface Serving {
  url: string;
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

/** Ticks at the end at most; what still waits then is loaded at the next start. */
const LAST_TICKS = 20;

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
  const [findings, given] = await Promise.all([KeptFindings.in(store), GivenAllowances.in(store)]);
  const outbox = await openOutbox({
    table: deliveryTable(store, Date.now),
    channels: openChannels(config.notify.channels, {
      environment: options.environment,
      version: await packageVersion(),
    }),
  });
  const detector = await Detector.over({
    store,
    journal,
    content,
    findings,
    given,
    scratch: join(stateFolder, 'scratch'),
    unread: join(stateFolder, 'unread'),
    onProblem: ({ where, what, advice, level }) =>
      log[level === 'note' ? 'debug' : 'warn']({ where, what, advice }, 'reading'),
    settings: { keptDays: config.serve.keep_days.events },
    onState: ({ before, after }) => {
      outbox
        .offer(stateNoticesOf(before, after, after.since))
        .catch((error) => log.error({ error: String(error) }, 'notices'));
    },
  });
  const telling = tellOf(findings, outbox, log);

  // Between two ticks the journal only grows, and the tables stand still.
  const inTurn = oneAtATime();
  const { tokens, first } = await openTokens(stateFolder);
  for (const { id, holder } of tokens.list()) if (holder === LOCAL) await tokens.revoke(id);
  const local = await tokens.create({ holder: LOCAL, role: 'engineer' });
  const audit = await openAuditLog(stateFolder);
  const names = new SourceNames(
    content.sources.map(({ id }) => id),
    tellSource(content.sources),
  );
  let started: Inputs | null = null;
  const responder = opened.add(openResponder(options.respondFolder ?? null, config));
  const server = await startServer({
    listen,
    ...(tls && { tls: { certFile: tls.cert, keyFile: tls.key } }),
    insecure,
    journal,
    findings,
    investigations: new Investigate(detector.lookedAt()),
    explorations: new Explore(detector.lookedAt()),
    allowances: new LiveAllowances({
      ...{ given, findings, strategies: content.strategies, stated: content.references.allowances },
      judgement: () => detector.judgement(),
    }),
    tuning: new Tuning({
      ...{ strategies: content.strategies, inTurn },
      judgement: () => detector.judgement(),
      kept: () => findings.recent(new Date()),
    }),
    catalogue: await readCatalogue(content.sources, options.strategies),
    status: () => detector.status(),
    inputs: () => started?.status() ?? [],
    tokens,
    audit,
    responder,
    limits: limitsOf(config.serve),
    metrics,
    console: await readConsole(join(PACKAGE_ROOT, 'dist', 'console')),
    isDemo: options.replay !== undefined,
    names,
    log,
  });
  const inputs = await startInputs(config.inputs, journal, {
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
  const tick = (how?: { isLast: boolean }) => inTurn(() => detector.tick(how));
  const control = await openControl(stateFolder, {
    backup: (request) => inTurn(() => backUp(store, stateFolder, request as BackupRequest)),
    check: () => inTurn(() => checkTables(store)),
    ...answersAboutTokens(manageTokens(tokens, audit, names)),
  }).catch((error: unknown) => {
    log.warn({ error: String(error) }, 'commands on this host cannot ask for backups');
    return null;
  });

  const replay = options.replay === undefined ? null : replayOf(journal, options.replay, log);
  const ending = new AbortController();
  const tellAll = () => {
    tellInputs('tick');
    return telling();
  };
  const running = runTicks({ tick, status: () => detector.status() }, tellAll, {
    everySeconds: config.serve.tick_seconds,
    ending: ending.signal,
    log,
  });
  let stopped: Promise<void> | null = null;
  const stop = async () => {
    await Promise.allSettled([replay?.stop(), inputs.stop(), server.close(), control?.close()]);
    ending.abort();
    await running;
    // What was acknowledged until the end is judged now, not at the next start.
    for (let ticks = 0; (await tick({ isLast: true })) && ticks < LAST_TICKS; ) ticks += 1;
    const { sent } = await telling();
    // What a receiver does not take until then waits for the next start.
    await Promise.race([sent, sleep(LAST_WORD_MS, undefined, { ref: false })]);
    await opened.close(log);
  };
  return {
    url: server.url,
    firstToken: first,
    localToken: local.secret,
    status: () => detector.status(),
    inputs: () => inputs.status(),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
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

/** Offers what is to be told; what it returns settles when what is due was sent. */
type Tell = () => Promise<{ sent: Promise<void> }>;

/**
 * Tells what changed since it was told last. Findings are in the store before anybody is told; the first call catches up with those of
 * which a crash kept the word back.
 */
function tellOf(findings: KeptFindings, outbox: Outbox, log: Logger): Tell {
  const changed = new Map<string, KeptFinding>(findings.recent(new Date()).map((kept) => [kept.uid, kept]));
  findings.onChange((kept) => changed.set(kept.uid, kept));
  return async () => {
    const waiting = [...changed.values()];
    changed.clear();
    try {
      await outbox.catchUp(waiting);
    } catch (error) {
      for (const kept of waiting) if (!changed.has(kept.uid)) changed.set(kept.uid, kept);
      log.error({ error: String(error) }, 'notices');
    }
    // Not waited for in a tick: a slow receiver delays no judgement.
    const sent = outbox.deliver().catch((error) => log.error({ error: String(error) }, 'delivery'));
    return { sent };
  };
}

interface Rhythm {
  everySeconds: number;
  ending: AbortSignal;
  log: Logger;
}

async function runTicks(
  detector: Pick<Detector, 'tick' | 'status'>,
  tell: Tell,
  { everySeconds, ending, log }: Rhythm,
): Promise<void> {
  while (!ending.aborted) {
    const hasMore = await detector.tick();
    const { last_error: error, last_seconds: seconds } = detector.status().ticks;
    if (error !== null) log.error({ error, seconds }, 'tick');
    await tell();
    const pause = hasMore ? 0 : Math.max(0, everySeconds - seconds);
    await sleep(pause * 1000, undefined, { signal: ending }).catch(() => undefined);
  }
}
