import { isIP } from 'node:net';
import { z } from 'zod';
import { textLiteral } from '../store/literal.js';
import type { Column } from '../store/tables.js';

/** Where the value of one column comes from. */
const MappedValue = z.union(
  [
    z.string().min(1),
    z.strictObject({
      from: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
      /** Of a time that is a number. */
      unit: z.enum(['seconds', 'milliseconds', 'microseconds', 'nanoseconds']).optional(),
      /** A regular expression (RE2); its first group is the value. */
      match: z.string().min(1).optional(),
      /** Words of the log to words of the table. */
      values: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
      /** What holds where the log says nothing. */
      default: z.union([z.string(), z.number()]).optional(),
    }),
    z.strictObject({ value: z.union([z.string(), z.number()]) }),
  ],
  'write a key, { from: key, … } or { value: … }',
);
export type MappedValue = z.infer<typeof MappedValue>;

/** Columns of a table, each with the keys of the log that it is filled from. */
export const Mapping = z.record(z.string(), MappedValue);
export type Mapping = z.infer<typeof Mapping>;

/** The words analytics know, where a column has a closed list of them. */
const WORDS: Record<string, string[]> = {
  'file_activity.activity': ['open_write', 'write', 'read', 'delete', 'network_transfer', 'open', 'failed'],
  'ftp_activity.activity': ['put', 'get', 'list', 'other'],
  'repository_activity.service_kind': ['code-host', 'registry'],
};

/** Text that may hold a secret. */
const MASKED = new Set(['url_path', 'user_agent', 'cmd_line', 'detail', 'answers', 'file_path']);
const HOSTS = new Set(['url_hostname', 'dst_endpoint_domain', 'query_hostname', 'host']);

/** The words a column may hold, where they are few. */
export function wordsOf(table: string, column: Column | undefined): string[] | undefined {
  if (!column) return undefined;
  const names = [...column.type.matchAll(/'([^']+)' = /g)].map(([, name]) => name!);
  return names.length > 0 ? names : WORDS[`${table}.${column.name}`];
}

/** Whether a constant can stand in a column. */
export function isFitting({ type }: Column, value: string | number): boolean {
  if (/^(UInt|Float)/.test(type)) return /^\d+([.]\d+)?$/.test(String(value));
  return !type.startsWith('IPv6') || isIP(String(value)) !== 0;
}

interface Kind {
  noun: string;
  /** NULL where the text does not fit. */
  typed(text: string, value?: MappedValue): string;
  /** Of what stays NULL. */
  empty: string;
}

const PER_SECOND = { seconds: 1, milliseconds: 1e3, microseconds: 1e6, nanoseconds: 1e9 };

const KINDS: [RegExp, Kind][] = [
  [
    /^DateTime64/,
    {
      noun: 'time',
      empty: "toDateTime64(0, 6, 'UTC')",
      typed(text, value) {
        const unit = typeof value === 'object' && 'unit' in value ? value.unit : undefined;
        if (unit === undefined) return `to_time(${text})`;
        const micro = `toInt64(toFloat64OrZero(ifNull(${text}, '')) * ${1e6 / PER_SECOND[unit]})`;
        return `if(match(ifNull(${text}, ''), '^[0-9]{1,19}([.][0-9]*)?$') AND toFloat64OrZero(ifNull(${text}, '')) / ${PER_SECOND[unit]} < 1e10, fromUnixTimestamp64Micro(${micro}, 'UTC'), NULL)`;
      },
    },
  ],
  [/^IPv6/, { noun: 'address', empty: "toIPv6('::')", typed: (text) => `to_ip(${text})` }],
  [/^UInt16/, { noun: 'number from 0 to 65535', empty: '0', typed: (text) => `to_port(${text})` }],
  [
    /^UInt8/,
    {
      noun: 'flag (0, 1, true or false)',
      empty: '0',
      typed: (text) =>
        `toUInt8OrNull(transform(lower(ifNull(${text}, '')), ['true', 'false', '1', '0'], ['1', '0', '1', '0'], ''))`,
    },
  ],
  [
    /^UInt32/,
    {
      noun: 'whole number',
      empty: '0',
      typed: (text) => `if(to_count(${text}) < 4294967296, to_count(${text}), NULL)`,
    },
  ],
  [/^UInt64/, { noun: 'whole number', empty: '0', typed: (text) => `to_count(${text})` }],
  [/^Float/, { noun: 'number', empty: '0', typed: (text) => `toFloat64OrNull(${text})` }],
  [/^/, { noun: 'text', empty: "''", typed: (text) => text }],
];

export const kindOf = ({ type }: Column): Kind => KINDS.find(([pattern]) => pattern.test(type))![1];

/** Never NULL: what does not fit has rejected the row. */
export function convert(column: Column, text: string, value?: MappedValue): string {
  const kind = kindOf(column);
  const { name, type } = column;
  if (type.startsWith('Array')) return masked(name, `zeek_list(${text})`, true);
  const typed = kind.typed(text, value);
  const known = `ifNull(${typed}, ${kind.empty})`;
  if (type.startsWith('Enum')) {
    const words = wordsOf('', column)!.map(textLiteral);
    return `if(${text} IN (${words.join(', ')}), ifNull(${text}, ${words[0]}), ${words[0]})`;
  }
  if (name === 'container_uid') return `replaceRegexpOne(${known}, '^[a-z-]+://', '')`;
  if (name === 'connection_info_protocol_name') return `protocol_name(lower(${known}))`;
  if (name === 'app_name' || name === 'http_request_method')
    return `${name === 'app_name' ? 'lower' : 'upper'}(${known})`;
  if (HOSTS.has(name)) return `host_of(${known})`;
  return kind.noun === 'text' ? masked(name, known, false) : known;
}

function masked(name: string, text: string, isList: boolean): string {
  if (!MASKED.has(name)) return text;
  return isList ? `arrayMap(one -> mask_credentials(one), ${text})` : `mask_credentials(${text})`;
}
