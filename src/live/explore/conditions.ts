import type { Condition, EventQuery, Network, Pattern } from '../../model/event-query/parse.js';
import { fieldsOf, QUERY_TABLES } from '../../model/event-query/tables.js';
import { RELATIONS } from './relations.js';

/** A SELECT's FROM and WHERE, with what is bound in it. */
export interface Bound {
  from: string;
  where: string;
  parameters: Record<string, unknown>;
}

/** Kinds of entities, as ids begin with them. */
const ENTITY_KINDS = [
  ...['workload', 'container', 'address', 'node', 'volume', 'actor', 'repository'],
] as const;

/** A query as SQL. Names of tables and columns are ours; whatever somebody wrote is bound. */
export function bindQuery(query: EventQuery): Bound {
  const binder = new Binder({ from: query.from, to: query.to });
  const conditions = query.conditions.map((condition) => {
    const sql = sqlOf(condition, query, binder);
    return condition.isNegated ? `NOT (${sql})` : sql;
  });
  return {
    from: `(${RELATIONS[query.table]})`,
    where: conditions.length === 0 ? '1' : conditions.map((sql) => `(${sql})`).join(' AND '),
    parameters: binder.parameters,
  };
}

class Binder {
  readonly parameters: Record<string, unknown>;
  constructor(given: Record<string, unknown>) {
    this.parameters = { ...given };
  }

  /** The placeholder of a value. */
  bind(value: unknown, type: string): string {
    const name = `v${Object.keys(this.parameters).length}`;
    this.parameters[name] = value;
    return `{${name}:${type}}`;
  }
}

function sqlOf(condition: Condition, { table }: EventQuery, binder: Binder): string {
  switch (condition.kind) {
    case 'search': {
      const pattern = binder.bind(likeOf(`*${condition.text}*`), 'String');
      return anyOf(
        QUERY_TABLES[table].searched.map((field) =>
          fieldsOf(table)[field]!.type === 'list'
            ? `arrayExists(one -> one ILIKE ${pattern}, ${field})`
            : `${field} ILIKE ${pattern}`,
        ),
      );
    }
    case 'text':
      return textSql(condition.field, condition.anyOf, binder);
    case 'list':
      return `arrayExists(one -> ${textSql('one', condition.anyOf, binder)}, ${condition.field})`;
    case 'entity':
      return entitySql(condition.field, condition.anyOf, binder);
    case 'address':
      return anyOf(condition.anyOf.map((network) => networkSql(condition.field, network, binder)));
    case 'number': {
      const operator = condition.operator === ':' ? '=' : condition.operator;
      return anyOf(
        condition.anyOf.map((value) => `${condition.field} ${operator} ${binder.bind(value, 'Float64')}`),
      );
    }
    case 'boolean':
      return `${condition.field} IN (${condition.anyOf.map(Number).join(', ')})`;
  }
}

const anyOf = (conditions: string[]): string => conditions.join(' OR ');

/** Case does not matter. */
function textSql(column: string, patterns: Pattern[], binder: Binder): string {
  const whole = patterns.filter(({ isPattern }) => !isPattern).map(({ text }) => text.toLowerCase());
  return anyOf([
    ...(whole.length > 0 ? [`lowerUTF8(${column}) IN ${binder.bind(whole, 'Array(String)')}`] : []),
    ...patterns
      .filter(({ isPattern }) => isPattern)
      .map(({ text }) => `${column} ILIKE ${binder.bind(likeOf(text), 'String')}`),
  ]);
}

/** By whole ids, since tables lie in their order. */
function entitySql(column: string, patterns: Pattern[], binder: Binder): string {
  const ids = patterns
    .filter(({ isPattern }) => !isPattern)
    .flatMap(({ text }) => (text === '' ? [''] : [text, ...ENTITY_KINDS.map((kind) => `${kind}:${text}`)]));
  return anyOf([
    ...(ids.length > 0 ? [`${column} IN ${binder.bind(ids, 'Array(String)')}`] : []),
    ...patterns
      .filter(({ isPattern }) => isPattern)
      .map(({ text }) => {
        const pattern = binder.bind(likeOf(text), 'String');
        return `${column} ILIKE ${pattern} OR substring(${column}, position(${column}, ':') + 1) ILIKE ${pattern}`;
      }),
  ]);
}

function networkSql(column: string, { address, bits }: Network, binder: Binder): string {
  const ip = `toIPv6(${binder.bind(address, 'String')})`;
  if (bits === null) return `${column} = ${ip}`;
  const width = binder.bind(address.includes(':') ? bits : bits + 96, 'UInt8');
  const range = `IPv6CIDRToRange(${ip}, ${width})`;
  return `${column} BETWEEN tupleElement(${range}, 1) AND tupleElement(${range}, 2)`;
}

/** `*` stands for any text; what LIKE would read as more than a letter does not. */
const likeOf = (text: string): string => text.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%');
