import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { lintToJunit, outcomesToJunit } from './junit.js';
import type { LintIssue } from './lint.js';
import { toSarif } from './sarif.js';

const issue = (values: Partial<LintIssue> = {}): LintIssue => ({
  file: '/base/strategies/T1-a b/strategy.md',
  line: 12,
  column: 3,
  check: 'bullet without binding',
  severity: 'error',
  message: 'bullet has no {quiet: …}: "<b>&\u0007\ufffe"',
  advice: 'end it with a marker',
  ...values,
});

/** What SARIF 2.1.0 requires of the properties used here (sections 3.13 to 3.30 of the specification). */
const line = { type: 'integer', minimum: 1 };
const message = {
  type: 'object',
  required: ['text'],
  properties: { text: { type: 'string', minLength: 1 } },
};
const level = { enum: ['none', 'note', 'warning', 'error'] };
const SARIF = {
  type: 'object',
  additionalProperties: false,
  required: ['version', 'runs'],
  properties: {
    $schema: { type: 'string', pattern: '^https://' },
    version: { const: '2.1.0' },
    runs: { type: 'array', minItems: 1, items: { $ref: '#/$defs/run' } },
  },
  $defs: {
    run: {
      type: 'object',
      additionalProperties: false,
      required: ['tool', 'results'],
      properties: {
        tool: {
          type: 'object',
          additionalProperties: false,
          required: ['driver'],
          properties: {
            driver: {
              type: 'object',
              additionalProperties: false,
              required: ['name'],
              properties: {
                name: { type: 'string' },
                semanticVersion: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+' },
                rules: { type: 'array', uniqueItems: true, items: { $ref: '#/$defs/rule' } },
              },
            },
          },
        },
        columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
        originalUriBaseIds: {
          type: 'object',
          additionalProperties: { type: 'object', properties: { uri: { type: 'string', pattern: '/$' } } },
        },
        results: { type: 'array', items: { $ref: '#/$defs/result' } },
      },
    },
    rule: {
      type: 'object',
      additionalProperties: false,
      required: ['id'],
      properties: {
        id: { type: 'string', pattern: '^\\S+$' },
        name: { type: 'string' },
        shortDescription: message,
        help: message,
        defaultConfiguration: { type: 'object', properties: { level } },
      },
    },
    result: {
      type: 'object',
      additionalProperties: false,
      required: ['message', 'ruleId'],
      properties: {
        ruleId: { type: 'string' },
        ruleIndex: { type: 'integer', minimum: 0 },
        level,
        message,
        locations: {
          type: 'array',
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['physicalLocation'],
            properties: {
              physicalLocation: {
                type: 'object',
                additionalProperties: false,
                required: ['artifactLocation'],
                properties: {
                  artifactLocation: {
                    type: 'object',
                    additionalProperties: false,
                    properties: {
                      uri: { type: 'string', pattern: "^[A-Za-z0-9._~:/%!$&'()*+,;=@-]+$" },
                      uriBaseId: { type: 'string' },
                    },
                  },
                  region: {
                    type: 'object',
                    additionalProperties: false,
                    properties: { startLine: line, startColumn: line },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
};

test('SARIF holds what its specification asks, with rules that results point at', () => {
  const issues = [issue(), issue({ file: '/elsewhere/x.md', severity: 'warning', check: 'unreadable' })];
  const log = JSON.parse(toSarif(issues, { version: '1.2.3', base: '/base' }));
  const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
  ajv.validate(SARIF, log);
  expect(ajv.errorsText()).toBe('No errors');
  const { tool, results, originalUriBaseIds } = log.runs[0];
  for (const result of results) expect(tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
  expect(originalUriBaseIds.BASE.uri).toBe('file:///base/');
  const places = results.map(
    (result: { locations: [{ physicalLocation: { artifactLocation: object } }] }) =>
      result.locations[0].physicalLocation.artifactLocation,
  );
  expect(places).toEqual([
    { uri: 'strategies/T1-a%20b/strategy.md', uriBaseId: 'BASE' },
    { uri: 'file:///elsewhere/x.md' },
  ]);
});

test('JUnit of lint: a case a check, issues as failure, warnings as notes, nothing unescaped', () => {
  const xml = lintToJunit([
    issue(),
    issue({ check: 'placeholder id', severity: 'warning', message: 'later' }),
  ]);
  expect(xml).toContain('failures="1"');
  expect(xml).toContain(
    '<testcase classname="ads lint" name="missing section" time="0.000">\n    </testcase>',
  );
  expect(xml).toContain('&lt;b&gt;&amp;\\x07\\ufffe&quot;');
  expect(xml).toMatch(/name="placeholder id"[^>]*>\s*<system-out>[^<]*later/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is the point
  expect(xml).not.toMatch(/[\x00-\x08\x0b-\x1f\ufffe\uffff]/);
  expect(xml.match(/<b>/)).toBeNull();
});

test('JUnit of scenarios: a suite a strategy, reasons as failure', () => {
  const outcome = { strategy: 'T1-a', scenario: 'quiet-x', sentence: 's', elapsedSeconds: 1.5, sources: [] };
  const xml = outcomesToJunit([
    { ...outcome, passed: true, reasons: [] },
    { ...outcome, scenario: 'fires-"y"', passed: false, reasons: ['fired on "a\nb"', 'and more'] },
  ]);
  expect(xml).toContain('<testsuite name="T1-a" tests="2" failures="1" errors="0" skipped="0" time="3.000">');
  expect(xml).toContain('name="fires-&quot;y&quot;"');
  expect(xml).toContain(
    '<failure message="fired on &quot;a\\nb&quot;">fired on &quot;a\nb&quot;\nand more</failure>',
  );
});
