import type { Emulation, Step } from '../model/emulation.js';

type Called = (name: string) => string;

/** The label of which the first part of a compose workload's name comes. */
const PROJECT = 'com.docker.compose.project';

/** The same emulation with other names for its containers and for what is expected of them. */
export function renameContainers(one: Emulation, called: Called): Emulation {
  const network = (name: string) =>
    name.startsWith('container:') ? `container:${called(name.slice('container:'.length))}` : name;
  const entity = (name: string) => (one.containers.some((each) => each.name === name) ? called(name) : name);
  // A compose service is the workload, whatever its containers are called.
  const renameStep = (step: Step): Step => {
    if ('exec' in step) return { ...step, exec: entity(step.exec) };
    if ('start' in step) return step;
    if ('copyOut' in step) return { ...step, copyOut: called(step.copyOut) };
    if ('copyIn' in step) return { ...step, copyIn: called(step.copyIn), from: called(step.from) };
    if ('together' in step) return { together: step.together.map((steps) => steps.map(renameStep)) };
    return 'repeat' in step ? { ...step, steps: step.steps.map(renameStep) } : step;
  };
  const sanctioned = (one.config?.sanctioned as { workload?: string }[] | undefined)?.map((entry) => ({
    ...entry,
    ...(entry.workload !== undefined && { workload: entity(entry.workload) }),
  }));
  return {
    ...one,
    containers: one.containers.map((spec) => ({
      ...spec,
      name: called(spec.name),
      network: network(spec.network),
    })),
    warmup: one.warmup.map(renameStep),
    detonate: one.detonate.map(renameStep),
    ...(sanctioned && { config: { sanctioned } }),
    expect: expectedOf(one, entity),
  };
}

/**
 * The same with a word in front of every name: also of containers that a step starts, and of compose projects. What comes of it can then be
 * told from everything else.
 */
export function prefixNames(one: Emulation, prefix: string): Emulation {
  const called = (name: string) => `${prefix}-${name}`;
  const isStarted = new Set(allSteps(one).flatMap((step) => ('start' in step ? [step.start] : [])));
  const prefixStep = (step: Step): Step => {
    if ('exec' in step && isStarted.has(step.exec)) return { ...step, exec: called(step.exec) };
    if ('start' in step)
      return { ...step, start: called(step.start), ...(step.labels && { labels: labels(step.labels) }) };
    if ('together' in step) return { together: step.together.map((steps) => steps.map(prefixStep)) };
    return 'repeat' in step ? { ...step, steps: step.steps.map(prefixStep) } : step;
  };
  const labels = (own: Record<string, string>) =>
    own[PROJECT] === undefined ? own : { ...own, [PROJECT]: called(own[PROJECT]) };
  const projects = new Set(
    [...one.containers, ...allSteps(one)].flatMap((each) =>
      'labels' in each && each.labels?.[PROJECT] ? [each.labels[PROJECT]] : [],
    ),
  );
  const renamed = renameContainers(one, called);
  return {
    ...renamed,
    containers: renamed.containers.map((spec) => ({ ...spec, labels: labels(spec.labels) })),
    warmup: renamed.warmup.map(prefixStep),
    detonate: renamed.detonate.map(prefixStep),
    expect: expectedOf(renamed, (name) =>
      isStarted.has(name) || projects.has(name.split('/')[0]!) ? called(name) : name,
    ),
  };
}

const expectedOf = ({ expect }: Emulation, entity: Called): Emulation['expect'] => ({
  findings: expect.findings.map((each) => ({ ...each, entity: entity(each.entity) })),
  suppressed: expect.suppressed.map((each) => ({ ...each, entity: entity(each.entity) })),
});

/** Every step, also within others. */
export function allSteps({ warmup, detonate }: Pick<Emulation, 'warmup' | 'detonate'>): Step[] {
  const flat = (steps: Step[]): Step[] =>
    steps.flatMap((step) => [
      step,
      ...('together' in step ? step.together.flatMap(flat) : 'repeat' in step ? flat(step.steps) : []),
    ]);
  return flat([...warmup, ...detonate]);
}
