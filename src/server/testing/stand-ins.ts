import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSources } from '../../ingest/sources.js';
import { DEFAULT_CONFIG } from '../../model/config.js';
import type { Finding } from '../../model/hunt-result.js';
import {
  type Alert,
  type AlertChange,
  type AlertEvent,
  type AlertFilter,
  type Alerts,
  type Journal,
  JournalFull,
  type LiveStatus,
} from '../../model/live.js';
import { openAuditLog } from '../audit-log.js';
import { type Limits, limitsOf } from '../limits.js';
import { openLog } from '../log.js';
import type { Role } from '../roles.js';
import { type ServerOptions, startServer } from '../server.js';
import { tellSource } from '../source-names.js';
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

/** A stand-in for the alerts that are kept: a list in memory without filters but `state` and `severity`. */
export class MemoryAlerts implements Alerts {
  readonly kept = new Map<string, { alert: Alert; events: AlertEvent[] }>();
  readonly asked: AlertFilter[] = [];
  failure: Error | null = null;
  #listeners = new Set<(alert: Alert, event: AlertEvent) => void>();

  add(uid: string, more: Partial<Finding> = {}): Alert {
    const alert: Alert = {
      ...{ uid, finding: finding(uid, more), state: 'open', version: 1, opened_at: AT, updated_at: AT },
      ...{ closed_at: null, verdict: null, assignee: null },
    } as Alert;
    const event: AlertEvent = { uid, version: 1, at: AT, what: 'opened', who: 'stowaway', why: '' };
    this.kept.set(uid, { alert, events: [event] });
    for (const listener of this.#listeners) listener(alert, event);
    return alert;
  }
  async list(filter: AlertFilter) {
    this.asked.push(filter);
    if (this.failure) throw this.failure;
    const { state, severity } = filter;
    const alerts = [...this.kept.values()]
      .map(({ alert }) => alert)
      .filter((alert) => !state || alert.state === state)
      .filter((alert) => !severity || severity.includes(alert.finding.severity));
    return { alerts: alerts.slice(0, filter.limit ?? 100), total: alerts.length, next: null };
  }
  async get(uid: string) {
    const found = this.kept.get(uid);
    return found ? { ...found, detail: null } : null;
  }
  async change(uid: string, change: AlertChange, who: string) {
    const found = this.kept.get(uid);
    if (!found) return null;
    const { what, why } = change;
    if (change.what === 'verdict') found.alert.verdict = change.verdict;
    if (change.what === 'assigned') found.alert.assignee = change.assignee;
    if (change.what === 'closed') found.alert.state = 'closed';
    if (change.what === 'reopened') found.alert.state = 'open';
    if (what !== 'note') found.alert.version += 1;
    const event: AlertEvent = { uid, version: found.alert.version, at: AT, what, who, why };
    found.events.push(event);
    for (const listener of this.#listeners) listener(found.alert, event);
    return found.alert;
  }
  onChange(listener: (alert: Alert, event: AlertEvent) => void) {
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

/** A server over the stand-ins, on a free port of the loopback address, with a token of each role. */
export async function startTestServer(more: Partial<ServerOptions> & { bounds?: Partial<Limits> } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'stowaway-server-'));
  const journal = new MemoryJournal();
  const alerts = new MemoryAlerts();
  const live = { status: liveStatus() };
  const logged: string[] = [];
  const { tokens, first } = await openTokens(folder);
  const audit = await openAuditLog(folder);
  const server = await startServer({
    listen: '127.0.0.1:0',
    journal,
    alerts,
    status: () => live.status,
    tokens,
    audit,
    limits: { ...LIMITS, requestsPerSecond: 100_000, ...more.bounds },
    sourceIds: sources.map(({ id }) => id),
    sourceOf: tellSource(sources),
    log: openLog({ write: (line) => void logged.push(line) }),
    ...more,
  });
  const secretOf = async (role: Role, of: string[] | null = null): Promise<string> =>
    (await tokens.create({ holder: `a-${role}`, role, sources: of })).secret;
  const ingest = await secretOf('ingest');
  const call = (path: string, token: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${server.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...init.headers },
    });
  return {
    ...{ server, url: server.url, folder, journal, alerts, live, logged, tokens, audit },
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
