#!/usr/bin/env node
// Writes the documents that code and content already know: docs/sources.md, docs/strategies.md, docs/requirements.md, docs/serve-api.md, and the marked tables in
// README.md and docs/config.md. Needs a compiled dist/ (npm run setup).
// usage: node scripts/render-docs.mjs [--check]
//   --check   write nothing; end with 1 and name what is stale and which links lead nowhere
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readAllAds } from '../dist/ads/folder.js';
import { readValidations } from '../dist/ads/kept-outcomes.js';
import { anchorOf } from '../dist/ads/render.js';
import { readRequirements } from '../dist/ads/requirements.js';
import { carriersOf } from '../dist/ads/targets.js';
import { describeFilled, fidelityOf } from '../dist/ingest/fidelity.js';
import { readSources } from '../dist/ingest/sources.js';
import { configJsonSchema } from '../dist/model/config.js';
import { readTables } from '../dist/store/tables.js';
import { renderApi } from './render-api.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const isCheck = process.argv.includes('--check');
const STATUS = {
  tested: 'the sample was written by the product itself',
  derived: 'the sample was derived from real traffic of ours, in the product’s notation',
  designed: 'the sample was written by hand after the product’s documentation',
};

const tables = await readTables(join(root, 'schema'));
const sources = await readSources(join(root, 'sources'));
const strategies = await readAllAds(join(root, 'strategies'));
const { requirements } = await readRequirements(join(root, 'strategies'));

/** A table cell: no line breaks, no bars. */
const cell = (text) => String(text).replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();

function table(headings, rows) {
  const line = (cells) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(headings), `|${headings.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

const generated = (from) => `<!-- Written by scripts/render-docs.mjs from ${from}. Do not edit. -->`;

/** The text of a source.md below its front matter, its headings `levels` deeper. */
function bodyOf(file, levels) {
  const text = readFileSync(file, 'utf8').replace(/^---\r?\n[\s\S]*?\r?\n---\r?\n/, '');
  return text
    .replace(/^# .*\n/m, '')
    .replace(/^(#+) /gm, (_, marks) => `${marks}${'#'.repeat(levels)} `)
    .trim();
}

/** Which columns a source fills from what: read off its normalize.sql. */
function renderFidelity(source) {
  const columns = tables.get(source.into);
  if (!columns) return '';
  const { filled, unfilled } = fidelityOf(source, columns);
  const rows = filled.map((one) => [`\`${one.column}\``, describeFilled(one)]);
  const unknown = unfilled.map((name) => `\`${name}\``).join(', ');
  return `\n\n### Columns of ${source.id}\n\n${table(['Column', 'Filled from'], rows)}${unknown ? `\n\nIt knows nothing of: ${unknown}.` : ''}`;
}

function renderSources() {
  const rows = sources.map((source) => [
    `[${source.id}](#${source.id})`,
    source.product,
    source.title,
    `\`${source.into}\``,
    source.status,
  ]);
  const sections = sources.map(
    (source) =>
      `## ${source.id}\n\n${source.title} (${source.product}), ${source.status}, into \`${source.into}\`.\n\n${bodyOf(join(source.folder, 'source.md'), 1).replaceAll(/\]\(\.\.\/([\w-]+)\/source\.md\)/g, '](#$1)')}${renderFidelity(source)}`,
  );
  const meaning = Object.entries(STATUS).map(([status, text]) => `- **${status}**: ${text}.`);
  return [
    generated('sources/*/source.md'),
    '# Sources',
    `Stowaway reads ${sources.length} kinds of logs. A file is recognised by its content; its name is not believed. To add one, see
[CONTRIBUTING.md](../CONTRIBUTING.md#add-a-source); to read a log of your own without one, [own-sources.md](own-sources.md).`,
    table(['Source', 'Product', 'What it is', 'Table', 'Status'], rows),
    `How far each is tested:\n\n${meaning.join('\n')}`,
    ...sections,
    renderSpeed(),
  ].join('\n\n');
}

/** What bench/sources.mjs measured, on whatever machine it ran on. */
function renderSpeed() {
  const {
    machine,
    rows,
    sources: speeds,
  } = JSON.parse(readFileSync(join(root, 'docs/source-speed.json'), 'utf8'));
  const known = sources.filter(({ id }) => speeds[id]);
  const lines = known.map(({ id }) => [
    `[${id}](#${id})`,
    speeds[id].rowsPerSecond.toLocaleString('en'),
    speeds[id].ratio.toFixed(1),
  ]);
  const missing = sources.filter(({ id, into }) => into !== 'nothing' && !speeds[id]).map(({ id }) => id);
  return `## How fast

Written by \`node bench/sources.mjs --write\`: each source's sample, repeated to ${rows.toLocaleString('en')} rows, read from a plain file until every row is counted. **Ratio** is
the time this takes over the time the engine takes to load the same lines by itself, every key or column as text (of other text, the line): what recognising,
checking, masking and accounting cost. Of text the engine only finds the line's end, so that ratios of text logs are high. Rows a second are those of one machine, with what else it had to do meanwhile (${machine}): compare ratios, and run it on yours.

${table(['Source', 'Rows a second', 'Ratio'], lines)}${missing.length > 0 ? `\n\nNot measured (a sample that is one document or no text): ${missing.map((id) => `\`${id}\``).join(', ')}.` : ''}`;
}

