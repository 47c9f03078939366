import { beforeEach, expect, test } from 'vitest';
import type { LiveStrategy } from '../model/live.js';
import { openOutbox } from '../notify/outbox.js';
import { alertOf, at, FakeChannel, named, START, strategyOf } from '../notify/testing/alerts.js';
import { MemoryTable } from '../notify/testing/memory-table.js';
import { openTelling } from './tell.js';

let table: MemoryTable;
let receiver: FakeChannel;
beforeEach(() => {
  table = new MemoryTable();
  receiver = new FakeChannel();
});

const opened = async (alerts = [] as ReturnType<typeof alertOf>[]) => {
  const channels = [named(receiver, { minimum_severity: 'informational', states: true })];
  const outbox = await openOutbox({ table, channels, now: () => START });
  const findings = { recent: () => alerts, onChange: () => () => undefined };
  const { tell, stateChanged } = openTelling(findings, outbox, { error: () => undefined });
  return {
    tell: async () => (await tell()).sent,
    become: (before: LiveStrategy['state'], after: LiveStrategy['state'], minute: number) =>
      stateChanged({
        before: strategyOf(before),
        after: strategyOf(after, at(START + minute * 60_000)),
        news: null,
      }),
  };
};

const told = () =>
  receiver.arrived.flatMap(({ messages }) => messages.map(({ title }) => title.replace('T9999 Sample ', '')));

test('strategies that went blind while the store was away are told blind before they are told to see again', async () => {
  const { tell, become } = await opened();
  table.fault = () => 'before';
  become('quiet', 'blind', 1);
  await tell();
  expect(told()).toEqual([]);
  table.fault = () => null;
  become('blind', 'quiet', 2);
  await tell();
  expect(told()).toEqual(['is blind', 'sees again']);
  await tell();
  expect(told()).toHaveLength(2);
});

test('one that is degraded as before is told to have been blind, too', async () => {
  const { tell, become } = await opened();
  become('degraded', 'blind', 1);
  become('blind', 'degraded', 2);
  await tell();
  expect(told()).toEqual(['is blind', 'is degraded']);
});

test('of a strategy that got worse while nobody was told, the worse is told', async () => {
  const { tell, become } = await opened();
  become('quiet', 'degraded', 1);
  become('degraded', 'blind', 2);
  await tell();
  expect(told()).toEqual(['is blind']);
});

test('a finding that could not be offered is offered again', async () => {
  const { tell } = await opened([alertOf()]);
  table.fault = () => 'before';
  await tell();
  table.fault = () => null;
  await tell();
  expect(receiver.told).toEqual(['opened a1:1']);
});
