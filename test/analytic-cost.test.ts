import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { valuesFor } from '../src/detect/run-analytics.js';
import { contentFolder } from '../src/model/paths.js';
import { readStrategies } from '../src/model/strategies.js';
import type { Strategy } from '../src/model/strategy.js';
import { hunt } from '../src/pipeline.js';
import { DEFAULT_START, simulate } from '../src/simulate/simulate.js';
import type { Store } from '../src/store/store.js';

/** What an analytic reads, in rows: the same on every machine, unlike the time it takes. */

test('no analytic reads more than its budget', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stowaway-cost-'));
  await simulate({ seed: 1, workloads: 20, days: 2, start: DEFAULT_START }, folder);
  const strategies = await readStrategies(contentFolder('strategies'));
  const over: string[] = [];
  await hunt([folder], {
    async inspect(store) {
      const stored = await storedRows(store);
      expect(stored).toBeGreaterThan(50_000);
      for (const [strategy, analytic] of eachOnce(strategies)) {
        const before = await selectedRows(store);
        await store.rows(analytic.sql, valuesFor(analytic, strategy));
        const times = ((await selectedRows(store)) - before) / stored;
        const budget = analytic.cost ?? 0;
        if (times > budget)
          over.push(`${analytic.id} reads ${times.toFixed(2)} times the rows, not ${budget}`);
      }
    },
  });
  expect(over).toEqual([]);
  await rm(folder, { recursive: true });
});

/** Those that strategies share: once. */
function eachOnce(strategies: Strategy[]) {
  const all = strategies.flatMap((strategy) =>
    strategy.analytics.map((analytic) => [analytic.file, [strategy, analytic] as const] as const),
  );
  return new Map(all).values();
}

async function storedRows(store: Store): Promise<number> {
  const [{ n }] = (await store.rows(
    "SELECT sum(total_rows) AS n FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'",
  )) as [{ n: number }];
  return n;
}

/** Since the engine started. */
async function selectedRows(store: Store): Promise<number> {
  const [{ n }] = (await store.rows(
    "SELECT sum(value) AS n FROM system.events WHERE event = 'SelectedRows'",
  )) as [{ n: number }];
  return n;
}
