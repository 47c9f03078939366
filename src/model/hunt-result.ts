/**
 * What a hunt yields. The part named in `HuntReport` is the contract other programs read (`--format json`,
 * documented in docs/hunt-report.schema.json); `HuntResult` adds what only our own outputs draw.
 */

/** Kinds of evidence. Hits of one class are not independent, so only the strongest of a class counts. */
export type EvidenceClass = 'traffic' | 'destination' | 'process' | 'file' | 'orchestration' | 'registry';

/** How an event was tied to its entity, best first. `ambiguous` names nobody: several holders remained. */
export type AttributionMethod = 'native' | 'ip+time' | 'cgroup' | 'cidr' | 'address' | 'ambiguous' | 'none';

export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'informational';

/** "Nothing found" and "could not look" are different: `degraded` and `blind` always carry reasons. */
export type StrategyStateName = 'fired' | 'quiet' | 'degraded' | 'blind';

export interface InputSummary {
  source: string;
  /** Files read as this source. */
  files: number;
  /** Rows stored. */
  events: number;
  rejected: number;
  /** Rows that were already there, from an overlapping or repeated log. */
  duplicates: number;
  /** ISO 8601 UTC, or null when nothing was stored. */
  from: string | null;
  to: string | null;
}

export interface StrategyState {
  id: string;
  technique: string;
  title: string;
  state: StrategyStateName;
  reasons: string[];
}

export interface Entity {
  /** volume: what several workloads wrote into. actor: who reached into several of them. repository: where a code host or registry names nobody inside. */
  kind: 'workload' | 'container' | 'address' | 'node' | 'volume' | 'actor' | 'repository';
  /** What an analyst calls it: workload name, else container name, else the address. */
  name: string;
  ip: string | null;
  container_uid: string | null;
  image: string | null;
}

export interface Destination {
  ip: string;
  port: number;
  /** '' when no name was seen. */
  domain: string;
  bytes_out: number;
}

/** One term of the noisy-or. `counted` is false when a stronger hit of its class stood before it, or p < 0.2. */
export interface Term {
  analytic: string;
  class: EvidenceClass;
  /** 0..1 */
  likelihood: number;
  counted: boolean;
  /** The numbers behind the likelihood, named with units (`bytes_out`, `baseline_median_bytes`, …). */
  measured: Record<string, string | number>;
  /** One clause for the why sentence, e.g. "24 MB out, 80 times its usual hour". */
  says: string;
  window: { from: string; to: string };
}

export interface Finding {
  /** Deterministic: strategy, entity and start of the episode. */
  uid: string;
  strategy: string;
  technique: string;
  title: string;
  severity: Severity;
  /** 1 − ∏(1 − p) over the counted terms, 0..1 */
  score: number;
  entity: Entity;
  attribution: { method: AttributionMethod; confidence: number };
  window: { from: string; to: string };
  destinations: Destination[];
  /** Id shared by the findings of one story. */
  incident: string;
  /** Palantir's priority, from the strategy's own criteria. */
  priority: 'high' | 'medium' | 'low';
  /** `candidate`: hits below the strategy's threshold, listed only with --all; never an alert. */
  status: 'open' | 'suppressed' | 'candidate';
  why: string;
  /** One SQL statement that gives back the rows behind the finding. */
  evidence_query: string;
  terms: Term[];
  /** The allowance or sanction that hid it: its reason, owner and last day; or null. */
  suppressed_by: string | null;
}

/** The versioned contract of `--format json`. */
export interface HuntReport {
  version: 1;
  inputs: InputSummary[];
  strategies: StrategyState[];
  findings: Finding[];
  suppressed: number;
  /** Only there when the hunt was interrupted: what stands here is what was read until then. */
  partial?: true;
}

/** One rejected line. Text is masked and escaped before it is shown. */
export interface DeadLetter {
  file: string;
  line: number;
  reason: string;
  source: string;
}

/** A file or stretch of a file nobody could read, with what to do about it. */
export interface InputProblem {
  /** file, or file:line */
  where: string;
  what: string;
  advice: string;
  /** `error`: data was lost to the hunt. `unread`: text in no format we know, which may hold events. `note`: nothing is missing. */
  level: 'error' | 'unread' | 'note';
}

/** Outbound bytes per bucket, with the usual range where one is known; for the picture in the report. */
export interface SeriesPoint {
  time: string;
  bytes_out: number;
}

/** One row of evidence on the common clock. */
export interface EvidenceRow {
  time: string;
  /** Id of the source that read the row. */
  source: string;
  /** Lane of the picture. */
  class: EvidenceClass;
  text: string;
  file: string;
  line: number;
}

export interface FindingDetail {
  uid: string;
  /** Width of a bucket of `series` in seconds. */
  bucket_seconds: number;
  series: SeriesPoint[];
  baseline: { rung: string; median: number; upper: number } | null;
  evidence: EvidenceRow[];
  /** How many evidence rows there are when not all are listed. */
  evidence_total: number;
}

export interface HuntResult {
  report: HuntReport;
  details: FindingDetail[];
  /** Every assumption made because nothing was stated: what is inside, time zones, … */
  assumptions: string[];
  problems: InputProblem[];
  /** Loads whose rows do not add up; not empty means exit code 1. */
  mismatches: string[];
  /** Per strategy: what of it could not be asked, or was cut short. Its state says so, too. */
  failures: { strategy: string; reason: string }[];
  deadLetters: { total: number; sample: DeadLetter[] };
  /** Sensors' clocks that were aligned: source, offset and error in seconds. */
  clocks: { source: string; offset_seconds: number; error_seconds: number; matches: number }[];
  /** True when a limit or interruption stopped it before the end. */
  partial: boolean;
  /** Periodic contacts, uploads or not: shown, never an alert by themselves. */
  beacons: Beacon[];
  /** Findings as they would stand with the proposed allowances; empty when none were proposed. */
  proposed: Finding[];
  /** The same rows judged under other parameters, in the order of the trials asked for. */
  trials: Trial[];
  paths: string[];
  startedAt: string;
  elapsedSeconds: number;
  version: string;
}

/** What stands in a report, as it would be under other parameters. */
export type Trial = Pick<HuntReport, 'findings' | 'strategies'>;

/** Regularity of one pair, in RITA's names for the scores (0..1 each). */
export interface Beacon {
  entity: string;
  destination: string;
  count: number;
  median_interval_seconds: number;
  timestamp_score: number;
  data_size_score: number;
  bytes_out: number;
  bytes_in: number;
}
