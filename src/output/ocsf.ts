import type { Finding, FindingDetail, HuntResult, Severity, Term } from '../model/hunt-result.js';
import type { KeptFinding } from '../model/live.js';
import { ATTACK_RELEASE, parentOf, tacticOf } from './attack.js';
import { forJsonOutput } from './escape.js';
import type {
  OcsfAnalytic,
  OcsfAttack,
  OcsfContainer,
  OcsfDetectionFinding,
  OcsfEndpoint,
  OcsfEvidence,
} from './ocsf-types.js';
import { findingsOf } from './summary.js';

const SEVERITY_IDS: Record<Severity, { severity_id: number; severity: string }> = {
  informational: { severity_id: 1, severity: 'Informational' },
  low: { severity_id: 2, severity: 'Low' },
  medium: { severity_id: 3, severity: 'Medium' },
  high: { severity_id: 4, severity: 'High' },
  critical: { severity_id: 5, severity: 'Critical' },
};

const STATUSES: Record<Finding['status'], { status_id: number; status: string }> = {
  open: { status_id: 1, status: 'New' },
  suppressed: { status_id: 3, status: 'Suppressed' },
  candidate: { status_id: 99, status: 'Candidate' },
};

/** Evidence rows a finding carries; a consumer's size limits are met, and the query gives back all. */
const MOST_EVIDENCE_ROWS = 100;

/** Open and suppressed findings, with `all` also candidates: one OCSF Detection Finding a line. */
export function renderOcsf(result: HuntResult, options: { all?: boolean } = {}): string {
  const findings = [...findingsOf(result, 'open'), ...findingsOf(result, 'suppressed')];
  if (options.all) findings.push(...findingsOf(result, 'candidate'));
  return findings.map((finding) => `${forJsonOutput(JSON.stringify(toOcsf(finding, result)))}\n`).join('');
}

/**
 * A finding as OCSF 1.8.0 Detection Finding. `time` is when the finding was made, `start_time` and `end_time` when
 * it happened, as the class asks. Terms, attribution and priority have no OCSF attribute: `unmapped.stowaway`.
 */
export function toOcsf(
  finding: Finding,
  result: Pick<HuntResult, 'startedAt' | 'version' | 'details'>,
): OcsfDetectionFinding {
  const created = Date.parse(result.startedAt);
  const first = Date.parse(finding.window.from);
  const last = Date.parse(finding.window.to);
  return {
    activity_id: 1,
    activity_name: 'Create',
    category_uid: 2,
    category_name: 'Findings',
    class_uid: 2004,
    class_name: 'Detection Finding',
    type_uid: 200401,
    type_name: 'Detection Finding: Create',
    ...SEVERITY_IDS[finding.severity],
    time: created,
    start_time: first,
    end_time: last,
    ...STATUSES[finding.status],
    is_alert: finding.status === 'open',
    ...confidence(finding.score),
    message: finding.why,
    metadata: {
      version: '1.8.0',
      product: { name: 'Stowaway', vendor_name: 'Stowaway', version: result.version },
      correlation_uid: finding.incident,
    },
    finding_info: findingInfo(finding, { created, first, last }),
    evidences: evidences(finding, detailOf(finding, result)),
    resources: [resource(finding)],
    unmapped: { stowaway: unmapped(finding) },
  };
}

/** The same of a finding through its life. */
export function toKeptOcsf(
  { kept, detail }: { kept: KeptFinding; detail: FindingDetail | null },
  version: string,
): OcsfDetectionFinding {
  const finding = toOcsf(kept.finding, {
    ...{ startedAt: kept.opened_at, version, details: detail ? [detail] : [] },
  });
  return kept.state === 'closed' ? { ...finding, status_id: 4, status: 'Resolved' } : finding;
}

function findingInfo(
  finding: Finding,
  at: { created: number; first: number; last: number },
): OcsfDetectionFinding['finding_info'] {
  return {
    uid: finding.uid,
    title: `${finding.title}: ${finding.entity.name}`,
    desc: finding.why,
    created_time: at.created,
    first_seen_time: at.first,
    last_seen_time: at.last,
    analytic: { uid: finding.strategy, name: finding.title, type_id: 2, type: 'Behavioral' },
    related_analytics: relatedAnalytics(finding.terms),
    attacks: [attack(finding)],
  };
}

