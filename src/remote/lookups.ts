import { lookup } from 'node:dns/promises';

/** What it takes to find a target and its secrets. */
export interface Lookups {
  /** Value of an environment variable; only src/cli may read them. */
  environment(name: string): string | undefined;
  /** Every address of a host name. */
  resolve(hostname: string): Promise<Address[]>;
}

export interface Address {
  address: string;
  family: number;
}

export const resolveAll = (hostname: string): Promise<Address[]> =>
  lookup(hostname, { all: true, order: 'verbatim' });
