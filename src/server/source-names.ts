import { recognize } from '../ingest/recognize.js';
import type { Source } from '../model/source.js';
import { Refusal } from './refusal.js';

/** Which of `among` (ids of sources) wrote the line; null when none did. */
export type SourceOf = (line: string, among: readonly string[]) => string | null;

/** Asks each source whether it knows the line. */
export function tellSource(sources: Source[]): SourceOf {
  return (line, among) => {
    const stretch = { firstLine: 1, lines: 1, rows: 1, header: null, samples: [line] };
    const asked = sources.filter(({ id }) => among.includes(id));
    return recognize(stretch, asked)?.source.id ?? null;
  };
}

/** What a name in a path or a token stands for. */
export interface Named {
  name: string;
  /** Its sources; more than one when it is what the ids of a product begin with. */
  ids: string[];
}

/**
 * Names by which producers say what they send: the id of a source, or the beginning of several up to a hyphen (a product, whose lines are
 * told apart by their content).
 */
export class SourceNames {
  readonly #named = new Map<string, string[]>();

  constructor(
    ids: string[],
    readonly sourceOf: SourceOf,
  ) {
    for (const id of ids) {
      const parts = id.split('-');
      for (let count = 1; count <= parts.length; count += 1) {
        const name = parts.slice(0, count).join('-');
        this.#named.set(name, [...(this.#named.get(name) ?? []), id]);
      }
    }
  }

  /** @throws Refusal naming the nearest when there is none of that name */
  find(name: string): Named {
    const ids = this.#named.get(name);
    if (ids) return { name, ids };
    const near = name.length > 64 ? undefined : this.#nearest(name);
    const hint = near ? ` did you mean ${near}?` : '';
    throw new Refusal(404, `no source of that name;${hint} \`stowaway sources list\` names all`);
  }

  /** Ids that a token may hand over; null: any. */
  allowed(names: string[] | null): string[] | null {
    return names && [...new Set(names.flatMap((name) => this.#named.get(name) ?? []))];
  }

  #nearest(name: string): string | undefined {
    const ranked = [...this.#named.keys()].map((other) => ({ other, distance: distanceOf(name, other) }));
    const best = ranked.sort((a, b) => a.distance - b.distance || a.other.localeCompare(b.other))[0];
    return best && best.distance <= Math.max(2, name.length / 2) ? best.other : undefined;
  }
}

/** How many letters are to be changed, put in or taken out to make one of the other. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const change = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, change));
    }
    row = next;
  }
  return row[other.length]!;
}