function attack(finding: Finding): OcsfAttack {
  const tactic = tacticOf(finding.technique);
  const parent = parentOf(finding.technique);
  const named = { uid: finding.technique, name: finding.title };
  return {
    version: ATTACK_RELEASE,
    ...(tactic && { tactic }),
    ...(parent === finding.technique
      ? { technique: named }
      : { technique: { uid: parent }, sub_technique: named }),
  };
}

/** Each analytic once: traffic is measured against a baseline (Statistical), all else follows stated rules. */
function relatedAnalytics(terms: readonly Term[]): OcsfAnalytic[] {
  const firstOf = new Map<string, Term>();
  for (const term of terms) if (!firstOf.has(term.analytic)) firstOf.set(term.analytic, term);
  return [...firstOf.values()].map((term) => ({
    uid: term.analytic,
    name: term.analytic,
    ...(term.class === 'traffic' ? { type_id: 3, type: 'Statistical' } : { type_id: 1, type: 'Rule' }),
    category: term.class,
    desc: term.says,
  }));
}

function evidences(finding: Finding, detail: FindingDetail | undefined): OcsfEvidence[] {
  const source = sourceEndpoint(finding);
  const holder = container(finding);
  const common = { src_endpoint: source, ...(holder && { container: holder }) };
  const sent = finding.destinations.map((to): OcsfEvidence => {
    const target = endpoint(to);
    return {
      name: 'destination',
      ...common,
      ...(target && { dst_endpoint: target }),
      data: { bytes_out: to.bytes_out },
    };
  });
  const rows = (detail?.evidence ?? []).slice(0, MOST_EVIDENCE_ROWS).map((row): OcsfEvidence => {
    const { time, source: log, class: kind, text, file, line } = row;
    return { name: `${log} ${kind}`, ...common, data: { time, source: log, class: kind, text, file, line } };
  });
  return [...sent, ...rows];
}

function sourceEndpoint({ entity }: Finding): OcsfEndpoint {
  return { name: entity.name, ...(entity.ip ? { ip: entity.ip } : {}) };
}

function endpoint(to: { ip: string; port: number; domain: string }): OcsfEndpoint | undefined {
  if (to.ip === '' && to.domain === '') return undefined;
  return {
    ...(to.ip === '' ? {} : { ip: to.ip }),
    ...(to.domain === '' ? {} : { domain: to.domain }),
    ...(to.port > 0 ? { port: to.port } : {}),
  };
}

/** Only what is a container: an address or a node is none. */
function container({ entity }: Finding): OcsfContainer | undefined {
  if (entity.container_uid === null && entity.kind !== 'container') return undefined;
  return {
    ...(entity.container_uid === null ? {} : { uid: entity.container_uid }),
    name: entity.name,
    ...(entity.image === null ? {} : { image: { uid: entity.image, name: entity.image } }),
  };
}

function resource({ entity }: Finding): OcsfDetectionFinding['resources'][number] {
  return {
    type: entity.kind,
    name: entity.name,
    ...(entity.container_uid === null ? {} : { uid: entity.container_uid }),
    ...(entity.ip === null ? {} : { ip: entity.ip }),
  };
}

function confidence(score: number): { confidence_id: number; confidence: string; confidence_score: number } {
  const confidence_score = Math.round(score * 100);
  if (score >= 0.9) return { confidence_id: 3, confidence: 'High', confidence_score };
  if (score >= 0.6) return { confidence_id: 2, confidence: 'Medium', confidence_score };
  return { confidence_id: 1, confidence: 'Low', confidence_score };
}

function unmapped(finding: Finding): Record<string, unknown> {
  const { strategy, score, terms, entity, attribution, incident, priority, suppressed_by, evidence_query } =
    finding;
  return { strategy, score, terms, entity, attribution, incident, priority, suppressed_by, evidence_query };
}

function detailOf(finding: Finding, result: Pick<HuntResult, 'details'>): FindingDetail | undefined {
  return result.details.find((detail) => detail.uid === finding.uid);
}
