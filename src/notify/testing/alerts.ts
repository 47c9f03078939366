import type { Finding, Severity } from '../../model/hunt-result.js';
import type { KeptFinding, LiveStrategy, Notice } from '../../model/live.js';
import type { ChannelConfig } from '../../model/notify-config.js';
import { NotifySection } from '../../model/notify-config.js';
import { sampleResult } from '../../output/testing/sample-result.js';
import type { Channel, Grouping, NamedChannel, Receipt } from '../channel.js';
import type { Parcel } from '../message.js';
import type { Surroundings } from '../surroundings.js';

/** 2099: expiry is by the engine's own clock, and nothing may expire in a test. */
export const START = Date.UTC(2099, 0, 1);

export const at = (ms: number): string => new Date(ms).toISOString();

interface Stated {
  uid?: string;
  version?: number;
  severity?: Severity;
  state?: KeptFinding['state'];
  incident?: string;
  finding?: Partial<Finding>;
}

export function alertOf(stated: Stated = {}): KeptFinding {
  const { uid = 'a1', version = 1, severity = 'high', state = 'open' } = stated;
  const sample = sampleResult().report.findings[0]!;
  return {
    uid,
    finding: {
      ...sample,
      uid,
      severity,
      incident: stated.incident ?? `i-${uid}`,
      status: 'open',
      ...stated.finding,
    },
    state,
    version,
    opened_at: at(START),
    updated_at: at(START + version * 1000),
    closed_at: state === 'closed' ? at(START + version * 1000) : null,
    verdict: null,
    assignee: null,
  };
}

export const noticeOf = (what: Notice['what'], stated: Stated = {}): Notice => {
  const alert = alertOf({ ...stated, ...(what === 'closed' && { state: 'closed' as const }) });
  return { id: `${alert.uid}:${alert.version}`, what, alert, strategy: null, at: alert.updated_at };
};

export const strategyOf = (state: LiveStrategy['state'], since = at(START)): LiveStrategy => ({
  id: 'T9999-sample',
  technique: 'T9999',
  title: 'Sample',
  state,
  sight: state === 'blind' || state === 'degraded' ? state : 'whole',
  reasons: state === 'blind' ? ['no source tells of connections'] : [],
  since,
});

/** One channel's configuration, read as stowaway.yaml is. */
export const configOf = (stated: Record<string, unknown>): ChannelConfig =>
  NotifySection.parse({ channels: [{ name: 'c', ...stated }] }).channels[0]!;

export const SURROUNDINGS: Surroundings = {
  environment: (name) => (name.startsWith('UNSET') ? undefined : `value-of-${name}`),
  resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  now: () => START,
  version: '1.2.3',
  timeoutMs: 10_000,
};

/** A receiver in memory: keeps what arrived, and answers as it is told. */
export class FakeChannel implements Channel {
  readonly arrived: Parcel[] = [];
  answer: (parcel: Parcel) => Receipt | Promise<Receipt> = () => ({ outcome: 'taken', answer: 'ok' });

  constructor(
    readonly grouping: Grouping = 'each',
    readonly canJoin = true,
  ) {}

  async send(parcel: Parcel): Promise<Receipt> {
    const receipt = await this.answer(parcel);
    if (receipt.outcome === 'taken') this.arrived.push(parcel);
    return receipt;
  }

  get told(): string[] {
    return this.arrived.flatMap(({ messages }) => messages.map(({ id, what }) => `${what} ${id}`));
  }
}

export const named = (channel: Channel, stated: Record<string, unknown> = {}): NamedChannel => ({
  config: configOf({ type: 'webhook', url: 'https://example.org/', ...stated }),
  channel,
});
