import type { Allowance, AllowanceEntry } from './allowance.js';
import type { Finding } from './hunt-result.js';
import type { KeptFinding } from './live.js';

/** Who did something, when (ISO 8601 UTC) and why. */
export interface Deed {
  by: string;
  at: string;
  why: string;
}

/** An allowance of a running server, whoever stated it. */
export interface ListedAllowance {
  /** Null: the configuration states it, and it is changed there. */
  id: string | null;
  state: 'active' | 'expired' | 'revoked';
  allowance: Omit<Allowance, 'given'>;
  given: Deed | null;
  revoked: Deed | null;
  /** Findings that it ever hid, and those of them that it hides now. */
  hid: number;
  hides: number;
}

/** Findings an allowance would hide; at most some are named. */
export interface WouldHide {
  looked_at: number;
  hidden: number;
  findings: KeptFinding[];
}

export interface AllowancePreview {
  /** Why it is not taken: it would hide true positives; null: nothing speaks against it. */
  refused: string | null;
  /** What somebody judged a true positive, and it would hide at whatever time: when an attack comes is the attacker's choice. */
  true_positives: KeptFinding[];
  /** Open findings, as they are judged at present. */
  open: WouldHide;
  /** Closed ones; they stay as they are. */
  past: WouldHide;
  /** Of the present judgement: they would open, since what stood in for them would be hidden. */
  opened: Finding[];
}

/** The allowances of a running server. */
export interface Allowances {
  list(): Promise<ListedAllowance[]>;
  preview(entry: AllowanceEntry): Promise<AllowancePreview>;
  /** @throws AllowanceRefused */
  add(id: string, entry: AllowanceEntry, by: string): Promise<ListedAllowance>;
  /** null: none of that id is in force. */
  revoke(id: string, by: string, why: string): Promise<ListedAllowance | null>;
}

/** An allowance that is not taken; the message says what speaks against it. */
export class AllowanceRefused extends Error {
  override name = 'AllowanceRefused';
}
