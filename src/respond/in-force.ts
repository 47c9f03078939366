import { holds } from './carry-out.js';
import type { Response } from './responses.js';
import { placeOf } from './revert.js';
import type { Surroundings } from './surroundings.js';

/** Whether engine and kernel show every change of a containment; null when it is over, or they do not answer. */
export async function isInForce(response: Response, world: Surroundings): Promise<boolean | null> {
  if (response.contained_at === null || response.closed) return null;
  const place = placeOf(response, world);
  try {
    const states = await Promise.all(response.changes.map(({ change }) => holds(change, place)));
    return states.every((state) => state === 'yes');
  } catch {
    return null;
  }
}
