import type { Store } from '../store/store.js';
import { alignClocks, type ClockAlignment } from './clock.js';
import { deriveCodeDestinations } from './code-destinations.js';
import { deriveCommands } from './commands.js';
import { deriveConnections } from './connections.js';
import { deriveInventory } from './inventory.js';
import { deriveReferences, type References } from './references.js';
import { deriveZones, type Zones } from './zones.js';

export interface Derived {
  clocks: ClockAlignment[];
  unalignedFiles: string[];
  containerNetworks: string[];
  unreadCommands: number;
}

/** Works out everything the analytics ask of, in the order in which each step needs the one before. */
export async function derive(store: Store, zones: Zones, references: References): Promise<Derived> {
  const [containerNetworks] = await Promise.all([
    deriveZones(store, zones),
    deriveInventory(store),
    deriveReferences(store, references),
  ]);
  await deriveConnections(store);
  const clocks = await alignClocks(store);
  const commands = await deriveCommands(store);
  await deriveCodeDestinations(store);
  return {
    clocks: clocks.aligned,
    unalignedFiles: clocks.unaligned,
    containerNetworks,
    unreadCommands: commands.unread,
  };
}
