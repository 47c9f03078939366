import { readFile } from 'node:fs/promises';
import { allowancesOf } from '../detect/references.js';
import { describeBuildWorkload } from '../model/allowance.js';
import { readConfig } from '../model/config.js';
import { type Place, readPlacedYaml } from '../model/strategy-places.js';
import type { Ads } from './folder.js';
import { findHiddenTruths } from './hidden-truths.js';
import { HIDDEN_TRUTH, type LintIssue } from './lint.js';
import type { Hunt } from './test.js';

/**
 * Holds the allowances, sanctions and build workloads of a stowaway.yaml against every validated true positive.
 *
 * @throws ContentError when the file cannot be read
 */
export async function lintConfig(
  file: string,
  all: readonly Ads[],
  { hunt, onScenario }: { hunt: Hunt; onScenario?: (id: string) => void },
): Promise<LintIssue[]> {
  const config = await readConfig(file);
  const yaml = readPlacedYaml(await readFile(file, 'utf8'), file);
  const { hidden, unknown } = await findHiddenTruths(all, hunt, {
    allowances: allowancesOf(config),
    buildWorkloads: config.build_workloads,
    ...(onScenario && { onScenario }),
  });
  const placeOf = (hiddenBy: string): Place => {
    for (const key of ['allowances', 'sanctioned'] as const) {
      const index = config[key].findIndex(({ reason, owner }) => hiddenBy === `${reason} (${owner})`);
      if (index >= 0) return yaml.at([key, index]);
    }
    const stated = config.build_workloads.findIndex((pattern) =>
      hiddenBy.startsWith(describeBuildWorkload(pattern)),
    );
    return stated >= 0 ? yaml.at(['build_workloads', stated]) : yaml.at([]);
  };
  const rule = { check: HIDDEN_TRUTH.name, severity: HIDDEN_TRUTH.severity, advice: HIDDEN_TRUTH.advice };
  return [
    ...hidden.map(({ scenario, entity, hiddenBy }) => ({
      ...placeOf(hiddenBy),
      ...rule,
      message: `"${hiddenBy}" hides a validated true positive: ${scenario} on "${entity}"`,
    })),
    ...unknown.map((what) => ({
      ...yaml.at([]),
      ...rule,
      message: `not known to be safe, since a scenario fails: ${what}`,
    })),
  ];
}
