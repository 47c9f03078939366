import type { EvidenceClass } from './hunt-result.js';

/** A typed parameter of a strategy: MITRE's mutable elements, and every threshold an analytic uses. */
export interface Parameter {
  name: string;
  /** ClickHouse type of the query parameter, e.g. UInt64, Float64, String. */
  type: string;
  unit: string;
  default: number | string;
  /** Inclusive bounds; absent for strings. */
  range?: [number, number] | undefined;
  /** Why the default is what it is. */
  reason: string;
  /** MITRE's name for it, where ATT&CK lists one. */
  mitre?: string | undefined;
}

/** One SQL question of a strategy: analytics/<id>.sql, its header comment parsed. */
export interface Analytic {
  id: string;
  /** What it asks, in one sentence. */
  what: string;
  class: EvidenceClass;
  /** `table` or `table.column` names that must hold rows or values; without them the analytic is blind. */
  needs: string[];
  /** Names of the strategy's parameters it uses. */
  parameters: string[];
  /** Its budget: it reads at most so many times the rows that are stored. Own strategies may leave it out. */
  cost?: number | undefined;
  /** A context analytic only strengthens: it never opens a finding without a traffic or process hit. */
  role: 'trigger' | 'context';
  sql: string;
  file: string;
}

/**
 * A standing check of an assumption: probes/<id>.sql, its header comment parsed. Its SQL returns one row: `ok UInt8`, `reason String` (shown when not ok).
 * `degraded`: the strategy still sees part of it; `blind`: zero findings mean nothing.
 */
export interface Probe {
  id: string;
  /** What is assumed, in one sentence. */
  what: string;
  whenNotOk: 'degraded' | 'blind';
  sql: string;
  file: string;
}

export interface PriorityLevel {
  level: 'high' | 'medium' | 'low';
  /** The criterion as text, and the same as numbers; every stated bound must hold. */
  when: string;
  minScore?: number;
  minBytesOut?: number;
  minClasses?: number;
  analytics?: string[];
}

/** A strategy: the machine part of strategies/<id>/strategy.md. */
export interface Strategy {
  /** Folder name: the technique and a slug. */
  id: string;
  technique: string;
  title: string;
  tactic: string;
  parent?: string;
  attack: { release: string; detectionStrategy: string; analytics: string[] };
  platforms: string[];
  /** Score a finding needs with two or more classes. */
  openAt: number;
  /** Score it needs with one class only. */
  openAtSingleClass: number;
  /** Analytics of which at least one must have hit (any of them): what makes it this technique. */
  requires: string[];
  /** Strategies whose finding this one stands in for when both tell of the same transfer. */
  replaces: string[];
  /** Analytics that tell what no build job does; where absent, the strategy makes no allowance for build jobs. */
  buildJobsUnless?: string[] | undefined;
  /** Hits of one entity further apart than this are different episodes. */
  correlationWindowSeconds: number;
  /** A server asks its analytics this often while events come. */
  tickSeconds: number;
  /** Ids of analytics taken from strategies/_shared/analytics. */
  shared: string[];
  /** Ids of probes taken from strategies/_shared/probes. */
  sharedProbes: string[];
  parameters: Parameter[];
  priority: PriorityLevel[];
  /** Own and shared ones, by id. */
  probes: Probe[];
  /** Requirement id (E1.1, …) to the ids of what carries it: analytics, probes, scenarios, steps, parameters. */
  carries: Record<string, string[]>;
  /** Own and shared ones, by id. */
  analytics: Analytic[];
  folder: string;
  /** The strategy.md. */
  file: string;
}

/** A row an analytic returns. The columns every analytics/*.sql must name. */
export interface Hit {
  strategy: string;
  analytic: string;
  class: EvidenceClass;
  /** Key of the `entity` table. */
  entity_id: string;
  /** ISO 8601 UTC */
  from: string;
  to: string;
  likelihood: number;
  says: string;
  measured: Record<string, string | number>;
  /** Whom this hit is about, as `connection.peer` names them: a domain, else an address. Empty: nobody in particular. */
  destinations: string[];
}
