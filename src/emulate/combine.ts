import type { Emulation, Step } from '../model/emulation.js';
import { renameContainers } from './rename.js';

/** Seconds between two emulations inside a background, and before the first. */
const GAP_SECONDS = 20;

/**
 * One emulation in which others run inside a background, one after the other. Containers and entities of the others get
 * the emulation's id in front of their names: "curl-put-app1".
 *
 * @throws Error when two of them need one address and port, or one name, for different things
 */
export function combine(background: Emulation, others: readonly Emulation[]): Emulation {
  let before = attached(background);
  const renamed = others.map((one) => {
    const moved = moveAddresses(
      renameContainers(one, (name) => `${one.id}-${name}`),
      before,
    );
    before += attached(one);
    return moved;
  });
  const services = [background, ...renamed].flatMap((one) => one.services);
  refuseConflicts(services.map(({ kind, address, port }) => [`${address}:${port}`, kind]));
  refuseConflicts(services.flatMap(({ name, address }) => (name ? [[name, address]] : [])));
  const attacks = renamed.flatMap((one): Step[] => [{ sleep: GAP_SECONDS }, ...one.detonate]);
  const sanctioned = [background, ...renamed].flatMap(
    (one) => (one.config?.sanctioned as unknown[] | undefined) ?? [],
  );
  return {
    ...background,
    id: `${background.id}-with-${others.map((one) => one.id).join('-')}`,
    inside: others.map((one) => one.id),
    services,
    containers: [...background.containers, ...renamed.flatMap((one) => one.containers)],
    warmup: [...background.warmup, ...renamed.flatMap((one) => one.warmup)],
    detonate: attacks.length === 0 ? background.detonate : [{ together: [background.detonate, attacks] }],
    ...(sanctioned.length > 0 && { config: { sanctioned } }),
    expect: {
      findings: [background, ...renamed].flatMap((one) => one.expect.findings),
      suppressed: [background, ...renamed].flatMap((one) => one.expect.suppressed),
    },
  };
}

/** Containers get the addresses of the lab's network in the order in which they start. */
const attached = (one: Emulation): number =>
  one.containers.filter((spec) => spec.network === 'workloads').length;

/** What talks to a container by its address finds it behind those of the emulations before. */
function moveAddresses(one: Emulation, by: number): Emulation {
  const move = <T>(part: T): T =>
    JSON.parse(
      JSON.stringify(part).replace(/\b10\.96\.0\.(\d+)\b/g, (_, last) => `10.96.0.${Number(last) + by}`),
    );
  const { containers, warmup, detonate } = one;
  return { ...one, containers: move(containers), warmup: move(warmup), detonate: move(detonate) };
}

/** One address and port has one protocol, one name one address. */
function refuseConflicts(pairs: string[][]): void {
  const known = new Map<string, string>();
  for (const [key, value] of pairs as [string, string][]) {
    const other = known.get(key) ?? value;
    if (other !== value)
      throw new Error(`${key} is ${other} and ${value}: these emulations cannot run together`);
    known.set(key, value);
  }
}
