import { readFile, stat } from 'node:fs/promises';
import type { Config } from '../model/config.js';
import { ContentError, parseYaml } from '../model/front-matter.js';
import type { Store } from '../store/store.js';

/** A destination somebody authorised. `expires` is the last moment it holds, ISO 8601 UTC. */
export interface Sanction {
  destination: string;
  workload: string;
  reason: string;
  owner: string;
  expires: string | null;
}

export interface Indicator {
  value: string;
  list: string;
  /** When the list was written, "YYYY-MM-DD HH:MM:SS" UTC: an old list is a stale one. */
  listedAt: string;
}

export interface ServiceDomain {
  domain: string;
  kind: string;
  list: string;
}

/** What the user or our curated lists say about destinations. */
export interface References {
  sanctions: Sanction[];
  indicators: Indicator[];
  services: ServiceDomain[];
}

/** Puts the lists beside the events, so that analytics can join them. Sanctions are applied to findings (correlate/). */
export async function deriveReferences(store: Store, references: References): Promise<void> {
  const indicators = references.indicators.map((indicator) => ({
    value: indicator.value,
    kind: /^[0-9a-fA-F.:]+$/.test(indicator.value) ? 'ip' : 'domain',
    list: indicator.list,
    valid_from: '1970-01-01 00:00:00',
    listed_at: indicator.listedAt,
    valid_to: '2200-01-01 00:00:00',
  }));
  await Promise.all([
    replaceRows(store, 'threat_indicator', indicators),
    replaceRows(store, 'service', references.services),
  ]);
}

async function replaceRows(store: Store, table: string, rows: object[]): Promise<void> {
  await store.run(`TRUNCATE TABLE ${table}`);
  await store.insert(table, rows as Record<string, unknown>[]);
}

export const toSanctions = (config: Config): Sanction[] =>
  config.sanctioned.flatMap((entry) =>
    [entry.destination].flat().map((destination) => ({
      destination,
      workload: entry.workload,
      reason: entry.reason,
      owner: entry.owner,
      expires: entry.expires ? `${entry.expires}T23:59:59Z` : null,
    })),
  );

/** A plain list: one domain or address a line, # starts a comment. */
export async function readIndicatorList(file: string, list: string): Promise<Indicator[]> {
  const [text, { mtime }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
  const listedAt = mtime.toISOString().slice(0, 19).replace('T', ' ');
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, '').trim().toLowerCase())
    .filter((value) => value !== '')
    .map((value) => ({ value, list, listedAt }));
}

/** Our curated list: intel/exfil-services.yaml, services: [{ kind, domains: […] }]. */
export async function readServices(file: string): Promise<ServiceDomain[]> {
  const data = parseYaml(await readFile(file, 'utf8'), file);
  if (!Array.isArray(data.services)) throw new ContentError(`${file}:1:1: no list "services"`);
  return (data.services as { kind: string; domains: string[] }[]).flatMap((service) =>
    service.domains.map((domain) => ({
      domain: domain.toLowerCase(),
      kind: service.kind,
      list: 'exfil-services',
    })),
  );
}
