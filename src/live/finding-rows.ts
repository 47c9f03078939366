import type { Finding, FindingDetail } from '../model/hunt-result.js';
import type { FindingEvent, KeptFinding } from '../model/live.js';
import type { VerdictWord } from '../model/verdict-file.js';

/** A finding as a row of the store. Times are ISO 8601 UTC. */
export interface FindingRow {
  uid: string;
  version: number;
  state: KeptFinding['state'];
  opened_at: string;
  updated_at: string;
  closed_at: string | null;
  verdict: VerdictWord | null;
  assignee: string | null;
  finding: string;
}

export const iso = (column: string) => `formatDateTime(${column}, '%FT%T.%fZ', 'UTC')`;

/** Columns of a FindingRow, as a SELECT asks for them. */
export const FINDING_COLUMNS = `uid, version, state, ${iso('opened_at')} AS opened_at, ${iso('updated_at')} AS updated_at,
  if(isNull(closed_at), NULL, ${iso("ifNull(closed_at, toDateTime64(0, 3, 'UTC'))")}) AS closed_at, verdict, assignee, finding`;

export const EVENT_COLUMNS = `uid, version, ${iso('at')} AS at, what, who, why`;

export const fromRow = ({ finding, ...row }: FindingRow): KeptFinding => ({
  ...row,
  opened_at: millis(row.opened_at),
  updated_at: millis(row.updated_at),
  closed_at: row.closed_at === null ? null : millis(row.closed_at),
  finding: JSON.parse(finding) as Finding,
});

export const fromEventRow = (row: FindingEvent): FindingEvent => ({ ...row, at: millis(row.at) });

/** "…27.988000Z" to "…27.988Z": what JavaScript writes. */
export const millis = (text: string): string => new Date(text).toISOString();

export const forEngine = (time: string): string => time.replace('T', ' ').replace('Z', '');

export function toRow(kept: KeptFinding, detail: FindingDetail | null): Record<string, unknown> {
  const { finding } = kept;
  const { entity, destinations } = finding;
  const named = destinations.flatMap(({ domain, ip }) => [domain, ip]);
  return {
    uid: kept.uid,
    version: kept.version,
    strategy: finding.strategy,
    entity_kind: entity.kind,
    entity_name: entity.name,
    incident: finding.incident,
    severity: finding.severity,
    status: finding.status,
    state: kept.state,
    score: finding.score,
    window_from: forEngine(finding.window.from),
    window_to: forEngine(finding.window.to),
    opened_at: forEngine(kept.opened_at),
    updated_at: forEngine(kept.updated_at),
    closed_at: kept.closed_at === null ? null : forEngine(kept.closed_at),
    verdict: kept.verdict,
    assignee: kept.assignee,
    searched: [entity.name, entity.ip, finding.why, ...named].join('\n').toLowerCase(),
    finding: JSON.stringify(finding),
    detail: detail === null ? '' : JSON.stringify(detail),
  };
}

export const toEventRow = (event: FindingEvent): Record<string, unknown> => ({
  ...event,
  at: forEngine(event.at),
});
