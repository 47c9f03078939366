import type { Finding } from '../model/hunt-result.js';

const DAY_MS = 24 * 3600 * 1000;

/** Two entities that something ties together: a connection that carried bytes, a volume, an actor. */
export interface Link {
  a: string;
  b: string;
}

/** "workload:app1" */
export const entityKey = (finding: Finding): string => `${finding.entity.kind}:${finding.entity.name}`;

/**
 * Gives findings of one story the same incident id, that of the earliest: findings of one entity, or of entities that are
 * linked, that lie within a day of each other. Candidates stand for themselves.
 */
export function joinIncidents(findings: Finding[], links: readonly Link[]): void {
  const sorted = [...findings].sort(
    (a, b) => a.window.from.localeCompare(b.window.from) || a.uid.localeCompare(b.uid),
  );
  const stories = new Stories(sorted);
  const byEntity = new Map<string, Finding[]>();
  for (const finding of sorted.filter(({ status }) => status !== 'candidate'))
    byEntity.set(entityKey(finding), [...(byEntity.get(entityKey(finding)) ?? []), finding]);
  for (const own of byEntity.values()) joinChain(own, stories);
  for (const { a, b } of links) {
    for (const one of byEntity.get(a) ?? [])
      for (const other of byEntity.get(b) ?? []) if (isWithinADay(one, other)) stories.join(one, other);
  }
  for (const finding of findings) finding.incident = stories.first(finding).uid;
}

/** Findings of one entity, earliest first; a long one reaches over those that end before it. */
function joinChain(own: Finding[], stories: Stories): void {
  let last = own[0]!;
  for (const finding of own.slice(1)) {
    if (isWithinADay(last, finding)) stories.join(last, finding);
    if (finding.window.to > last.window.to || !isWithinADay(last, finding)) last = finding;
  }
}

const isWithinADay = (a: Finding, b: Finding): boolean =>
  Date.parse(b.window.from) - Date.parse(a.window.to) <= DAY_MS &&
  Date.parse(a.window.from) - Date.parse(b.window.to) <= DAY_MS;

/** Disjoint sets of findings, each known by its earliest. */
class Stories {
  readonly #rank: Map<Finding, number>;
  readonly #before = new Map<Finding, Finding>();

  constructor(sorted: Finding[]) {
    this.#rank = new Map(sorted.map((finding, index) => [finding, index]));
  }

  first(finding: Finding): Finding {
    const before = this.#before.get(finding);
    return before === undefined ? finding : this.first(before);
  }

  join(a: Finding, b: Finding): void {
    const [one, other] = [this.first(a), this.first(b)];
    if (one === other) return;
    const isOneFirst = this.#rank.get(one)! < this.#rank.get(other)!;
    this.#before.set(isOneFirst ? other : one, isOneFirst ? one : other);
  }
}
