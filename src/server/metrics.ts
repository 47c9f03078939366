import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { InputStatus } from '../collect/intake.js';
import type { Findings, Investigations, Journal, LiveSource, LiveStatus } from '../model/live.js';
import type { Outbox } from '../notify/outbox.js';
import { addInputs } from './input-metrics.js';
import { addNotificationMetrics } from './notification-metrics.js';

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'informational'] as const;
const STATES = ['fired', 'quiet', 'degraded', 'blind'] as const;
const SIGHTS = ['whole', 'degraded', 'blind'] as const;

interface Measured {
  journal: Journal;
  findings: Findings;
  investigations: Pick<Investigations, 'precision'>;
  status: () => LiveStatus;
  inputs?: () => InputStatus[];
  outbox: Pick<Outbox, 'status'>;
}

export type Metrics = ReturnType<typeof buildMetrics>;

/**
 * Everything /metrics tells. Labels take their values from routes, sources and strategies that exist, never from what a client sends: their
 * number is bounded.
 */
export function buildMetrics(measured: Measured) {
  const registry = new Registry();
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  collectDefaultMetrics({ register: registry, prefix: 'stowaway_' });
  addLive(registry, measured);
  addPerName(registry, measured);
  addInputs((read) => addRead(registry, read), measured.inputs ?? (() => []));
  addNotificationMetrics(
    (read) => addRead(registry, read),
    async () => measured.outbox.status(),
  );
  addOpenAlerts(registry, measured);
  addPrecision(registry, measured);
  return {
    registry,
    requests: counter('stowaway_http_requests_total', 'Requests answered.', ['route', 'status']),
    records: counter('stowaway_ingest_records_total', 'Records acknowledged.', ['input']),
    bytes: counter('stowaway_ingest_bytes_total', 'Bytes of records acknowledged.', ['input']),
    refused: counter('stowaway_ingest_refused_total', 'Requests with logs that were refused.', ['status']),
    refusedTokens: counter(
      'stowaway_authentication_refused_total',
      'Requests without a valid token or role.',
      ['status'],
    ),
    changes: counter('stowaway_finding_changes_total', 'Changes of findings.', ['what']),
    streams: new Gauge({
      name: 'stowaway_streams',
      help: 'Clients that follow the stream.',
      registers: [registry],
    }),
    dropped: counter('stowaway_streams_dropped_total', 'Clients that followed the stream too slowly.'),
  };
}

const seconds = (time: string | null): number => (time === null ? 0 : Date.parse(time) / 1000);

type Value<T> = [name: string, help: string, read: (from: T) => number];

/** Values that others count: asked for when they are read. */
const LIVE: Value<{ status: LiveStatus; journal: ReturnType<Journal['status']> }>[] = [
  [
    'ready',
    '1 when the first tick is done and it goes on; 0 again while nothing could be loaded or judged for two minutes.',
    ({ status }) => Number(status.ready),
  ],
  ['start_time_seconds', 'When serve was started.', ({ status }) => seconds(status.started)],
  ['journal_segments', 'Segments that wait to be loaded.', ({ journal }) => journal.segments],
  ['journal_bytes', 'Bytes that wait to be loaded.', ({ journal }) => journal.bytes],
  ['journal_limit_bytes', 'Bytes from which on the journal is full.', ({ journal }) => journal.maxBytes],
  [
    'journal_refused_total',
    'Appends refused because the journal was full.',
    ({ journal }) => journal.refused,
  ],
  ['ticks_total', 'Ticks begun.', ({ status }) => status.ticks.count],
  ['ticks_failed_total', 'Ticks that failed.', ({ status }) => status.ticks.failed],
  ['tick_duration_seconds', 'How long the last tick took.', ({ status }) => status.ticks.last_seconds],
  [
    'tick_completed_timestamp_seconds',
    'When the last tick was completed.',
    ({ status }) => seconds(status.ticks.last_at),
  ],
  ['events_stored_total', 'Rows stored.', ({ status }) => status.events_stored],
  ['events_rejected_total', 'Rows rejected.', ({ status }) => status.events_rejected],
  ['mismatches_total', 'Loads whose rows do not add up.', ({ status }) => status.mismatches],
];

