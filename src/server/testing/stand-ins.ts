import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSources } from '../../ingest/sources.js';
import { LiveTestAttacks } from '../../live/test-attacks.js';
import { Tuning } from '../../live/tuning.js';
import { DEFAULT_CONFIG } from '../../model/config.js';
import { readEmulations } from '../../model/emulation.js';
import type { Explorations } from '../../model/explore.js';
import type { Finding } from '../../model/hunt-result.js';
import {
  type FindingChange,
  type FindingEvent,
  type FindingFilter,
  type Findings,
  type Investigations,
  type Journal,
  JournalFull,
  type KeptFinding,
  type LiveStatus,
} from '../../model/live.js';
import { AllowanceRefused, type Allowances } from '../../model/live-allowances.js';
import { precisionOf } from '../../model/precision.js';
import { Responder } from '../../respond/responder.js';
import { openAuditLog } from '../audit-log.js';
import { readCatalogue } from '../catalogue.js';
import { type Limits, limitsOf } from '../limits.js';
import { openLog } from '../log.js';
import type { Role } from '../roles.js';
import { type ServerOptions, startServer } from '../server.js';
import { SourceNames, tellSource } from '../source-names.js';
import { openTokens } from '../tokens.js';

/** A stand-in for the durable journal: keeps what was appended in memory, and fails when it is told to. */
export class MemoryJournal implements Journal {
  appended: { input: string; source: string | null; text: string }[] = [];
  failure: Error | null = null;
  /** Set to hold appends back until it resolves. */
  hold: Promise<void> = Promise.resolve();
  /** Appends that began. */
  begun = 0;
  keep = true;

  async append(input: string, lines: Buffer, source: string | null = null): Promise<void> {
    this.begun += 1;
    await this.hold;
    if (this.failure) throw this.failure;
    if (this.keep) this.appended.push({ input, source, text: lines.toString('utf8') });
  }
  get lines(): string[] {
    return this.appended.flatMap(({ text }) => text.split('\n').filter((line) => line !== ''));
  }
  take = async () => [];
  remove = async () => {};
  status = () => ({
    segments: this.appended.length,
    bytes: 10,
    maxBytes: 100,
    refused: this.failure instanceof JournalFull ? 1 : 0,
  });
}

const AT = '2026-11-21T03:00:00.000Z';

const finding = (uid: string, more: Partial<Finding> = {}): Finding => ({
  uid,
  strategy: 'T1567-exfiltration-over-web-service',
  technique: 'T1567',
  title: 'Exfiltration over a web service',
  severity: 'high',
  score: 0.9,
  entity: { kind: 'workload', name: 'prod/payments', ip: null, container_uid: null, image: null },
  attribution: { method: 'native', confidence: 1 },
  window: { from: AT, to: AT },
  destinations: [],
  incident: 'i1',
  priority: 'high',
  status: 'open',
  why: '24 MB out',
  evidence_query: 'SELECT 1',
  terms: [],
  suppressed_by: null,
  ...more,
});

/** A stand-in for the findings that are kept: a list in memory without filters but `state` and `severity`. */
export class MemoryFindings implements Findings {
  readonly kept = new Map<string, { kept: KeptFinding; events: FindingEvent[] }>();
  readonly asked: FindingFilter[] = [];
  failure: Error | null = null;
  #listeners = new Set<(kept: KeptFinding, event: FindingEvent) => void>();

