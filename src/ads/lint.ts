import { stat } from 'node:fs/promises';
import type { ContentProblem } from '../model/strategy-places.js';
import { type Check, DOCUMENT_CHECKS } from './checks.js';
import { MACHINE_CHECKS } from './checks-machine.js';
import { type Ads, readAdsLeniently } from './folder.js';
import { resolveInput } from './test.js';

export interface LintIssue extends ContentProblem {
  check: string;
  severity: 'error' | 'warning';
}

const CHECKS: readonly Check[] = [...DOCUMENT_CHECKS, ...MACHINE_CHECKS];

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

/** `file:line:column: severity: message (advice)`, one a line. */
export function formatIssues(issues: readonly LintIssue[]): string {
  return issues
    .map(
      ({ file, line, column, severity, message, advice }) =>
        `${file}:${line}:${column}: ${severity}: ${message} (${advice})\n`,
    )
    .join('');
}

async function missingInputs(ads: Ads): Promise<LintIssue[]> {
  const issues: LintIssue[] = [];
  for (const scenario of ads.scenarios) {
    const paths = [
      ...scenario.inputs,
      ...scenario.baseline,
      ...scenario.intel,
      ...(scenario.config ? [scenario.config] : []),
    ];
    for (const path of paths) {
      const isThere = await stat(resolveInput(scenario, path)).then(
        () => true,
        () => false,
      );
      if (isThere) continue;
      issues.push({
        file: scenario.file,
        line: 1,
        column: 1,
        check: 'missing input',
        severity: 'error',
        message: `no file or folder "${path}"`,
        advice: 'node scripts/make-scenarios.mjs writes what is not recorded',
      });
    }
  }
  return issues;
}
