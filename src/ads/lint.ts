import { readFile, stat } from 'node:fs/promises';
import { type ContentProblem, readPlacedYaml } from '../model/strategy-places.js';
import { type Check, DOCUMENT_CHECKS } from './checks.js';
import { MACHINE_CHECKS } from './checks-machine.js';
import { SECTION_CHECKS } from './checks-sections.js';
import { type Ads, readAdsLeniently } from './folder.js';
import { resolveInput } from './test.js';

export interface LintIssue extends ContentProblem {
  check: string;
  severity: 'error' | 'warning';
}

const CHECKS: readonly Check[] = [...DOCUMENT_CHECKS, ...MACHINE_CHECKS, ...SECTION_CHECKS];

const MISSING_INPUT = {
  name: 'missing input',
  severity: 'error' as const,
  advice: 'put the file into the scenario’s folder, or correct the name',
};

/** Looked for by `lintConfig`, which hunts. */
export const HIDDEN_TRUTH = {
  name: 'allowance hides a true positive',
  severity: 'error' as const,
  advice: 'narrow its scope: name the workload, the image and the destination',
};

/** What `ads lint` looks for, by name; those beside CHECKS are told by reading or hunting. */
export const CHECK_RULES: readonly Pick<Check, 'name' | 'severity' | 'advice'>[] = [
  { name: 'unreadable', severity: 'error', advice: 'correct what the message names' },
  ...CHECKS,
  MISSING_INPUT,
  HIDDEN_TRUTH,
];

/** Every problem of every strategy under `root`, in order of place. */
export async function lintStrategies(root: string): Promise<LintIssue[]> {
  const all = await readAdsLeniently(root);
  const issues = await Promise.all(all.map((ads) => lintAds(ads)));
  return issues.flat().sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
}

/** Checks one folder. What could not be read is told first; checks run over the rest. */
async function lintAds(ads: Ads): Promise<LintIssue[]> {
  const unread = ads.problems.map((problem) => ({
    ...problem,
    check: 'unreadable',
    severity: 'error' as const,
  }));
  const found = CHECKS.flatMap((check) =>
    [...check.find(ads)].map((spot) => ({
      ...spot,
      check: check.name,
      severity: check.severity,
      advice: check.advice,
    })),
  );
  return [...unread, ...found, ...(await missingInputs(ads))];
}

/** `file:line:column: severity: message (advice)` */
export function lineOf({ file, line, column, severity, message, advice }: LintIssue): string {
  return `${file}:${line}:${column}: ${severity}: ${message} (${advice})`;
}

/** One line an issue. */
export function formatIssues(issues: readonly LintIssue[]): string {
  return issues.map((issue) => `${lineOf(issue)}\n`).join('');
}

async function missingInputs(ads: Ads): Promise<LintIssue[]> {
  const named = ads.scenarios.flatMap((scenario) =>
    (['inputs', 'baseline', 'intel', 'config'] as const).flatMap((key) =>
      [scenario[key] ?? []].flat().map((path, index) => ({ scenario, key, path, index })),
    ),
  );
  const issues = await Promise.all(
    named.map(async ({ scenario, key, path, index }): Promise<LintIssue[]> => {
      const isThere = await stat(resolveInput(scenario, path)).then(
        () => true,
        () => false,
      );
      if (isThere) return [];
      const yaml = readPlacedYaml(await readFile(scenario.file, 'utf8'), scenario.file);
      return [
        {
          ...yaml.at(key === 'config' ? [key] : [key, index]),
          check: MISSING_INPUT.name,
          severity: MISSING_INPUT.severity,
          message: `no file or folder "${path}"`,
          advice: MISSING_INPUT.advice,
        },
      ];
    }),
  );
  return issues.flat();
}
