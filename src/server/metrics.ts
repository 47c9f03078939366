import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Alerts, Journal, LiveStatus } from '../model/live.js';

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'informational'] as const;
const STATES = ['fired', 'quiet', 'degraded', 'blind'] as const;

interface Measured {
  journal: Journal;
  alerts: Alerts;
  status: () => LiveStatus;
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
    changes: counter('stowaway_alert_changes_total', 'Changes of alerts.', ['what']),
    streams: new Gauge({
      name: 'stowaway_streams',
      help: 'Clients that follow the stream.',
      registers: [registry],
    }),
    dropped: counter('stowaway_streams_dropped_total', 'Clients that followed the stream too slowly.'),
  };
}

const seconds = (time: string | null): number => (time === null ? 0 : Date.parse(time) / 1000);

/** Values that others count: asked for when they are read. */
function addLive(registry: Registry, { journal, alerts, status }: Measured): void {
  const value = (name: string, help: string, read: () => number): void => {
    if (!name.endsWith('_total')) {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(read());
        },
      });
      return;
    }
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  value('stowaway_ready', '1 when the first tick is done and the store answers.', () =>
    Number(status().ready),
  );
  value('stowaway_start_time_seconds', 'When serve was started.', () => seconds(status().started));
  value('stowaway_journal_segments', 'Segments that wait to be loaded.', () => journal.status().segments);
  value('stowaway_journal_bytes', 'Bytes that wait to be loaded.', () => journal.status().bytes);
  value(
    'stowaway_journal_limit_bytes',
    'Bytes from which on the journal is full.',
    () => journal.status().maxBytes,
  );
  value(
    'stowaway_journal_refused_total',
    'Appends refused because the journal was full.',
    () => journal.status().refused,
  );
  value('stowaway_ticks_total', 'Ticks begun.', () => status().ticks.count);
  value('stowaway_ticks_failed_total', 'Ticks that failed.', () => status().ticks.failed);
  value('stowaway_tick_duration_seconds', 'How long the last tick took.', () => status().ticks.last_seconds);
  value('stowaway_tick_completed_timestamp_seconds', 'When the last tick was completed.', () =>
    seconds(status().ticks.last_at),
  );
  value('stowaway_events_stored_total', 'Rows stored.', () => status().events_stored);
  value('stowaway_events_rejected_total', 'Rows rejected.', () => status().events_rejected);
  value('stowaway_mismatches_total', 'Loads whose rows do not add up.', () => status().mismatches);
  new Gauge({
    name: 'stowaway_alerts_open',
    help: 'Alerts that are open and not suppressed.',
    labelNames: ['severity'],
    registers: [registry],
    async collect() {
      for (const severity of SEVERITIES) {
        const page = await alerts.list({ state: 'open', severity: [severity], limit: 1 }).catch(() => null);
        if (page) this.set({ severity }, page.total);
        else this.remove({ severity });
      }
    },
  });
}

/** One series for each strategy and source. */
function addPerName(registry: Registry, { status }: Measured): void {
  const perSource = (
    name: string,
    help: string,
    read: (source: LiveStatus['sources'][number]) => number,
  ): void => {
    const labelNames = ['source'];
    const each = (add: (source: string, value: number) => void): void => {
      for (const source of status().sources) add(source.source, read(source));
    };
    if (name.endsWith('_total'))
      new Counter({
        name,
        help,
        labelNames,
        registers: [registry],
        collect() {
          this.reset();
          each((source, value) => this.inc({ source }, value));
        },
      });
    else
      new Gauge({
        name,
        help,
        labelNames,
        registers: [registry],
        collect() {
          this.reset();
          each((source, value) => this.set({ source }, value));
        },
      });
  };
  perSource('stowaway_source_events_total', 'Rows stored of a source.', ({ events }) => events);
  perSource(
    'stowaway_source_rejected_total',
    'Rows of a source that were rejected.',
    ({ rejected }) => rejected,
  );
  perSource(
    'stowaway_source_latest_event_timestamp_seconds',
    'Time of its latest event; 0 without one.',
    (source) => seconds(source.latest_event),
  );
  perSource(
    'stowaway_source_last_arrival_timestamp_seconds',
    'When its last row arrived; 0 without one.',
    (source) => seconds(source.last_arrival),
  );
  perSource('stowaway_source_trouble', '1 when something is wrong with it.', ({ trouble }) =>
    Number(trouble !== ''),
  );
  new Gauge({
    name: 'stowaway_strategy_state',
    help: '1 for the state a strategy is in, 0 for the others.',
    labelNames: ['strategy', 'state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { id, state } of status().strategies)
        for (const one of STATES) this.set({ strategy: id, state: one }, Number(one === state));
    },
  });
}
