import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Ads, readAdsLeniently } from '../ads/folder.js';
import { Engine } from '../engine/engine.js';
import { runProgram } from '../host/run.js';
import type { RespondConfig } from '../model/config.js';
import { contentFolder } from '../model/paths.js';
import { cgroupOf } from './cgroup-of.js';
import { evidenceFolder } from './evidence.js';
import { openLedger } from './ledger.js';
import { lockFolder } from './lock.js';
import type { Surroundings } from './surroundings.js';
import { watchConntrack } from './watch-flows.js';

/**
 * The real surroundings: engine, kernel, clock, and a state folder, which is made when it is missing. `strategies` are folders of
 * somebody's own, whose playbooks stand beside ours.
 */
export async function openWorld(
  stateFolder: string,
  config: RespondConfig,
  strategies: readonly string[] = [],
): Promise<Surroundings> {
  let ads: Promise<Ads[][]> | null = null;
  const ledger = await openLedger(stateFolder, async (work, waitMs) =>
    (await lockFolder(stateFolder))(work, waitMs),
  );
  return {
    connect: (socketPath) => new Engine(socketPath),
    run: runProgram,
    netnsOf: (pid) => readlink(`/proc/${pid}/ns/net`).catch(() => null),
    cgroupOf,
    ledger,
    config,
    playbookOf: async (strategy) => {
      ads ??= Promise.all([contentFolder('strategies'), ...strategies].map(readAdsLeniently));
      return (await ads).flat().find(({ id }) => id === strategy)?.playbook ?? null;
    },
    ownContainers: ownContainers(
      await readFile('/proc/self/cgroup', 'utf8').catch(() => ''),
      await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''),
    ),
    keepEvidence: evidenceFolder(join(stateFolder, 'evidence')),
    watchFlows: watchConntrack(runProgram),
    now: () => new Date(),
    sleep,
  };
}

/**
 * Ids of the containers this process runs in: by its control group, and by the files an engine mounts over /etc. Other
 * mounts name other containers.
 */
export function ownContainers(cgroup: string, mountinfo: string): string[] {
  const lines = [
    ...cgroup.split('\n'),
    ...mountinfo
      .split('\n')
      .filter((line) => /^\/etc\/(?:hostname|hosts|resolv\.conf)$/.test(line.split(' ')[4] ?? '')),
  ];
  return [...new Set(lines.flatMap((line) => line.match(/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g) ?? []))];
}
