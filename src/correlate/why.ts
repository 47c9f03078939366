import type { Term } from '../model/hunt-result.js';
import type { EntityFacts } from './entity-facts.js';

/** One sentence: how much went where, and what the counted terms say. */
export function explain(facts: EntityFacts, terms: Term[]): string {
  const reasons = terms.filter((term) => term.counted).map((term) => term.says);
  const also = terms
    .filter((term) => !term.counted && term.likelihood >= 0.3)
    .slice(0, 2)
    .map((term) => term.says);
  const sent = facts.destinations.reduce((sum, destination) => sum + destination.bytes_out, 0);
  const where = nameDestinations(facts);
  const lead = where === '' ? '' : `${formatBytes(sent)} to ${where}: `;
  return `${lead}${[...reasons, ...also].join('; ')}`;
}

function nameDestinations(facts: EntityFacts): string {
  const [first, ...rest] = facts.destinations;
  if (!first) return '';
  const name = `${first.domain || first.ip}:${first.port}`;
  const others = rest.filter(
    (destination) => destination.bytes_out * 20 >= first.bytes_out || destination.ip !== first.ip,
  ).length;
  return others === 0 ? name : `${name} and ${others} more`;
}

/** Bytes in binary units with one decimal: "16.8 MiB". */
function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return power === 0 ? `${Math.round(bytes)} B` : `${(bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}
