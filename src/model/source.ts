/** A source: a log we read, as declared in the front matter of sources/<id>/source.md. */
export interface Source {
  /** Folder name. */
  id: string;
  title: string;
  product: string;
  /** Event table its rows go to (schema/); `nothing`: known rows that no analytic reads, which are counted and told. */
  into: string;
  /** Top-level keys (JSON) or `#fields` names (Zeek TSV) that normalize.sql reads as Nullable(String) columns. */
  columns: string[];
  /** How a log of this source is recognised; the first matching alternative decides. */
  recognize: Recognizer[];
  /** Its log usually holds lines of other sources as well, of this product or not: each line is looked at. */
  mixed?: boolean;
  /** Asked only where no other source knows a log, nor what its lines carry. */
  last?: boolean;
  /** The key that tells kinds of rows apart (a.b reaches into objects), the first of several that a row has, or a regular expression from ^ on, whose group does; only where rows go into nothing, to say what was counted. */
  kind?: string | string[];
  /** Lines that are part of the format but not rows, e.g. "^# ". */
  comments?: string;
  /** Lists within a record, outermost first, whose innermost elements are the rows; alternatives. */
  unfold?: string[][];
  /** Lists within a record whose elements are rows beside it. */
  beside?: Beside;
  /** tested: samples come from the producer; derived: made from our own captures; designed: written by hand. */
  status: 'tested' | 'derived' | 'designed';
  /** Event columns this source fills; strategies name what they need in the same words. */
  fills: string[];
  /** The SELECT of normalize.sql, with {{input}} where the raw relation goes; '' where rows go into nothing. */
  normalizeSql: string;
  /** Its folder, or its mapping file. */
  folder: string;
  /** Of whoever runs Stowaway: where it fits as well as one of ours, it is taken. */
  isOwn?: boolean;
}

export interface Beside {
  /** a.b reaches into objects. */
  lists: string[];
  /** Values of the record that each element's row repeats. */
  keep: string[];
}

/** What a key of a JSON log may hold for its line to be of a source. */
export type Wanted = string | number;

export type Recognizer =
  /** A Zeek TSV log: value of #path. `fields` tells logs without #path. */
  | { zeek: string; fields?: string[] }
  /** A JSON object a line: all `keys` present (a.b reaches into objects), `equals` hold (of a list, one), none of `without`. */
  | { json: { keys: string[]; equals?: Record<string, Wanted | Wanted[]>; without?: string[] } }
  /** Text in columns with a line of names, in any order, these among them; separated by tab, comma (CSV) or blank. */
  | { table: { header: string[] } }
  /** The same without that line: columns by place. `line` is what a row looks like. */
  | { table: { columns: string[]; separator: ' ' | ',' | '\t'; line: string } }
  /** Any other text: a JavaScript regular expression that a row's line matches. */
  | { line: string };
