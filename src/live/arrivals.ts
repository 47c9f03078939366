import { join } from 'node:path';
import { Loader } from '../ingest/load.js';
import type { Journal, Loss } from '../model/live.js';
import type { Source } from '../model/source.js';
import type { Store } from '../store/store.js';
import { type Drained, type DrainSettings, drain } from './drain.js';

/** How a detector learns what came. */
export interface Arrivals {
  /** What was stored since this was asked last; before that, what waits in a journal of this process is loaded. */
  take(): Promise<Drained>;
  /** As far as it is known: nobody may take what is missing for quiet. */
  losses(): Promise<Loss[]>;
}

export interface JournalParts {
  store: Store;
  journal: Journal;
  sources: Source[];
  /** A folder of its own, emptied at each tick. */
  scratch: string;
  /** Folder for what nobody could read. */
  unread: string;
  /** Events older than this are rejected. */
  keptDays: number;
  /** What does not come into the journal though it should. */
  missing?: () => Loss[];
}

/** This process loads what its journal holds. */
export function arrivalsOf(parts: JournalParts): Arrivals {
  const { store, journal, sources, scratch, unread, keptDays, missing = () => [] } = parts;
  const loader = new Loader(store, keptDays);
  const failed: DrainSettings['failed'] = new Map();
  return {
    take: () => drain(journal, { loader, sources, scratch: join(scratch, 'drain'), failed, unread }),
    losses: async () => [...unloaded(failed.size), ...missing()],
  };
}

const unloaded = (deliveries: number): Loss[] =>
  deliveries === 0 ? [] : [{ why: `${deliveries} deliveries could not be loaded so far`, sources: [] }];
