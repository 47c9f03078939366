import type { Source } from '../model/source.js';
import type { Column } from '../store/tables.js';

/** Where the values of one column come from. */
export interface Filled {
  column: string;
  /** Keys of the log; empty where the value is the same in every row or is worked out of the whole line. */
  keys: string[];
  /** `keys`: from these; `line`: from the line's text; `fixed`: no row says otherwise. */
  from: 'keys' | 'line' | 'fixed';
}

export interface Fidelity {
  filled: Filled[];
  /** Columns of the table this source knows nothing of. */
  unfilled: string[];
}

/** What a source fills, read off its normalize.sql, so that nobody has to keep a list. */
export function fidelityOf(source: Source, columns: Column[]): Fidelity {
  const names = aliasesOf(source.normalizeSql);
  const keys = new Map(source.columns.map((key) => [key.toLowerCase(), key]));
  const filled = columns.flatMap(({ name }): Filled[] => {
    if (!names.has(name)) return [];
    const used = reachable(name, names);
    const from = [...used].flatMap((one) => keys.get(one.toLowerCase()) ?? []);
    if (from.length > 0) return [{ column: name, keys: [...new Set(from)].sort(), from: 'keys' }];
    return [{ column: name, keys: [], from: used.has('raw') ? 'line' : 'fixed' }];
  });
  const known = new Set(filled.map(({ column }) => column));
  return { filled, unfilled: columns.map(({ name }) => name).filter((name) => !known.has(name)) };
}

/** One line a column: what it is filled from, in words. */
export const describeFilled = ({ from, keys }: Filled): string =>
  from === 'keys' ? keys.join(', ') : from === 'line' ? 'the text of the line' : 'the same in every row';

const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\[\s\S])*'|`([^`]*)`|([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)|[(),[\]]/g;
/** Words that begin an expression, as a comma or a bracket does. */
const STARTERS = new Set(['SELECT', 'WITH', 'DISTINCT', 'FROM', 'WHERE', 'ALL', 'BY', 'JOIN', 'ON']);

/** By name, the identifiers in the expressions it stands for: `f(a, b) AS c` gives c: a, b. */
function aliasesOf(sql: string): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  // Identifiers of the expression begun last, of each bracket that is open.
  const open: string[][] = [[]];
  let isName = false;
  let isSelected = false;
  const add = (name: string, used: string[]) =>
    names.set(name, new Set([...(names.get(name) ?? []), ...used]));
  const bare = () => {
    const used = open.at(-1)!;
    if (isSelected && used.length === 1) add(used[0]!.split('.').at(-1)!, used);
  };
  for (const [token, quoted, word] of sql.matchAll(TOKEN)) {
    const name = quoted ?? word;
    if (name !== undefined && isName) {
      add(name, open.at(-1)!);
      isName = false;
      open[open.length - 1] = [name];
      isSelected = false;
    } else if (quoted === undefined && word?.toUpperCase() === 'AS') isName = true;
    else if (quoted === undefined && word !== undefined && STARTERS.has(word.toUpperCase())) {
      if (word.toUpperCase() === 'FROM') bare();
      open[open.length - 1] = [];
      isSelected = word.toUpperCase() === 'SELECT';
    } else if (name !== undefined) open.at(-1)!.push(...partsOf(name, quoted !== undefined));
    else if (token === '(' || token === '[') open.push([]);
    else if (token === ')' || token === ']') {
      const inner = open.length > 1 ? open.pop()! : [];
      open.at(-1)!.push(...inner);
    } else if (token === ',') {
      // Within a call all arguments belong to the expression around it.
      if (open.length === 1) {
        bare();
        open[0] = [];
        isSelected = true;
      }
    }
  }
  return names;
}

/** `log.http` may be a column of a relation, `h.length` a part of h. */
const partsOf = (name: string, isQuoted: boolean): string[] =>
  isQuoted ? [name] : [...new Set([name, ...name.split('.')])];

/** All identifiers a name leads to. */
function reachable(name: string, names: Map<string, Set<string>>): Set<string> {
  const seen = new Set<string>();
  const waiting = [...(names.get(name) ?? [])];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (seen.has(one)) continue;
    seen.add(one);
    waiting.push(...(names.get(one) ?? []));
  }
  return seen;
}
