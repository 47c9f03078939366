import { BlockList, isIP } from 'node:net';
import type { Sanction } from '../detect/references.js';
import type { Destination, Finding } from '../model/hunt-result.js';

/** The sanction that covers every destination of the finding, was in force, and is meant for this entity; else null. */
export function findSanction(finding: Finding, sanctions: Sanction[]): Sanction | null {
  if (finding.destinations.length === 0) return null;
  const applicable = sanctions.filter(
    (sanction) =>
      globMatches(sanction.workload, finding.entity.name) &&
      (sanction.expires === null || finding.window.to <= sanction.expires),
  );
  const covering = finding.destinations.map((destination) =>
    applicable.find((sanction) => covers(sanction.destination, destination)),
  );
  return covering.every((sanction) => sanction !== undefined) ? covering[0]! : null;
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

function globMatches(pattern: string, text: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${escaped}$`, 's').test(text);
}
