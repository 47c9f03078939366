import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ingest } from '../src/ingest/ingest.js';
import { Spool } from '../src/ingest/prepare.js';
import { readSources } from '../src/ingest/sources.js';
import { contentFolder } from '../src/model/paths.js';
import type { Source } from '../src/model/source.js';
import { applySchema } from '../src/store/schema.js';
import { openStore, type Store } from '../src/store/store.js';

/** A real embedded engine over a temporary folder, with our schema and sources. One per test file: the engine allows no more. */
export interface Bench extends AsyncDisposable {
  store: Store;
  sources: Source[];
  /** Temporary; removed at the end. */
  folder: string;
  spool: Spool;
  ingest(...paths: string[]): ReturnType<typeof ingest>;
}

export async function openBench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'stowaway-test-'));
  const store = await openStore({ path: join(folder, 'store') });
  await applySchema(store, contentFolder('schema'));
  const sources = await readSources(contentFolder('sources'));
  const spool = await Spool.in(join(folder, 'spool'));
  return {
    store,
    sources,
    folder,
    spool,
    ingest: (...paths) => ingest(store, { paths, sources, spool }),
    async [Symbol.asyncDispose]() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
