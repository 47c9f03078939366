import { recognize } from '../ingest/recognize.js';
import { nearestOf } from '../model/nearest.js';
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
    const near = name.length > 64 ? undefined : nearestOf(name, this.#named.keys());
    const hint = near ? ` did you mean ${near}?` : '';
    throw new Refusal(404, `no source of that name;${hint} \`stowaway sources list\` names all`);
  }

  /** Ids that a token may hand over; null: any. */
  allowed(names: string[] | null): string[] | null {
    return names && [...new Set(names.flatMap((name) => this.#named.get(name) ?? []))];
  }
}
