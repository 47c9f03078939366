import { relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CHECK_RULES, type LintIssue } from './lint.js';

/**
 * The issues as SARIF 2.1.0. Paths below `base` are written relative to it, as code hosts want them; columns count UTF-16
 * code units, which is what the readers of YAML and Markdown here count.
 */
export function toSarif(
  issues: readonly LintIssue[],
  { version, base }: { version: string; base: string },
): string {
  const rules = CHECK_RULES.map(({ name, severity, advice }) => ({
    id: ruleId(name),
    name,
    shortDescription: { text: name },
    help: { text: advice },
    defaultConfiguration: { level: severity },
  }));
  const indexOf = new Map(rules.map((rule, index) => [rule.id, index]));
  const results = issues.map((issue) => ({
    ruleId: ruleId(issue.check),
    ruleIndex: indexOf.get(ruleId(issue.check)),
    level: issue.severity,
    message: { text: `${issue.message} (${issue.advice})` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: locationOf(issue.file, base),
          region: { startLine: issue.line, startColumn: issue.column },
        },
      },
    ],
  }));
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'stowaway ads lint', semanticVersion: version, rules } },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { BASE: { uri: `${pathToFileURL(base).href.replace(/\/$/, '')}/` } },
        results,
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

const ruleId = (check: string): string => check.replace(/\s+/g, '-');

function locationOf(file: string, base: string): { uri: string; uriBaseId?: string } {
  const path = relative(base, file);
  if (path.startsWith('..')) return { uri: pathToFileURL(file).href };
  return { uri: path.split(sep).map(encodeURIComponent).join('/'), uriBaseId: 'BASE' };
}
