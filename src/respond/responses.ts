import type { Change } from './change.js';
import type { EvidenceFile, LedgerRecord, Verification } from './ledger.js';
import type { Plan } from './plan.js';

/** `unknown`: an intent without an outcome, as after a crash. */
export type Known = 'yes' | 'no' | 'unknown';

export interface ChangeState {
  index: number;
  change: Change;
  inverse: Change | null;
  /** Time of the intent. */
  at: string;
  applied: Known;
  /** Null while nobody tried. */
  reverted: Known | null;
  note: string;
}

/** A plan with everything the ledger says of it. */
export interface Response {
  hash: string;
  plan: Plan;
  planned_at: string;
  approvals: { at: string; by: string; reason: string; segment: string | null }[];
  evidence: EvidenceFile[];
  changes: ChangeState[];
  /** First effect. */
  began_at: string | null;
  contained_at: string | null;
  expires_at: string | null;
  verification: Verification | null;
  closed: { at: string; why: string } | null;
}

/** Folds the ledger, oldest first. A record about a plan that is not in the ledger is passed over. */
export function responsesOf(records: LedgerRecord[]): Response[] {
  const responses = new Map<string, Response>();
  for (const record of records) {
    if (record.type === 'planned') {
      if (!responses.has(record.hash)) responses.set(record.hash, blank(record.hash, record.plan, record.at));
      continue;
    }
    const response = responses.get(record.hash);
    if (response) fold(response, record);
  }
  return [...responses.values()];
}

const blank = (hash: string, plan: Plan, planned_at: string): Response => ({
  hash,
  plan,
  planned_at,
  approvals: [],
  evidence: [],
  changes: [],
  began_at: null,
  contained_at: null,
  expires_at: null,
  verification: null,
  closed: null,
});

function fold(response: Response, record: Exclude<LedgerRecord, { type: 'planned' }>): void {
  switch (record.type) {
    case 'approved': {
      const { at, by, reason, segment } = record;
      response.approvals.push({ at, by, reason, segment });
      break;
    }
    case 'evidence':
      response.evidence = record.files;
      break;
    case 'intent':
      foldIntent(response, record);
      break;
    case 'outcome': {
      const state = response.changes.find((each) => each.index === record.index);
      if (!state) break;
      if (record.phase === 'apply') state.applied = record.ok ? 'yes' : 'no';
      else state.reverted = record.ok ? 'yes' : 'no';
      state.note = record.note;
      break;
    }
    case 'contained':
      response.contained_at = record.at;
      response.expires_at = record.expires_at;
      break;
    case 'verified':
      response.verification = record.verification;
      break;
    case 'closed':
      response.closed = { at: record.at, why: record.why };
  }
}

function foldIntent(response: Response, record: Extract<LedgerRecord, { type: 'intent' }>): void {
  const { index, change, inverse, at, phase } = record;
  const known = response.changes.find((each) => each.index === index);
  if (phase === 'apply') {
    response.began_at ??= at;
    if (!known)
      response.changes.push({ index, change, inverse, at, applied: 'unknown', reverted: null, note: '' });
  } else if (known) {
    known.reverted = 'unknown';
    known.at = at;
  }
}

export type Status = 'planned' | 'approved' | 'lapsed' | 'half done' | 'contained' | 'reverting' | 'closed';

/** `lapsed`: never carried out, and too old to be. */
export function statusOf(response: Response, now: Date): Status {
  if (response.closed) return 'closed';
  if (response.changes.some((change) => change.reverted !== null)) return 'reverting';
  if (response.contained_at !== null) return 'contained';
  if (response.changes.length > 0) return 'half done';
  if (now.getTime() > Date.parse(response.plan.valid_until)) return 'lapsed';
  return response.approvals.length > 0 ? 'approved' : 'planned';
}
