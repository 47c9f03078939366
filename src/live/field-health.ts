import { contentFolder } from '../model/paths.js';
import type { Source } from '../model/source.js';
import { wholeTable } from '../store/sharding.js';
import type { Store } from '../store/store.js';
import { readTables } from '../store/tables.js';
import { fieldHistory } from './field-history.js';
import type { SourceTrouble } from './strategy-states.js';

/** Rows before a field counts as one that is usually filled, and the share of them that is. */
const KNOWN_ROWS = 1000;
const USUAL_SHARE = 0.5;
/** Rows in a row without it: at half of all rows filled, chance leaves so many empty once in 2^200. */
const EMPTY_ROWS = 200;

/** What is known of a field. */
export interface Seen {
  rows: number;
  filled: number;
  /** Rows since the last one that was filled. */
  emptySince: number;
  filledAt: string;
}

/** How many of a source's rows have a value in a field. */
export interface Filled {
  source: string;
  field: string;
  rows: number;
  filled: number;
}

export type Field = Pick<Filled, 'source' | 'field'>;

/** Whether the fields that strategies ask for go on being filled: an upgrade may rename one, a switch turn it off. */
export class FieldHealth {
  readonly #seen = new Map<string, Filled & Seen>();

  constructor(
    readonly store: Store,
    readonly fields: readonly Field[],
  ) {}

  /** Takes up what the rows say that were loaded before this process began. */
  static async of(store: Store, sources: readonly Source[]): Promise<FieldHealth> {
    const health = new FieldHealth(store, await filledBy(sources));
    for (const seen of await fieldHistory(store, health.fields)) health.#seen.set(keyOf(seen), seen);
    return health;
  }

  /** Looks at the rows of these loads that are of these sources. */
  async look(sources: readonly string[], loads: readonly number[], now: Date): Promise<void> {
    const fields = this.fields.filter(({ source }) => sources.includes(source));
    this.saw(await countFilled(this.store, fields, loads), now);
  }

  saw(counts: readonly Filled[], arrived: Date): void {
    for (const { source, field, rows, filled } of counts) {
      const key = keyOf({ source, field });
      const before = this.#seen.get(key);
      this.#seen.set(key, {
        ...{ source, field },
        rows: (before?.rows ?? 0) + rows,
        filled: (before?.filled ?? 0) + filled,
        emptySince: filled > 0 ? 0 : (before?.emptySince ?? 0) + rows,
        filledAt: filled > 0 ? arrived.toISOString() : (before?.filledAt ?? ''),
      });
    }
  }

  /** Fields that had values and have none any more. */
  troubles(): SourceTrouble[] {
    return [...this.#seen.values()]
      .filter(({ rows, filled, emptySince }) => {
        const known = rows - emptySince;
        return emptySince >= EMPTY_ROWS && known >= KNOWN_ROWS && filled >= USUAL_SHARE * known;
      })
      .map(({ source, field, filledAt }) => ({
        source,
        field,
        why: `no ${field.split('.')[1]} since ${filledAt.slice(0, 16)}Z: did its format change?`,
        takesSight: true,
      }));
  }
}

const keyOf = ({ source, field }: Field): string => `${source} ${field}`;

/** The columns that sources say they fill; some of the words there name what rows tell instead. */
export async function filledBy(sources: readonly Source[]): Promise<Field[]> {
  const tables = await readTables(contentFolder('schema'));
  const columns = new Set(
    [...tables].flatMap(([table, columns]) => columns.map(({ name }) => `${table}.${name}`)),
  );
  return sources.flatMap(({ id, fills }) =>
    fills.filter((field) => columns.has(field)).map((field) => ({ source: id, field })),
  );
}

/** Counts filled fields in rows of these loads. */
export async function countFilled(
  store: Store,
  fields: readonly Field[],
  loads: readonly number[],
): Promise<Filled[]> {
  if (fields.length === 0) return [];
  const parts = fields.map(({ field }, index) => {
    const [table, column] = field.split('.');
    return `SELECT ${index} AS place, count() AS rows, countIf(${column} != defaultValueOfArgumentType(${column})) AS filled
      FROM ${wholeTable(store, table!)} WHERE load_id IN {loads:Array(UInt32)} AND source = {source${index}:String}`;
  });
  const named = Object.fromEntries(fields.map(({ source }, index) => [`source${index}`, source]));
  const rows = await store.rows<{ place: number; rows: number; filled: number }>(
    parts.join('\nUNION ALL\n'),
    { loads, ...named },
  );
  return rows
    .filter(({ rows }) => rows > 0)
    .map(({ place, ...counts }) => ({ ...fields[place]!, ...counts }));
}