const rangeOf = (parameter) => (parameter.range ? `${parameter.range[0]} to ${parameter.range[1]}` : '');

function renderStrategy({ strategy, scenarios }) {
  const { analytics, parameters, probes, priority } = strategy;
  const usedBy = (name) =>
    analytics.filter((analytic) => analytic.parameters.includes(name)).map((analytic) => analytic.id);
  const kinds = ['fires', 'quiet', 'misses'].map(
    (kind) => `${scenarios.filter((one) => one.kind === kind).length} ${kind}`,
  );
  return `## ${strategy.id}

${strategy.title}. ATT&CK ${strategy.attack.release}: ${strategy.technique} (${strategy.tactic}), ${strategy.attack.detectionStrategy}, ${strategy.attack.analytics.join(', ')}.
The whole strategy, with blind spots, false positives and response: [strategy.md](../strategies/${strategy.id}/strategy.md).

A finding opens at ${strategy.openAt} with two kinds of evidence or more, at ${strategy.openAtSingleClass} with one, and needs a hit of one of
${strategy.requires.map((id) => `\`${id}\``).join(', ')}. Hits further apart than ${strategy.correlationWindowSeconds} s are different episodes.${strategy.replaces.length > 0 ? `\nFor the same transfer it stands in for ${strategy.replaces.map((id) => `\`${id}\``).join(', ')}.` : ''}
Scenarios: ${kinds.join(', ')}.

### Analytics

${table(
  ['Analytic', 'Class', 'Role', 'Asks', 'Needs', 'Reads at most'],
  analytics.map((each) => [
    `\`${each.id}\`${strategy.shared.includes(each.id) ? ' (shared)' : ''}`,
    each.class,
    each.role,
    each.what,
    each.needs.map((need) => `\`${need}\``).join(', '),
    `${each.cost} ×`,
  ]),
)}

### Parameters

${table(
  ['Parameter', 'Default', 'Unit', 'Range', 'Why', 'Used by'],
  parameters.map((each) => [
    `\`${each.name}\`${each.mitre ? ` (MITRE: ${each.mitre})` : ''}`,
    each.default,
    each.unit,
    rangeOf(each),
    each.reason,
    usedBy(each.name).join(', '),
  ]),
)}

### Probes

${table(
  ['Probe', 'Assumes', 'When not so'],
  probes.map((each) => [`\`${each.id}\``, each.what, each.whenNotOk]),
)}

### Priority

${priority.map((each) => `- **${each.level}**: ${cell(each.when)}`).join('\n')}`;
}

function renderStrategies() {
  const rows = strategies.map(({ strategy }) => [
    `[${strategy.technique}](#${anchorOf(strategy.id)})`,
    strategy.title,
    strategy.analytics.length,
    strategy.parameters.length,
  ]);
  return [
    generated('strategies/*/'),
    '# Strategies',
    `What is detected, by which questions, with which numbers. A **trigger** can open a finding, **context** only strengthens one; an analytic
whose needs are not met is blind, and its strategy says so. What it reads at most is its budget, in rows, as a multiple of all rows that are stored
(\`test/analytic-cost.test.ts\`, over a simulated fleet).`,
    table(['Technique', 'Title', 'Analytics', 'Parameters'], rows),
    ...strategies.map(renderStrategy),
  ].join('\n\n');
}

const KINDS = ['analytic', 'probe', 'scenario', 'emulation', 'step', 'parameter'];
const KIND_OF = { fires: 'scenario', quiet: 'scenario', misses: 'scenario' };

/** Line by line what each strategy promises, and what keeps the promise. */
function renderRequirements() {
  const techniques = [...new Set(requirements.map((each) => each.technique))];
  const sections = techniques.map((technique) => {
    const own = strategies.filter((ads) => ads.strategy.technique === technique);
    const rows = requirements
      .filter((each) => each.technique === technique)
      .map(({ id, name }) => {
        const carriers = own.flatMap((ads) => carriersOf(ads, id));
        const cells = KINDS.map((kind) =>
          carriers
            .filter((each) => (KIND_OF[each.kind] ?? each.kind) === kind)
            .map((each) => `\`${each.id}\``)
            .join(', '),
        );
        return [id, name, ...cells];
      });
    const where = own.map((ads) => `Carried by [${ads.id}](../strategies/${ads.id}/strategy.md).`).join(' ');
    return `## ${technique}\n\n${where || 'No strategy carries these yet.'}\n\n${table(['Id', 'Promise', 'Analytic', 'Probe', 'Scenario', 'Emulation', 'Step', 'Parameter'], rows)}`;
  });
  const kept = requirements.filter(({ id, technique }) =>
    strategies.some((ads) => ads.strategy.technique === technique && carriersOf(ads, id).length > 0),
  );
  return [
    generated('strategies/requirements.yaml and the front matters'),
    '# Requirements',
    `What each strategy promises, and the executable things that keep each promise: ${kept.length} of ${requirements.length} lines are kept. A strategy names them
under \`carries\` in its front matter; an emulation under \`shows\`. \`ads lint\` fails when a strategy leaves one of its lines uncarried.`,
    ...sections,
  ].join('\n\n');
}

