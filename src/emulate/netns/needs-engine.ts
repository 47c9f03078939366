import type { Emulation, Step } from '../../model/emulation.js';

/** What of an emulation is an engine's work, which plain network namespaces cannot play; null when nothing is. */
export function whyNeedsEngine({ containers, warmup, detonate }: Emulation): string | null {
  const steps = [...warmup, ...detonate].flatMap(flatten);
  const volumes = [
    ...containers.flatMap((spec) => spec.volumes),
    ...steps.flatMap((step) => ('start' in step ? (step.volumes ?? []) : [])),
  ];
  const needs = [
    ...(volumes.some((volume) => volume.startsWith('engine-socket:')) ? ["the engine's socket"] : []),
    ...(volumes.some((volume) => !volume.startsWith('engine-socket:')) ? ["an engine's volumes"] : []),
    ...(steps.some((step) => 'copyOut' in step || 'copyIn' in step)
      ? ["copies through the engine's API"]
      : []),
    ...(steps.some((step) => 'start' in step && step.image === 'replaced') ? ["an engine's images"] : []),
  ];
  return needs.length === 0 ? null : `needs ${needs.join(', ')}`;
}

function flatten(step: Step): Step[] {
  if ('together' in step) return step.together.flat().flatMap(flatten);
  return 'repeat' in step ? step.steps.flatMap(flatten) : [step];
}
