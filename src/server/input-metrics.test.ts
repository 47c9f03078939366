import { expect, test } from 'vitest';
import type { InputStatus } from '../collect/intake.js';
import { buildMetrics } from './metrics.js';
import { liveStatus, MemoryFindings, MemoryJournal, noNotifications } from './testing/stand-ins.js';

const STATUS: InputStatus = {
  name: 'stowaway at kafka.example:9093',
  kind: 'kafka',
  state: 'waiting',
  reason: 'kafka.example:9093: connect ECONNREFUSED',
  lines: 7,
  bytes: 70,
  lastArrival: null,
  losses: { 'messages that are too long': 2 },
  delayedSeconds: 1.5,
  missed: '',
  sources: [],
  partitions: [
    { topic: 'zeek', partition: 0, committed: 7, end: 10, lag: 3 },
    { topic: 'zeek', partition: 1, committed: null, end: 4, lag: null },
  ],
};

test('how inputs are, and how far behind each partition is, where that is known', async () => {
  const { registry } = buildMetrics({
    findings: new MemoryFindings(),
    outbox: noNotifications,
    journal: new MemoryJournal(),
    status: liveStatus,
    inputs: () => [STATUS],
    investigations: { precision: async () => [] },
  });
  const lines = (await registry.metrics()).split('\n');
  const input = 'input="stowaway at kafka.example:9093"';
  expect(lines.filter((line) => line.includes(input))).toEqual([
    `stowaway_input_running{${input},kind="kafka"} 0`,
    `stowaway_input_lines_total{${input},kind="kafka"} 7`,
    `stowaway_input_delayed_seconds_total{${input},kind="kafka"} 1.5`,
    `stowaway_input_losses_total{${input},kind="kafka",loss="messages that are too long"} 2`,
    `stowaway_kafka_lag_messages{${input},topic="zeek",partition="0"} 3`,
  ]);
});
