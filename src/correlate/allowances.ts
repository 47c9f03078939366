import { BlockList, isIP } from 'node:net';
import type { Allowance } from '../model/allowance.js';
import type { Destination, Finding } from '../model/hunt-result.js';
import { isWithin } from '../model/schedule.js';

/**
 * The allowance that hides the finding; null when none does. Every destination must be covered, by whichever allowance
 * is meant for this entity, technique and time. `unlisted` are destinations that the finding is too short to name.
 */
export function findAllowance(
  finding: Finding,
  allowances: readonly Allowance[],
  unlisted: readonly Destination[] = [],
): Allowance | null {
  const meant = allowances.filter((allowance) => isMeant(allowance, finding));
  const general = meant.find((allowance) => allowance.destinations === null);
  if (general) return general;
  if (finding.destinations.length === 0) return null;
  const covering = [...finding.destinations, ...unlisted].map((destination) =>
    meant.find((allowance) => allowance.destinations!.some((pattern) => covers(pattern, destination))),
  );
  return covering.every((allowance) => allowance !== undefined) ? covering[0]! : null;
}

function isMeant(allowance: Allowance, { entity, technique, window }: Finding): boolean {
  return (
    globMatches(allowance.workload, entity.name) &&
    (allowance.image === '*' || (entity.image !== null && globMatches(allowance.image, entity.image))) &&
    (allowance.techniques === null || allowance.techniques.includes(technique)) &&
    (allowance.expires === null || Date.parse(window.to) <= Date.parse(allowance.expires)) &&
    (allowance.schedule === null || isWithin(allowance.schedule, window.from, window.to))
  );
}

/** A domain covers itself and what is below it; an address or network covers addresses. */
function covers(pattern: string, destination: Destination): boolean {
  const [address, bits] = pattern.split('/');
  const family = isIP(address!);
  if (family === 0) {
    const domain = destination.domain.toLowerCase();
    const wanted = pattern.toLowerCase().replace(/^\*\./, '');
    return domain === wanted || domain.endsWith(`.${wanted}`);
  }
  const list = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(address!, bits === undefined ? (family === 4 ? 32 : 128) : Number(bits), type);
  const ownFamily = isIP(destination.ip);
  return ownFamily === family && list.check(destination.ip, type);
}

/** `*` is any text, `?` any character. Takes no more steps than the texts' lengths multiplied, whatever the pattern. */
export function globMatches(pattern: string, text: string): boolean {
  const [wanted, given] = [[...pattern], [...text]];
  let at = 0;
  /** Where the last star stands, and where what it took ends so far. */
  let star = { pattern: -1, text: 0 };
  for (let place = 0; place < given.length; ) {
    if (wanted[at] === '*') {
      star = { pattern: at, text: place };
      at += 1;
    } else if (wanted[at] === '?' || wanted[at] === given[place]) {
      at += 1;
      place += 1;
    } else if (star.pattern >= 0) {
      star.text += 1;
      at = star.pattern + 1;
      place = star.text;
    } else return false;
  }
  return wanted.slice(at).every((rest) => rest === '*');
}
