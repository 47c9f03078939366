import type { AllowanceEntry } from '../../../src/model/allowance.js';
import type { Finding } from '../../../src/model/hunt-result.js';
import { WEEK } from '../../../src/output/describe-schedule.js';

type AllowanceDays = NonNullable<AllowanceEntry['schedule']>['days'];

/** What the form of an allowance holds: text, as it is typed. */
export interface Draft {
  workload: string;
  image: string;
  /** One a line. */
  destinations: string;
  technique: string;
  hasHours: boolean;
  days: AllowanceDays;
  from: string;
  to: string;
  timeZone: string;
  reason: string;
  owner: string;
  expires: string;
}

const DAY_MS = 86_400_000;
const LONGEST_DAYS = 7;

const dayIn = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
export const today = (): string => dayIn(0);

const LONGEST = 500;

/**
 * A star in a name that somebody chose would mean any name, and what cannot be seen cannot be checked: one character of any kind is the
 * narrowest that can be said.
 */
const asPattern = (name: string): string =>
  name.replace(/[*\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?').slice(0, LONGEST);

/** What is no name of a host is allowed by its address. What looks like a network would be one, and is none. */
const placeOf = ({ domain, ip }: Finding['destinations'][number]): string =>
  /^[\w.-]{1,253}$/.test(domain) ? domain : asPattern(ip).replaceAll('/', '?');

/** As narrow as the finding is; without one, empty. */
export function draftOf(finding: Finding | null, owner: string): Draft {
  const named = finding?.destinations.map(placeOf) ?? [];
  return {
    workload: asPattern(finding?.entity.name ?? ''),
    image: '',
    destinations: [...new Set(named)].join('\n'),
    technique: finding?.technique ?? '',
    ...{ hasHours: false, days: [...WEEK], from: '22:00', to: '06:00', timeZone: 'UTC' },
    ...{ reason: '', owner },
    expires: dayIn(LONGEST_DAYS),
  };
}

const listed = (text: string): string[] =>
  text
    .split(/[\n,]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** What the server takes: what is empty is not said. */
export function entryOf(draft: Draft): AllowanceEntry {
  const { workload, image, destinations, technique, hasHours, days, from, to, timeZone } = draft;
  const [places, techniques] = [listed(destinations), listed(technique)];
  return {
    ...(workload.trim() !== '' && { workload: workload.trim() }),
    ...(image.trim() !== '' && { image: image.trim() }),
    ...(places.length > 0 && { destination: places }),
    ...(techniques.length > 0 && { technique: techniques }),
    ...(hasHours && { schedule: { days, from, to, time_zone: timeZone.trim() } }),
    reason: draft.reason.trim(),
    owner: draft.owner.trim(),
    expires: draft.expires,
  };
}