  add(uid: string, more: Partial<Finding> = {}): KeptFinding {
    const kept: KeptFinding = {
      ...{ uid, finding: finding(uid, more), state: 'open', version: 1, opened_at: AT, updated_at: AT },
      ...{ closed_at: null, verdict: null, assignee: null },
    } as KeptFinding;
    const event: FindingEvent = { uid, version: 1, at: AT, what: 'opened', who: 'stowaway', why: '' };
    this.kept.set(uid, { kept, events: [event] });
    for (const listener of this.#listeners) listener(kept, event);
    return kept;
  }
  async list(filter: FindingFilter) {
    this.asked.push(filter);
    if (this.failure) throw this.failure;
    const { state, severity } = filter;
    const findings = [...this.kept.values()]
      .map(({ kept }) => kept)
      .filter((kept) => !state || kept.state === state)
      .filter((kept) => !severity || severity.includes(kept.finding.severity));
    return { findings: findings.slice(0, filter.limit ?? 100), total: findings.length, next: null };
  }
  async get(uid: string) {
    const found = this.kept.get(uid);
    return found ? { ...found, detail: null } : null;
  }
  async change(uid: string, change: FindingChange, who: string) {
    const found = this.kept.get(uid);
    if (!found) return null;
    const { what, why } = change;
    if (change.what === 'verdict') found.kept.verdict = change.verdict;
    if (change.what === 'assigned') found.kept.assignee = change.assignee;
    if (change.what === 'closed') found.kept.state = 'closed';
    if (change.what === 'reopened') found.kept.state = 'open';
    if (what !== 'note') found.kept.version += 1;
    const event: FindingEvent = { uid, version: found.kept.version, at: AT, what, who, why };
    found.events.push(event);
    for (const listener of this.#listeners) listener(found.kept, event);
    return found.kept;
  }
  onChange(listener: (kept: KeptFinding, event: FindingEvent) => void) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

export const liveStatus = (): LiveStatus => ({
  started: AT,
  ready: true,
  ticks: { count: 3, failed: 1, last_seconds: 0.5, last_at: AT, last_error: null },
  events_stored: 100,
  events_rejected: 2,
  mismatches: 0,
  last_mismatch: null,
  segments_unread: 0,
  strategies: [
    {
      id: 'T1567-exfiltration-over-web-service',
      technique: 'T1567',
      title: 'x',
      state: 'blind',
      sight: 'blind',
      reasons: ['no egress'],
      since: AT,
    },
  ],
  sources: [{ source: 'falco', events: 100, rejected: 2, latest_event: AT, last_arrival: AT, trouble: '' }],
});

export const LIMITS = limitsOf(DEFAULT_CONFIG.serve);

const root = join(import.meta.dirname, '../../..');
const sources = await readSources(join(root, 'sources'));
export const allSources = sources;
const catalogue = await readCatalogue(sources);
const emulations = await readEmulations(join(root, 'strategies'));

/** Nobody allowed anything. */
const noAllowances: Allowances = {
  list: async () => [],
  preview: async () => ({
    ...{ refused: null, true_positives: [], opened: [] },
    open: { looked_at: 0, hidden: 0, findings: [] },
    past: { looked_at: 0, hidden: 0, findings: [] },
  }),
  add: async () => {
    throw new AllowanceRefused('nothing is kept here');
  },
  revoke: async () => null,
};

/** Nobody is to be told anything. */
export const noNotifications: ServerOptions['outbox'] = {
  status: async () => [],
  failed: async () => [],
  retry: async () => ({ again: 0, left_out: 0, why: null }),
};

/** There are no rows behind the findings in memory. */
const noInvestigations: Investigations = {
  summary: async () => ({ total: 0, severity: {}, strategy: {} }),
  precision: async () => [
    precisionOf('T1567-exfiltration-over-web-service', {
      ...{ true_positive: 2, false_positive: 1, benign: 1, unjudged: 4 },
    }),
  ],
  days: async () => [],
  series: async () => [],
  evidence: async () => null,
  lanes: async () => null,
  contacts: async () => null,
  flood: async () => null,
  marks: async () => null,
  entity: async () => null,
};

const nowhere = { from: AT, to: AT };
const noExplorations: Explorations = {
  rows: async () => ({ ...nowhere, rows: [], reachable: 10_000 }),
  histogram: async () => ({
    ...nowhere,
    ...{ bucket_seconds: 1, total: 0, buckets: [], bytes_field: '', rows_span: null },
  }),
  values: async ({ field }) => ({ ...nowhere, field, values: [], distinct: 0 }),
  pairs: async () => ({ ...nowhere, pairs: [] }),
  rhythm: async () => ({ ...nowhere, contacts: [], total: 0, quarters: [] }),
  graph: async () => ({
    ...{ ...nowhere, nodes: [], edges: [], edges_total: 0, nodes_total: 0, unusual_total: 0 },
    ...{ is_grouped: false, history_from: null },
  }),
};

export const noResponses = () =>
  new Responder({
    mode: 'off',
    open: () => Promise.reject(new Error('responses are off')),
    hasLedger: async () => false,
  });

/** The configuration allows none. */
const noTestAttacks = () =>
  new LiveTestAttacks({
    ...{ mode: 'off', folder: '', emulations, journal: new MemoryJournal(), findings: new MemoryFindings() },
    status: liveStatus,
  });

/** A server over the stand-ins, on a free port of the loopback address, with a token of each role. */
export async function startTestServer(more: Partial<ServerOptions> & { bounds?: Partial<Limits> } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'stowaway-server-'));
  const journal = new MemoryJournal();
  const findings = new MemoryFindings();
  const explorations = { ...noExplorations };
  const live = { status: liveStatus() };
  const logged: string[] = [];
  const { tokens, first } = await openTokens(folder);
  const audit = await openAuditLog(folder);
  const options: ServerOptions = {
    listen: '127.0.0.1:0',
    journal,
    findings,
    outbox: noNotifications,
    investigations: noInvestigations,
    explorations,
    allowances: noAllowances,
    tuning: new Tuning({ strategies: [], judgement: () => null, kept: () => [], inTurn: (work) => work() }),
    catalogue,
    responder: noResponses(),
    testAttacks: noTestAttacks(),
    status: () => live.status,
    tokens,
    audit,
    limits: { ...LIMITS, requestsPerSecond: 100_000, ...more.bounds },
    names: new SourceNames(
      sources.map(({ id }) => id),
      tellSource(sources),
    ),
    log: openLog({ write: (line) => void logged.push(line) }),
    ...more,
  };
  const server = await startServer(options);
  const secretOf = async (role: Role, of: string[] | null = null): Promise<string> =>
    (await tokens.create({ holder: `a-${role}`, role, sources: of })).secret;
  const ingest = await secretOf('ingest');
  const call = (path: string, token: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${server.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...init.headers },
    });
  return {
    ...{ server, options, url: server.url, folder },
    ...{ journal, findings, explorations, live, logged, tokens, audit },
    ...{ admin: first!, ingest, secretOf, call },
    post: (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
      call(path, ingest, { method: 'POST', body, headers }),
    files: () => readdir(folder),
    async end() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type TestServer = Awaited<ReturnType<typeof startTestServer>>;
