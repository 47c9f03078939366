// Renders docs/serve-api.md from the OpenAPI document, the table of roles and the metrics; called by render-docs.mjs. Needs a compiled dist/.
import { openApiDocument } from '../dist/server/api.js';
import { buildMetrics } from '../dist/server/metrics.js';
import { PERMISSIONS, ROLES } from '../dist/server/roles.js';

const cell = (text) => String(text).replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();

function table(headings, rows) {
  const line = (cells) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(headings), `|${headings.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

const nameOf = (reference) => reference.split('/').at(-1);

function typeOf(schema = {}) {
  if (schema.$ref) return `[${nameOf(schema.$ref)}](#${nameOf(schema.$ref).toLowerCase()})`;
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return either.map(typeOf).join(' or ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items)}`;
  return schema.type ?? 'any';
}

/** A row for each key, those of objects within below theirs. */
function rowsOf(schema, prefix = '') {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const items = value.items?.properties ? value.items : value.anyOf?.find((one) => one.properties);
    const inner = value.properties ? value : items;
    const isOptional = !(schema.required ?? []).includes(key);
    const type = value.items?.properties ? 'list of objects' : typeOf(value);
    const own = [`\`${prefix}${key}\``, `${type}${isOptional ? ', optional' : ''}`, value.description ?? ''];
    return [own, ...(inner ? rowsOf(inner, `${prefix}${key}${value.items ? '[]' : ''}.`) : [])];
  });
}

function renderSchema([name, schema]) {
  const variants = schema.oneOf ?? schema.anyOf;
  const tables = (variants ?? [schema]).map((one) => table(['Key', 'Type', 'Meaning'], rowsOf(one)));
  return `### ${name}\n\n${variants ? 'One of:\n\n' : ''}${tables.join('\n\n')}`;
}

function renderOperation(method, path, operation) {
  const query = (operation.parameters ?? []).filter((one) => one.in === 'query');
  const body = operation.requestBody?.content['application/json']?.schema;
  const [status, done] = Object.entries(operation.responses).find(([code]) => code.startsWith('2'));
  const gives = typeOf(Object.values(done.content ?? {})[0]?.schema);
  const others = Object.entries(operation.responses).filter(([code]) => !code.startsWith('2'));
  return [
    `### ${method.toUpperCase()} ${path}`,
    `${operation.summary}. ${operation.description}`,
    ...(query.length > 0
      ? [
          table(
            ['Query', 'Type', 'Meaning'],
            query.map((one) => [
              `\`${one.name}\``,
              typeOf(one.schema),
              one.schema.description ?? one.description ?? '',
            ]),
          ),
        ]
      : []),
    `${body ? `Takes ${typeOf(body)}. ` : ''}Gives ${status}: ${gives}. Else ${others.map(([code]) => code).join(', ')}.`,
  ].join('\n\n');
}

function renderMetrics() {
  const { registry } = buildMetrics({});
  const rows = registry
    .getMetricsAsArray()
    .map(({ name, type, help, labelNames = [] }) => [
      `\`${name}\``,
      type,
      labelNames.map((label) => `\`${label}\``).join(', '),
      help,
    ]);
  return table(['Metric', 'Type', 'Labels', 'Meaning'], rows);
}

const renderRoles = () =>
  table(
    ['Permission', ...Object.keys(ROLES), 'Meaning'],
    Object.entries(PERMISSIONS).map(([permission, meaning]) => [
      permission,
      ...Object.values(ROLES).map((permissions) => (permissions.includes(permission) ? 'yes' : '')),
      meaning,
    ]),
  );

export function renderApi() {
  const document = openApiDocument();
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => renderOperation(method, path, operation)),
  );
  return `${[
    '<!-- Written by scripts/render-docs.mjs from src/server/. Do not edit. -->',
    '# The API of `stowaway serve`',
    `What the console, the command line and other programs ask. The same as an OpenAPI document stands at \`/api/v1/openapi.json\` of a running server. How producers
hand over logs: [serve-ingest.md](serve-ingest.md).

    curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8470/api/v1/findings?state=open

Errors are problem documents (RFC 9457): \`type\`, \`title\`, \`status\`, and \`detail\`, which says what is wrong, where, and what to do. 429 and 503 come with
\`Retry-After\`. \`/healthz\` and \`/readyz\` take no token and say nothing else. \`/api/v1/stream\` gives server-sent events; a client that comes back with
\`Last-Event-ID\` is given what it missed, or a \`reset\`, whereupon it loads the findings anew.`,
    '## Roles',
    'A token has one role. What a role may do:',
    renderRoles(),
    '## Endpoints',
    ...operations,
    '## Shapes',
    ...Object.entries(document.components.schemas).map(renderSchema),
    '## Metrics',
    `At \`/metrics\`, in Prometheus' text format, with a token of a role that may read, or without one where \`serve.metrics\` is \`open\`. A dashboard for Grafana is in
[deploy/grafana/stowaway.json](../deploy/grafana/stowaway.json).`,
    renderMetrics(),
  ].join('\n\n')}\n`;
}
