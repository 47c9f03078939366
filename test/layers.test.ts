import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from './recorded.js';

/** Who may know whom. Imports point down this table: a layer knows those above its line, never those of its own line or below. */
const LAYERS: string[][] = [
  ['model'],
  ['host'],
  ['store'],
  ['ingest'],
  ['detect'],
  ['correlate'],
  ['output'],
  ['remote'],
  ['kafka'],
  ['ads'],
  ['pipeline'],
  ['engine'],
  ['sense'],
  ['respond'],
  ['emulate'],
  ['simulate'],
  ['collect'],
  ['live'],
  ['notify'],
  ['server'],
  ['work'],
  ['serve'],
  ['cli'],
];

/** Packages and globals that only these layers may use. */
const OWNED = [
  {
    what: 'the database client',
    pattern: /from '(?:@clickhouse\/client|chdb)|import\('(?:@clickhouse\/client|chdb)/,
    layers: ['store'],
  },
  // engine: the container engine’s socket. notify: receivers of notifications, each behind guard-target.ts. server: TLS. cli: a server known by its certificate.
  { what: 'HTTP', pattern: /from 'node:https?'/, layers: ['engine', 'notify', 'server', 'cli'] },
  { what: 'other programs', pattern: /from 'node:child_process'/, layers: ['host'] },
  { what: 'environment and arguments', pattern: /\bprocess\.(?:env|argv)\b/, layers: ['cli'] },
];

const source = join(root, 'src');
const isTest = (path: string): boolean => /\.test\.ts$/.test(path) || path.split(sep).includes('testing');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !isTest(path))
  .map((path) => ({ path, layer: layerOf(path), text: readFileSync(join(source, path), 'utf8') }));

function layerOf(path: string): string {
  return path.split(sep)[0]!.replace(/\.[jt]s$/, '');
}

const rankOf = (layer: string): number => LAYERS.findIndex((line) => line.includes(layer));

function importsOf(path: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1]!);
  return specifiers.map((specifier) => relative(source, join(source, dirname(path), specifier)));
}

test('every file is in a layer', () => {
  expect(files.length).toBeGreaterThan(50);
  expect([...new Set(files.map(({ layer }) => layer))].filter((layer) => rankOf(layer) === -1)).toEqual([]);
});

test('imports point down', () => {
  const wrong = files.flatMap(({ path, layer, text }) =>
    importsOf(path, text)
      .filter((target) => layerOf(target) !== layer && rankOf(layerOf(target)) >= rankOf(layer))
      .map((target) => `${path} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('no file imports a test or its helpers', () => {
  const wrong = files.filter(({ path, text }) => importsOf(path, text).some(isTest)).map(({ path }) => path);
  expect(wrong).toEqual([]);
});

test.each(OWNED)('only $layers uses $what', ({ pattern, layers }) => {
  const users = files.filter((file) => pattern.test(file.text));
  expect([...new Set(users.map(({ layer }) => layer))].sort()).toEqual([...layers].sort());
});

describe('the machinery knows by name no', () => {
  const folders = (name: string) =>
    readdirSync(join(root, name), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
      .map((entry) => entry.name);

  test.each(['sources', 'strategies'])('%s', (content) => {
    const ids = folders(content);
    expect(ids.length).toBeGreaterThan(1);
    const named = files.flatMap(({ path, text }) =>
      ids
        .filter((id) => new RegExp(`(?<![\\w-])${id}(?![\\w-])`).test(text))
        .map((id) => `${path} names ${id}`),
    );
    expect(named).toEqual([]);
  });
});
