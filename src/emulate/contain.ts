import { DEFAULT_CONFIG } from '../model/config.js';
import type { Finding } from '../model/hunt-result.js';
import { applyPlan } from '../respond/apply.js';
import { approvePlan, revertPlan } from '../respond/approve.js';
import type { Verification } from '../respond/ledger.js';
import { openWorld } from '../respond/open-world.js';
import type { Action } from '../respond/plan.js';
import { propose } from '../respond/propose.js';
import { sleep } from './lab/commands.js';
import type { LiveRun } from './run.js';

export interface Containment {
  action: Action;
  plan: string;
  /** What our own flow data says, as the ledger keeps it. */
  verification: Verification;
  /** From the approval to the last byte that reached a destination; by the destinations' own clock. */
  seconds_to_last_byte: number;
  /** Bytes that reached destinations in the seconds the containment was watched. */
  bytes_while_contained: number;
  /** Bytes that reached them in as many seconds after it was undone. */
  bytes_after_undo: number;
  undone: boolean;
}

/** Time for what was on its way, before "while contained" begins. */
const DRAIN_MS = 500;
const WATCHED_MS = 4_000;

/** Contains what a finding names, watches that it stopped, undoes it, and watches that it goes on. */
export async function containAndUndo(live: LiveRun, finding: Finding, action: Action): Promise<Containment> {
  const world = await openWorld(live.lab.path('respond'), DEFAULT_CONFIG.respond);
  const { hash } = await propose(
    {
      finding,
      findings: [finding],
      action,
      expiresSeconds: 600,
      commitImage: false,
      network: null,
      netns: live.lab.hostNamespace,
      engineSocket: live.lab.engine.socketPath,
    },
    world,
  );
  await approvePlan(hash, { by: 'emulation', reason: 'shows containment', segment: null }, world);
  const approvedAt = Date.now() / 1000;
  const { verification } = await applyPlan(hash, world);
  await sleep(DRAIN_MS);
  const contained = await live.arrived();
  await sleep(WATCHED_MS);
  const still = await live.arrived();
  const problems = await revertPlan(hash, 'the emulation has shown it', world);
  await sleep(DRAIN_MS);
  const released = await live.arrived();
  await sleep(WATCHED_MS);
  return {
    action,
    plan: hash,
    verification,
    seconds_to_last_byte: Math.max(0, Math.round(((still.lastAt ?? approvedAt) - approvedAt) * 1000) / 1000),
    bytes_while_contained: still.bytes - contained.bytes,
    bytes_after_undo: (await live.arrived()).bytes - released.bytes,
    undone: problems.length === 0,
  };
}
