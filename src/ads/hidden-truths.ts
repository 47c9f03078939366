import type { Authorisation } from '../model/allowance.js';
import type { Ads } from './folder.js';
import type { ExpectedFinding, Scenario } from './scenario.js';
import { type Hunt, isAbout, scenarioHuntOptions, scenarioPaths } from './test.js';

/** A finding that is known to be right, and that an allowance would hide. */
export interface HiddenTruth {
  strategy: string;
  scenario: string;
  entity: string;
  /** Reason, owner and last day of the allowance, or the statement of a build workload. */
  hiddenBy: string;
}

export interface TruthCheck {
  hidden: HiddenTruth[];
  /** True positives that were found, and so could be checked. */
  checked: number;
  /** Scenarios that did not yield what they should, so that nothing is known of them. */
  unknown: string[];
}

/**
 * Which validated true positives would be hidden: what the fires- scenarios and the recordings of attacks
 * must yield. When an attack happens is the attacker's choice, so an allowance is held against them as if its schedule
 * and its days had been met.
 */
export async function findHiddenTruths(
  all: readonly Ads[],
  hunt: Hunt,
  {
    allowances,
    buildWorkloads,
    onScenario = () => {},
  }: Authorisation & { onScenario?: (id: string) => void },
): Promise<TruthCheck> {
  const proposed = {
    allowances: allowances.map((each) => ({ ...each, schedule: null, expires: null })),
    buildWorkloads,
  };
  const result: TruthCheck = { hidden: [], checked: 0, unknown: [] };
  if (allowances.length + buildWorkloads.length === 0) return result;
  for (const { ads, scenario } of attacks(all)) {
    onScenario(`${ads.id}/${scenario.id}`);
    const seen = await hunt(scenarioPaths(scenario), { ...scenarioHuntOptions(ads.id, scenario), proposed });
    for (const expected of scenario.expect.findings) {
      const found = seen.report.findings.filter(
        (finding) => finding.status === 'open' && isAbout(finding, expected, ads.id),
      );
      if (found.length === 0) result.unknown.push(`${ads.id}/${scenario.id}: ${describe(expected)}`);
      const hidden = found.flatMap(
        ({ uid }) => seen.proposed.find((each) => each.uid === uid && each.status === 'suppressed') ?? [],
      );
      result.checked += found.length;
      result.hidden.push(
        ...hidden.map((finding) => ({
          strategy: finding.strategy,
          scenario: `${ads.id}/${scenario.id}`,
          entity: finding.entity.name,
          hiddenBy: finding.suppressed_by ?? '',
        })),
      );
    }
  }
  return result;
}

/** A background's recording is read with every strategy; once is enough. */
function attacks(all: readonly Ads[]): { ads: Ads; scenario: Scenario }[] {
  const seen = new Set<string>();
  return all.flatMap((ads) =>
    [...ads.scenarios, ...ads.recordings]
      .filter((scenario) => scenario.kind === 'fires' && !seen.has(scenario.folder))
      .map((scenario) => {
        seen.add(scenario.folder);
        return { ads, scenario };
      }),
  );
}

const describe = ({ entity }: ExpectedFinding): string => `no open finding on "${entity}"`;
