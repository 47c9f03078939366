// Everything with known truth: scenarios and recordings of every strategy, found by walking the folders.
import { createHash } from 'node:crypto';
import { resolveInput } from '../dist/ads/test.js';

/** One entry a scenario; a recording that several strategies hold is listed once. */
export function corpusOf(all) {
  const seen = new Set();
  return all.flatMap((ads) =>
    [...ads.scenarios, ...ads.recordings].flatMap((scenario) => {
      const key = `${scenario.folder} ${scenario.id}`;
      if (seen.has(key)) return [];
      seen.add(key);
      const resolve = (path) => resolveInput(scenario, path);
      return [
        {
          strategy: ads.id,
          scenario,
          family: familyOf(scenario),
          inputs: scenario.inputs.map(resolve),
          options: {
            baseline: scenario.baseline.map(resolve),
            config: scenario.config === undefined ? null : resolve(scenario.config),
            containerCidrs: scenario.flags.container_cidr,
            intel: scenario.intel.map(resolve),
          },
        },
      ];
    }),
  );
}

/** Scenarios of one recording, and a recording under several engines, are one family. */
function familyOf({ inputs, id }) {
  const shared = inputs.find((path) => path.startsWith('demo/'));
  return (shared ? shared.split('/').at(-1) : id)
    .replace(/ \(recorded, \w+\)$/, '')
    .replace(/(^|-)podman(-|$)/, '$1')
    .replace(/-$/, '');
}

/** Half of the families, by the first bit of a hash of the name: nobody chooses, and a new family falls where it falls. */
export const isHeldOut = (family) => createHash('sha256').update(family).digest()[0] >= 128;
