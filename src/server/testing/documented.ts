import { z } from '@hono/zod-openapi';
import { openApiDocument } from '../api.js';
import { ROLE_NAMES, type Role } from '../roles.js';

/** As much of a JSON schema as our document has. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  format?: string;
  pattern?: string;
  minimum?: number;
  minLength?: number;
  default?: unknown;
  required?: string[];
  minItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  oneOf?: Schema[];
  anyOf?: Schema[];
}

interface Content {
  content?: Record<string, { schema: Schema }>;
}

/** One path and method of the server's OpenAPI document. */
export interface Operation {
  method: string;
  path: string;
  /** Who may, by its description. */
  roles: Role[];
  query: { name: string; schema: Schema; required: boolean }[];
  /** Null: it takes none. */
  body: { media: string; schema: Schema } | null;
  responses: Record<string, Content>;
}

const document = openApiDocument() as unknown as {
  paths: Record<string, Record<string, Stated>>;
  components: { schemas: Record<string, Schema> };
};

interface Stated {
  description: string;
  parameters?: { in: string; name: string; schema: Schema; required: boolean }[];
  requestBody?: Content;
  responses: Record<string, Content>;
}

/** Everything that the document states, by itself: nobody has to add a new endpoint here. */
export const operations: readonly Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, stated]) => operationOf(path, method, stated)),
);

function operationOf(path: string, method: string, stated: Stated): Operation {
  const names = /^Permission \w+: ([^.]*)\./.exec(stated.description)?.[1]?.split(', ') ?? [];
  const [media, body] = Object.entries(stated.requestBody?.content ?? {})[0] ?? [];
  return {
    method: method.toUpperCase(),
    path,
    roles: ROLE_NAMES.filter((role) => names.includes(role)),
    query: (stated.parameters ?? []).filter((each) => each.in === 'query'),
    body: media === undefined ? null : { media, schema: resolved(body!.schema) },
    responses: stated.responses,
  };
}

function resolved(schema: Schema): Schema {
  return schema.$ref ? resolved(document.components.schemas[schema.$ref.split('/').at(-1)!]!) : schema;
}

/** The objects that a body may be. */
export const shapesOf = (schema: Schema): Schema[] =>
  (schema.oneOf ?? schema.anyOf ?? [schema]).map(resolved);

const TEXTS = ['x', '1', 'a1', 'a text', '2099-01-01', '00:00'];

/** Something that fits a schema, as far as the schema tells; with what may be left out, or without. */
export function sampleOf(given: Schema, isWhole: boolean): unknown {
  const schema = resolved(given);
  const [first] = schema.oneOf ?? schema.anyOf ?? [];
  if (first) return sampleOf(first, isWhole);
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  switch ([schema.type].flat()[0]) {
    case 'string':
      if (schema.format) return schema.format === 'date' ? '2099-01-01' : '2099-01-01T00:00:00Z';
      return TEXTS.find(
        (text) => text.length >= (schema.minLength ?? 0) && new RegExp(schema.pattern ?? '').test(text),
      );
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1);
    case 'boolean':
      return false;
    case 'array':
      return schema.items ? [sampleOf(schema.items, isWhole)] : [];
    default:
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([name]) => isWhole || schema.required?.includes(name))
          .map(([name, one]) => [name, sampleOf(one, isWhole)]),
      );
  }
}

const validators = new Map<string, z.ZodType>();

/** What the document says against an answer; '' when it is as documented. */
export function whyUndocumented(operation: Operation, answer: Answer): string {
  const stated = operation.responses[answer.status];
  if (!stated) return `status ${answer.status} is not documented: ${answer.text.slice(0, 300)}`;
  const media = answer.headers.get('content-type') ?? '';
  const content = stated.content?.[media];
  if (!content) return `content type ${media} is not documented for ${answer.status}`;
  if (media === 'text/event-stream') return '';
  const key = `${operation.method} ${operation.path} ${answer.status} ${media}`;
  if (!validators.has(key)) validators.set(key, validatorOf(content.schema));
  const { error } = validators.get(key)!.safeParse(JSON.parse(answer.text));
  return error ? `${answer.text.slice(0, 300)}: ${error.message.slice(0, 500)}` : '';
}

/** Where a document has `components`, a schema by itself has `$defs`. */
const validatorOf = (schema: Schema): z.ZodType =>
  z.fromJSONSchema(
    JSON.parse(
      JSON.stringify({ ...schema, $defs: document.components.schemas }).replaceAll(
        '#/components/schemas/',
        '#/$defs/',
      ),
    ),
  );

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}
