// What an attacker can do otherwise where no connection is seen: a registry, a code host, a cluster, an engine or a volume tells of the deed.
// As in mutations.mjs, each must change what these would have written, and nothing else.
import { cluster } from './told/cluster.mjs';
import { codeHost } from './told/code-host.mjs';
import { engine } from './told/engine.mjs';
import { registry } from './told/registry.mjs';
import { volume } from './told/volume.mjs';

export const TOLD = [...registry, ...codeHost, ...cluster, ...engine, ...volume];
