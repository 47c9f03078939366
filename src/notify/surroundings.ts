import type { Lookups } from '../remote/lookups.js';

/** What channels touch beside their receiver. */
export interface Surroundings extends Lookups {
  /** Milliseconds since 1970. */
  now(): number;
  /** Of Stowaway. */
  version: string;
  /** From the first packet to the end of the answer. */
  timeoutMs: number;
}
