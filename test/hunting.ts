import { afterAll } from 'vitest';
import { Hunts } from '../src/pipeline.js';

/** What the hunts of a test file share; no other store of the process may be open meanwhile. */
export function hunting(): Pick<Hunts, 'hunt' | 'huntScenario'> {
  const hunts = new Hunts();
  afterAll(() => hunts[Symbol.asyncDispose]());
  return { hunt: (...asked) => hunts.hunt(...asked), huntScenario: hunts.huntScenario };
}
