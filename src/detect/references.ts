import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Allowance, endOfDay, toAllowance } from '../model/allowance.js';
import type { Config } from '../model/config.js';
import { ContentError, parseYaml } from '../model/front-matter.js';
import type { Store } from '../store/store.js';
import type { Indicator } from './indicators/indicator.js';

export interface ServiceDomain {
  domain: string;
  kind: string;
  list: string;
}

/** What the user or our curated lists say about destinations. */
export interface References {
  allowances: Allowance[];
  indicators: Indicator[];
  services: ServiceDomain[];
}

/** Puts the lists beside the events, so that analytics can join them. Allowances are applied to findings (correlate/). */
export async function deriveReferences(store: Store, references: References): Promise<void> {
  const indicators = references.indicators.map((indicator) => ({
    value: indicator.value,
    kind: indicator.kind,
    list: indicator.list,
    valid_from: indicator.validFrom,
    listed_at: indicator.listedAt,
    valid_to: indicator.validTo,
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

/** Everything stowaway.yaml authorises: stated destinations, and activities. */
export const allowancesOf = (config: Config): Allowance[] => [
  ...config.allowances.map(toAllowance),
  ...config.sanctioned.map(({ destination, workload, reason, owner, expires }) => ({
    workload,
    image: '*',
    destinations: [destination].flat(),
    techniques: null,
    schedule: null,
    reason,
    owner,
    expires: expires === undefined ? null : endOfDay(expires),
  })),
];

/** A curated list of intel/: services: [{ kind, domains: […] }]; its name is the file's. */
export async function readServices(file: string): Promise<ServiceDomain[]> {
  const data = parseYaml(await readFile(file, 'utf8'), file);
  if (!Array.isArray(data.services)) throw new ContentError(`${file}:1:1: no list "services"`);
  return (data.services as { kind: string; domains: string[] }[]).flatMap((service) =>
    service.domains.map((domain) => ({
      domain: domain.toLowerCase(),
      kind: service.kind,
      list: basename(file, '.yaml'),
    })),
  );
}
