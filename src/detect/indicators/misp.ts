import { ALWAYS, destinationOf, type ListContent, lineOfText, timeOf } from './indicator.js';

interface ListFile {
  text: string;
  list: string;
  listedAt: string;
}

interface Attribute {
  type?: unknown;
  value?: unknown;
  to_ids?: unknown;
  timestamp?: unknown;
  first_seen?: unknown;
  last_seen?: unknown;
  uuid?: unknown;
}

/** Types about network destinations; of a pair, which halves name one. A port is not compared. */
const HALVES: Record<string, number[]> = {
  'ip-dst': [0],
  'ip-src': [0],
  'ip-dst|port': [0],
  'ip-src|port': [0],
  domain: [0],
  hostname: [0],
  'hostname|port': [0],
  'domain|ip': [0, 1],
  url: [0],
};

/** Attributes of an event, of its objects, or of what a search returned; null when this is no MISP export. */
export function readMispJson(data: object, file: ListFile): ListContent | null {
  const attributes = attributesOf(data);
  if (attributes === null) return null;
  const lineOf = ({ uuid }: Attribute): number =>
    typeof uuid === 'string' ? lineOfText(file.text, uuid) : 1;
  return toContent(attributes, lineOf, file);
}

/** A CSV export: its header names the columns, among them type and value. */
export function readMispCsv(file: ListFile): ListContent {
  const [header, ...rows] = parseCsv(file.text);
  const names = header!.cells;
  const lines = new Map<Attribute, number>();
  const attributes = rows
    .filter(({ cells }) => cells.some((cell) => cell !== ''))
    .map(({ cells, line }) => {
      const row: Record<string, string> = Object.fromEntries(
        names.map((name, index) => [name, cells[index] ?? '']),
      );
      const attribute: Attribute = {
        ...row,
        to_ids:
          row.to_ids === undefined || row.to_ids === ''
            ? true
            : !['0', 'false'].includes(row.to_ids.toLowerCase()),
        timestamp: row.timestamp ?? row.date,
      };
      lines.set(attribute, line);
      return attribute;
    });
  return toContent(attributes, (attribute) => lines.get(attribute) ?? 1, file);
}

export const isMispCsv = (text: string): boolean => {
  const columns = (text.split('\n', 1)[0] ?? '').split(',').map((name) => name.trim().replace(/^"|"$/g, ''));
  return columns.includes('type') && columns.includes('value');
};

function attributesOf(data: unknown): Attribute[] | null {
  if (Array.isArray(data)) {
    const parts = data.map(attributesOf);
    return parts.length > 0 && parts.every((part) => part !== null) ? parts.flat() : null;
  }
  if (data === null || typeof data !== 'object') return null;
  const { Event, response, Attribute, Object: objects } = data as Record<string, unknown>;
  if (Event !== undefined) return attributesOf(Event) ?? [];
  if (response !== undefined) return attributesOf(response);
  if (Attribute === undefined && objects === undefined) return null;
  const own = Array.isArray(Attribute) ? (Attribute as Attribute[]) : [];
  const within = Array.isArray(objects) ? objects.flatMap((each) => attributesOf(each) ?? []) : [];
  return [...own, ...within];
}

function toContent(
  attributes: Attribute[],
  lineOf: (attribute: Attribute) => number,
  { list, listedAt }: ListFile,
): ListContent {
  const content: ListContent = { indicators: [], unread: [] };
  for (const attribute of attributes) {
    const { type, value, to_ids: isForDetection } = attribute;
    const refuse = (reason: string, isForeign = false): void => {
      content.unread.push({ reason, line: lineOf(attribute), isForeign });
    };
    const halves = typeof type === 'string' && Object.hasOwn(HALVES, type) ? HALVES[type]! : null;
    if (halves === null) refuse('of a type that is no address, domain or URL', true);
    else if (isForDetection === false) refuse('marked as not meant for detection (to_ids)', true);
    else {
      const validFrom = attribute.first_seen ? timeOf(attribute.first_seen) : ALWAYS.validFrom;
      const validTo = attribute.last_seen ? timeOf(attribute.last_seen) : ALWAYS.validTo;
      const parts = String(value ?? '').split('|');
      const named = halves.map((half) => destinationOf((parts[half] ?? '').trim()));
      if (validFrom === null || validTo === null) refuse('first_seen or last_seen is no time');
      else if (named.includes(null)) refuse('the value is no address, network, domain or URL');
      else {
        const listed = timeOf(attribute.timestamp) ?? listedAt;
        for (const one of named)
          content.indicators.push({ ...one!, list, listedAt: listed, validFrom, validTo });
      }
    }
  }
  return content;
}

/** Rows of CSV with the line each starts on; quotes may hold commas, quotes and line ends. */
function parseCsv(text: string): { cells: string[]; line: number }[] {
  const rows: { cells: string[]; line: number }[] = [];
  let row: { cells: string[]; line: number } = { cells: [], line: 1 };
  let line = 1;
  for (const match of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    const [all, quoted, plain = '', end] = match;
    if (all === '' && row.cells.length === 0) break;
    row.cells.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'));
    line += all.split('\n').length - 1;
    if (end === ',') continue;
    rows.push(row);
    row = { cells: [], line };
  }
  return rows;
}