const PER_SOURCE: Value<LiveSource>[] = [
  ['source_events_total', 'Rows stored of a source.', ({ events }) => events],
  ['source_rejected_total', 'Rows of a source that were rejected.', ({ rejected }) => rejected],
  [
    'source_latest_event_timestamp_seconds',
    'Time of its latest event; 0 without one.',
    (source) => seconds(source.latest_event),
  ],
  [
    'source_last_arrival_timestamp_seconds',
    'When its last row arrived; 0 without one.',
    (source) => seconds(source.last_arrival),
  ],
  ['source_trouble', '1 when something is wrong with it.', ({ trouble }) => Number(trouble !== '')],
];

interface Read {
  name: string;
  help: string;
  labelNames: string[];
  /** Each series with its value now. */
  values(): Series[] | Promise<Series[]>;
}

export type Series = [labels: Record<string, string>, value: number];

export type AddRead = (read: Read) => void;

function addRead(registry: Registry, { values, ...given }: Read): void {
  const name = `stowaway_${given.name}`;
  const described = { ...given, name, registers: [registry] };
  if (name.endsWith('_total'))
    new Counter({
      ...described,
      async collect() {
        const all = await values();
        this.reset();
        for (const [labels, value] of all) this.inc(labels, value);
      },
    });
  else
    new Gauge({
      ...described,
      async collect() {
        const all = await values();
        this.reset();
        for (const [labels, value] of all) this.set(labels, value);
      },
    });
}

function addLive(registry: Registry, { journal, status }: Measured): void {
  for (const [name, help, read] of LIVE) {
    const values = (): ReturnType<Read['values']> => [
      [{}, read({ status: status(), journal: journal.status() })],
    ];
    addRead(registry, { name, help, labelNames: [], values });
  }
}

/** One series for each strategy and source. */
function addPerName(registry: Registry, { status }: Measured): void {
  for (const [name, help, read] of PER_SOURCE) {
    const values = () =>
      status().sources.map((one): [Record<string, string>, number] => [{ source: one.source }, read(one)]);
    addRead(registry, { name, help, labelNames: ['source'], values });
  }
  const oneOf = (label: 'state' | 'sight', all: readonly string[], help: string): Read => ({
    ...{ name: `strategy_${label}`, help, labelNames: ['strategy', label] },
    values: () =>
      status().strategies.flatMap((strategy) =>
        all.map((one): [Record<string, string>, number] => [
          { strategy: strategy.id, [label]: one },
          Number(one === strategy[label]),
        ]),
      ),
  });
  addRead(registry, oneOf('state', STATES, '1 for the state a strategy is in, 0 for the others.'));
  const help = '1 for how well a strategy sees, also one that has fired; 0 for the others.';
  addRead(registry, oneOf('sight', SIGHTS, help));
  addRead(registry, {
    ...{ name: 'strategy_reasons', help: 'Reasons why its sight is not whole.', labelNames: ['strategy'] },
    values: () => status().strategies.map(({ id, reasons }) => [{ strategy: id }, reasons.length]),
  });
}

function addOpenAlerts(registry: Registry, { findings }: Measured): void {
  new Gauge({
    name: 'stowaway_alerts_open',
    help: 'Alerts: findings that are open and not suppressed.',
    labelNames: ['severity'],
    registers: [registry],
    async collect() {
      for (const severity of SEVERITIES) {
        const page = await findings.list({ state: 'open', severity: [severity], limit: 1 }).catch(() => null);
        if (page) this.set({ severity }, page.total);
        else this.remove({ severity });
      }
    },
  });
}

/** Of strategies only: their number is bounded. What cannot be asked has no series. */
function addPrecision(registry: Registry, { investigations }: Measured): void {
  const ask = async () => investigations.precision();
  const read = async () => (await ask().catch(() => [])).filter(({ of }) => !of.includes('/'));
  new Gauge({
    name: 'stowaway_findings_judged',
    help: 'Findings by verdict.',
    labelNames: ['strategy', 'verdict'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { of: strategy, true_positives, false_positives, benign, unjudged } of await read())
        for (const [verdict, count] of Object.entries({ true_positives, false_positives, benign, unjudged }))
          this.set({ strategy, verdict }, count);
    },
  });
  new Gauge({
    name: 'stowaway_precision',
    help: 'True positives among findings judged true or false, and the ends of its interval of 95 % (Wilson).',
    labelNames: ['strategy', 'bound'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { of: strategy, precision, interval } of await read()) {
        if (precision === null || interval === null) continue;
        const [low, high] = interval;
        for (const [bound, value] of Object.entries({ low, share: precision, high }))
          this.set({ strategy, bound }, value);
      }
    },
  });
}
