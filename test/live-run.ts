import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deriveOpenConnections } from '../src/detect/open-connections.js';
import { sealConnections } from '../src/detect/seal.js';
import { Detector } from '../src/live/detector.js';
import { KeptFindings } from '../src/live/kept-findings.js';
import { openLiveStore } from '../src/live/open-store.js';
import type { Finding } from '../src/model/hunt-result.js';
import { hunt } from '../src/pipeline.js';
import { type Store, type StoreLocation, withSettings } from '../src/store/store.js';
import { impatientContent } from './impatient.js';
import type { Recording } from './recorded.js';
import { WaitingFiles } from './waiting-files.js';

/** What is judged, without when it was told: an episode may begin at another moment for who saw it grow. */
const told = ({ strategy, entity, status, severity, score, destinations, terms }: Finding) => ({
  strategy,
  entity: `${entity.kind}:${entity.name}`,
  status,
  severity,
  score,
  destinations,
  terms: terms.map(({ analytic, likelihood, says }) => ({ analytic, likelihood, says })),
});

export const sorted = (findings: Finding[]) =>
  findings
    .filter(({ status }) => status !== 'candidate')
    .map(told)
    .sort((a, b) => `${a.strategy} ${a.entity}`.localeCompare(`${b.strategy} ${b.entity}`));

/** What was worked out of the events, in numbers that do not depend on the order of rows. */
const SUMS = `
SELECT * FROM (SELECT 'connection' AS what, count() AS n, sum(bytes_out) AS a, sum(bytes_in) AS b, sum(cityHash64(src_ip, src_port, dst_ip, dst_port, time, end_time, entity_id, app)) AS c FROM connection
UNION ALL SELECT 'egress_hour', count(), sum(e.bytes_out), sum(e.connections), sum(cityHash64(entity_id, role, peer, peer_port, hour, first_minute, last_minute)) FROM egress_hour AS e
UNION ALL SELECT 'egress_pair', count(), sum(e.bytes_out), sum(e.bytes_in), sum(cityHash64(entity_id, role, peer, peer_ip, is_peer_inside, is_baseline, first_minute, last_minute)) FROM egress_pair AS e
UNION ALL SELECT 'egress_window', count(), sum(e.bytes_out), sum(e.bytes_in), sum(cityHash64(entity_id, role, scale, bucket, first_minute, last_minute)) FROM egress_window AS e
UNION ALL SELECT 'inflow_hour', count(), sum(e.bytes_in), sum(e.connections), sum(cityHash64(entity_id, source_id, how, port, hour)) FROM inflow_hour AS e
UNION ALL SELECT 'contact_minute', count(), sum(e.connections), sum(e.futile), sum(cityHash64(entity_id, target, protocol, minute)) FROM contact_minute AS e WHERE e.connections >= 3 OR e.packets >= 100)
ORDER BY what`;

export interface Run {
  detector: Detector;
  findings: KeptFindings;
  journal: WaitingFiles;
  sums(): Promise<unknown[]>;
  /** Everything is sealed that may be when nothing comes late. */
  seal(endlessSeconds: number): Promise<void>;
  close(): Promise<void>;
}

/** Where it does not load, others do. */
export async function serve(
  now: Date,
  settings: object,
  at?: StoreLocation,
  { loads = true } = {},
): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'stowaway-live-'));
  const store: Store = await openLiveStore(at ?? { path: join(folder, 'store') }, {
    events: 3650,
    connections: 3650,
    roll_ups: 3650,
  });
  const journal = new WaitingFiles();
  const findings = await KeptFindings.in(store);
  const detector = await Detector.over({
    store,
    journal: loads ? journal : null,
    content: await impatientContent(),
    findings,
    scratch: join(folder, 'scratch'),
    unread: join(folder, 'unread'),
    settings: { keptDays: 3650, ...settings },
    now: () => now,
  });
  return {
    detector,
    findings,
    journal,
    sums: () => withSettings(store, { final: 1 }).rows(SUMS),
    async seal(endlessSeconds) {
      const judged = withSettings(store, { final: 1 });
      const later = new Date(Date.now() + 1000).toISOString();
      await sealConnections(judged, { now: later, quietSeconds: 0, endlessSeconds });
      await deriveOpenConnections(judged);
    },
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const logsOf = ({ folder }: Recording): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/** What a hunt finds in a recording, the sums behind it, and a moment just after it. */
export async function huntOf(
  recorded: Recording,
): Promise<{ expected: Finding[]; sums: unknown[]; now: Date }> {
  let now = new Date(0);
  let sums: unknown[] = [];
  const result = await hunt([recorded.folder], {
    inspect: async (store) => {
      sums = await store.rows(SUMS);
      const [last] = await store.rows<{ at: string }>(
        "SELECT formatDateTime(max(end_time), '%FT%TZ', 'UTC') AS at FROM connection",
      );
      now = new Date(Date.parse(last!.at) + 1000);
    },
  });
  return { expected: result.report.findings, sums, now };
}

/** Nothing is sealed meanwhile, and each tick judges. */
export const WITHOUT_SEALING = {
  latenessSeconds: 3600,
  endlessSeconds: 3600,
  sealEverySeconds: 1e9,
  judgeEverySeconds: 0,
};

/** Three logs at a time, by name: who is who comes after what they did. */
export async function tickByTick({ journal, detector }: Run, recorded: Recording): Promise<void> {
  const logs = logsOf(recorded);
  for (let next = 0; next < logs.length; next += 3) {
    for (const log of logs.slice(next, next + 3)) journal.offer(log);
    await detector.tick();
    const { mismatches, ticks } = detector.status();
    if (ticks.last_error !== null || mismatches > 0)
      throw new Error(ticks.last_error ?? detector.status().last_mismatch!);
  }
}
