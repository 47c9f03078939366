import { isIP } from 'node:net';
import { z } from 'zod';
import { type Schedule, scheduleEntry } from './schedule.js';

const names = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** An address with a number of bits that no address has would be told by whatever it is held against, far from here. */
const destination = z
  .string()
  .min(1)
  .refine(isDestination, 'a domain, an address, or a network such as 198.51.100.0/24');

function isDestination(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (bits === undefined) return true;
  return (
    more.length === 0 && family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
  );
}

const lastDay = z.union([z.iso.date(), z.iso.datetime()], {
  error: 'a day such as 2026-12-31, or a moment such as 2026-12-31T18:00:00Z',
});

/** One entry of `allowances` in stowaway.yaml. */
export const allowanceEntry = z
  .strictObject({
    workload: z
      .string()
      .min(1)
      .optional()
      .describe('Name of the workload or address it holds for; * and ? are wildcards.'),
    image: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Image it holds for; * and ? are wildcards. A finding whose image nobody knows is not meant.',
      ),
    destination: z
      .union([destination, z.array(destination).min(1)])
      .optional()
      .describe('Domain (covers its subdomains), address or network; without it, any destination.'),
    technique: names
      .optional()
      .describe('ATT&CK techniques of the findings it holds for, such as T1020; without it, any.'),
    schedule: scheduleEntry
      .optional()
      .describe('When it is authorised; a finding must lie wholly within one window.'),
    reason: z.string().min(3).describe('Why this is allowed; shown with each suppressed finding.'),
    owner: z.string().min(1).describe('Who answers for it.'),
    expires: lastDay.describe(
      'Last day it holds (YYYY-MM-DD, UTC), or the last moment, by the time of the event.',
    ),
  })
  .refine((entry) => entry.workload ?? entry.image ?? entry.destination, {
    message: 'name a workload, an image or a destination: an allowance for everything is none',
  })
  .describe('An activity somebody authorised.');

export type AllowanceEntry = z.infer<typeof allowanceEntry>;

/** Activity somebody authorised, ready to be held against findings. */
export interface Allowance {
  workload: string;
  image: string;
  /** Null: any. */
  destinations: string[] | null;
  techniques: string[] | null;
  schedule: Schedule | null;
  reason: string;
  owner: string;
  /** Last moment it holds, ISO 8601 UTC; null: always. */
  expires: string | null;
  /** Its name and who gave it to a running server; absent where a configuration states it. */
  given?: { id: string; by: string };
}

export function toAllowance(entry: AllowanceEntry): Allowance {
  return {
    workload: entry.workload ?? '*',
    image: entry.image ?? '*',
    destinations: entry.destination === undefined ? null : [entry.destination].flat(),
    techniques: entry.technique === undefined ? null : [entry.technique].flat(),
    schedule: entry.schedule ?? null,
    reason: entry.reason,
    owner: entry.owner,
    expires: entry.expires.includes('T') ? entry.expires : endOfDay(entry.expires),
  };
}

/** What somebody says is allowed. */
export interface Authorisation {
  allowances: Allowance[];
  /** Names of workloads that build and push; * and ? are wildcards. */
  buildWorkloads: string[];
}

/** A date is over when its day is over in UTC. */
export const endOfDay = (date: string): string => `${date}T23:59:59.999999Z`;

/** What is shown with a finding that it hides. */
export function describeAllowance({ reason, owner, expires, given }: Allowance): string {
  const until = expires === null ? '' : `, until ${describeEnd(expires)}`;
  return `${reason} (${owner}${until}${given ? `; allowance ${given.id} by ${given.by}` : ''})`;
}

const describeEnd = (expires: string): string =>
  expires === endOfDay(expires.slice(0, 10)) ? expires.slice(0, 10) : expires;

/** What a finding that is hidden as a build job's usual push begins its reason with. */
export const describeBuildWorkload = (pattern: string): string =>
  `build workload ${pattern} of stowaway.yaml: `;
