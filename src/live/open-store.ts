import { join } from 'node:path';
import { contentFolder } from '../model/paths.js';
import { applySchema, TIMED_TABLES } from '../store/schema.js';
import { shapeForServe } from '../store/shape-for-serve.js';
import { openStore, type Store, type StoreLocation } from '../store/store.js';

/** Days that rows are kept. */
export interface Retention {
  events: number;
  /** Connections, joined and attributed; what is usual is kept in roll-ups. */
  connections: number;
  roll_ups: number;
}

const DEFAULT_RETENTION: Retention = { events: 30, connections: 7, roll_ups: 400 };

/** Opens the store of a server, makes it where there is none, and lets go of what is older than it is to be kept. */
export async function openLiveStore(location: StoreLocation, retention = DEFAULT_RETENTION): Promise<Store> {
  const store = await openStore('path' in location ? { ...location, hasBackups: true } : location);
  try {
    const folder = contentFolder('schema');
    await applySchema(store, folder, { shape: shapeForServe, further: join(folder, 'live') });
    await keepFor(store, retention);
    await leaveUnfinishedLoads(store);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

const EXPIRIES: { tables: readonly string[]; what: keyof Retention; ttl: (days: number) => string }[] = [
  { tables: TIMED_TABLES, what: 'events', ttl: (days) => `toDateTime(time) + INTERVAL ${days} DAY` },
  { tables: ['load', 'dead_letter'], what: 'events', ttl: (days) => `at + INTERVAL ${days} DAY` },
  {
    tables: ['connection'],
    what: 'connections',
    ttl: (days) => `toDateTime(end_time) + INTERVAL ${days} DAY`,
  },
  {
    tables: ['nat_alias'],
    what: 'connections',
    ttl: (days) => `toDateTime(valid_to) + INTERVAL ${days} DAY`,
  },
  { tables: ['contact_minute'], what: 'events', ttl: (days) => `minute + INTERVAL ${days} DAY` },
  { tables: ['egress_hour', 'inflow_hour'], what: 'roll_ups', ttl: (days) => `hour + INTERVAL ${days} DAY` },
  { tables: ['egress_window'], what: 'roll_ups', ttl: (days) => `toDateTime(bucket) + INTERVAL ${days} DAY` },
];

/** What is old goes when parts are merged; changing a number rewrites nothing at once. */
async function keepFor(store: Store, retention: Retention): Promise<void> {
  for (const { tables, what, ttl } of EXPIRIES)
    for (const table of tables)
      await store.run(
        `ALTER TABLE ${table} MODIFY TTL ${ttl(retention[what])}`,
        {},
        { materialize_ttl_after_modify: 0 },
      );
}

/** A load that a crash cut short left rows under a number that nothing accounts for: that number is not used again. */
async function leaveUnfinishedLoads(store: Store): Promise<void> {
  const [last] = await store.rows<{ id: number }>('SELECT max(load_id) AS id FROM load');
  if (last!.id === 0) return;
  const nothing = { content_hash: '', rows_read: 0, rows_stored: 0, rows_rejected: 0, is_baseline: 0 };
  await store.insert('load', [{ load_id: last!.id + 1000, source: '', file: 'restart', ...nothing }]);
}