/** One row per key of stowaway.yaml, entries of a list of objects below it. */
function renderConfig() {
  const rows = [];
  const visit = (schema, prefix) => {
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      // Entries of several kinds are described where their kinds are.
      const items = property.items?.oneOf ? property.items : property.items && withKeys(property.items);
      const isRequired = (schema.required ?? []).includes(name);
      rows.push([
        `\`${prefix}${name}\``,
        items ? 'list of entries' : typeOf(property),
        isRequired
          ? 'required'
          : property.default === undefined
            ? 'optional'
            : `\`${JSON.stringify(property.default)}\``,
        property.description ?? items?.description ?? '',
      ]);
      if (items) visit(items, `${prefix}${name}[].`);
      else visit(withKeys(property) ?? {}, `${prefix}${name}.`);
    }
  };
  visit(configJsonSchema(), '');
  return table(['Key', 'Type', 'Default', 'Meaning'], rows);
}

/** The object among what a value may be; null when it may be none. */
const withKeys = (schema) =>
  schema.properties ? schema : (schema.anyOf?.find(({ properties }) => properties) ?? null);

const typeOf = (property) => {
  if (property.anyOf) return property.anyOf.map(typeOf).join(' or ');
  if (property.type === 'array') return `list of ${typeOf(property.items)}s`;
  return property.format === 'date' ? 'date' : property.type;
};

/** The file with what stands between its `name` markers replaced. */
function between(file, name, text) {
  const path = join(root, file);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const marks = new RegExp(`(<!-- ${name}:start[^>]*-->\\n)[\\s\\S]*?(<!-- ${name}:end -->)`);
  if (!marks.test(before)) throw new Error(`${file} has no <!-- ${name}:start --> … <!-- ${name}:end -->`);
  return before.replace(marks, (_, start, end) => `${start}\n${text}\n\n${end}`);
}

/** One row a product: each of its sources has a chapter in docs/sources.md. What feeds nothing is there alone. */
const feeding = sources.filter(({ into }) => into !== 'nothing');
const readmeSources = table(
  ['Product', 'Sources', 'Status'],
  [...new Set(feeding.map(({ product }) => product))]
    .sort((a, b) => a.localeCompare(b))
    .map((product) => {
      const own = feeding.filter((source) => source.product === product);
      const links = own.map(({ id }) => `[\`${id}\`](docs/sources.md#${id})`).join(', ');
      return [product, links, [...new Set(own.map(({ status }) => status))].sort().join(', ')];
    }),
);
const documents = {
  'docs/sources.md': `${renderSources()}\n`,
  'docs/strategies.md': `${renderStrategies()}\n`,
  'docs/requirements.md': `${renderRequirements()}\n`,
  'docs/serve-api.md': renderApi(),
  'README.md': between('README.md', 'sources', readmeSources),
  'docs/config.md': between('docs/config.md', 'config', renderConfig()),
};

/** Links of our documents to files that are not there, as "file: target". */
function brokenLinks() {
  const folders = ['.', 'docs', 'docs/decisions'];
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  );
  return files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)]
      .filter((match) => !existsSync(join(root, dirname(file), match[1])))
      .map((match) => `${file}: ${match[1]}`),
  );
}

const stale = Object.entries(documents).filter(
  ([file, text]) => !existsSync(join(root, file)) || readFileSync(join(root, file), 'utf8') !== text,
);
if (isCheck) {
  for (const [file] of stale) console.error(`${file} is stale: run node scripts/render-docs.mjs`);
  const broken = brokenLinks();
  for (const link of broken) console.error(`link to a file that is not there: ${link}`);
  // Running them takes minutes; until then the console says that they are not of what the strategies are now.
  for (const { strategy, currency } of await readValidations(strategies))
    if (currency !== 'current')
      console.log(`note: scenarios of ${strategy}: ${currency}: run stowaway ads test --keep`);
  process.exitCode = stale.length + broken.length > 0 ? 1 : 0;
} else {
  for (const [file, text] of stale) {
    writeFileSync(join(root, file), text);
    console.log(`wrote ${file}`);
  }
}
if (stale.length === 0) console.log('generated documents are up to date');
