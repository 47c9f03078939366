import { lookup } from 'node:dns/promises';

/** What channels touch beside their receiver. */
export interface Surroundings {
  /** Value of an environment variable; only src/cli may read them. */
  environment(name: string): string | undefined;
  /** Every address of a host name. */
  resolve(hostname: string): Promise<Address[]>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Of Stowaway. */
  version: string;
  /** From the first packet to the end of the answer. */
  timeoutMs: number;
}

export interface Address {
  address: string;
  family: number;
}

export const resolveAll = (hostname: string): Promise<Address[]> =>
  lookup(hostname, { all: true, order: 'verbatim' });
