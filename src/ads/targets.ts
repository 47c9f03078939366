import { join } from 'node:path';
import type { Place } from '../model/strategy-places.js';
import type { Ads } from './folder.js';
import type { Requirement } from './requirements.js';
import type { BindingKind } from './sections.js';

/** Everything a bullet may be bound to, with the place where it is declared. */
export function targetsOf(ads: Ads): Map<BindingKind, Map<string, Place>> {
  const { strategy, playbook } = ads;
  const scenarios = (kind: string): [string, Place][] =>
    ads.scenarios
      .filter((each) => each.kind === kind)
      .map((each) => [each.id, { file: each.file, line: 1, column: 1 }]);
  return new Map<BindingKind, Map<string, Place>>([
    [
      'analytic',
      new Map((strategy?.analytics ?? []).map((each) => [each.id, { file: each.file, line: 1, column: 1 }])),
    ],
    [
      'probe',
      new Map((strategy?.probes ?? []).map((each) => [each.id, { file: each.file, line: 1, column: 1 }])),
    ],
    [
      'priority',
      new Map(
        (strategy?.priority ?? []).map((each, index) => [
          each.level,
          ads.frontMatter.at(['priority', index]),
        ]),
      ),
    ],
    ['fires', new Map(scenarios('fires'))],
    ['quiet', new Map(scenarios('quiet'))],
    ['misses', new Map(scenarios('misses'))],
    [
      'emulation',
      new Map(
        ads.emulations.map((each) => [
          each.id,
          { file: join(each.folder, 'emulation.yaml'), line: 1, column: 1 },
        ]),
      ),
    ],
    [
      'step',
      new Map((playbook?.steps ?? []).map((each, index) => [each.id, ads.playbookYaml.at(['steps', index])])),
    ],
  ]);
}

/** Something executable that keeps a promise. */
interface Carrier {
  kind: BindingKind | 'parameter';
  id: string;
}

/** What keeps a promise: what `carries` of the front matter names, and the emulations that say they show it. */
export function carriersOf(ads: Ads, requirement: Requirement['id']): Carrier[] {
  const targets = [...targetsOf(ads)];
  const named = ads.strategy?.carries[requirement] ?? [];
  const shown = ads.emulations.filter((each) => each.shows.requirement.includes(requirement));
  const ids = [...new Set([...named, ...shown.map((each) => each.id)])];
  return ids.flatMap((id): Carrier[] => {
    const kinds = targets.filter(([, known]) => known.has(id)).map(([kind]) => ({ kind, id }));
    if (kinds.length > 0) return kinds;
    return ads.strategy?.parameters.some((each) => each.name === id) ? [{ kind: 'parameter', id }] : [];
  });
}
