import type { Emulation } from '../model/emulation.js';
import { type EngineKind, LabUnavailable } from './lab/engine-kinds.js';
import { Lab } from './lab/lab.js';
import { whyNeedsEngine } from './netns/needs-engine.js';

/** The attack itself did not work: nothing can be said about its detection. */
export class EmulationError extends Error {
  override name = 'EmulationError';
}

const STARTING: Record<EngineKind, string> = {
  docker: 'starting a docker of its own, in namespaces without a way out',
  podman: 'starting a podman of its own, in namespaces without a way out',
  netns: 'no engine: network namespaces without a way out play the containers',
};

/**
 * A lab of the first engine that can run here. Those that cannot are taken off the list, so that each is tried once.
 *
 * @throws LabUnavailable when none can, EmulationError when network namespaces are what is left and cannot play this emulation
 */
export async function openLab(
  emulation: Emulation,
  engines: EngineKind[],
  say: (what: string) => void,
  open = Lab.open,
): Promise<Lab> {
  const reasons: string[] = [];
  for (let kind = engines[0]; kind !== undefined; kind = engines[0]) {
    const need = kind === 'netns' ? whyNeedsEngine(emulation) : null;
    if (need !== null)
      throw new EmulationError(`${need}: network namespaces without an engine cannot play it`);
    say(STARTING[kind]);
    try {
      return await open(kind, (program) => mentions(emulation, program));
    } catch (error) {
      if (!(error instanceof LabUnavailable)) throw error;
      reasons.push(error.message);
      engines.shift();
      if (engines[0] !== undefined) say(`${kind} cannot run here (${error.message}); ${engines[0]} is tried`);
    }
  }
  throw new LabUnavailable([...new Set(reasons)].join('; '));
}

/** Tools of the image are words in the commands. */
export function mentions(emulation: Emulation, program: string): boolean {
  const commands = JSON.stringify([emulation.containers, emulation.warmup, emulation.detonate]);
  return new RegExp(`(?<![\\w.:/-])${program}(?![\\w.:/-])`).test(commands);
}
