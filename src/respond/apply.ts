import { findResponse, isFullHash, LOCK_WAIT_MS, NOT_FULL } from './approve.js';
import { differences } from './canonical.js';
import { holds, type Place } from './carry-out.js';
import { captureEvidence } from './evidence.js';
import { refuseAgreement, refuseApply, refuseFinding, refuseTarget } from './guard.js';
import type { EvidenceFile, Verification } from './ledger.js';
import { observe } from './observe.js';
import { hashOf, makePlan } from './plan.js';
import { noteContained } from './recover.js';
import { type Response, responsesOf } from './responses.js';
import { append, applyChange, placeOf, revertResponse } from './revert.js';
import { RefusedError, type Surroundings } from './surroundings.js';

/** An effect failed; what had been done was undone, or the message says what was not. */
export class ApplyError extends Error {
  override name = 'ApplyError';
}

export interface Applied {
  hash: string;
  evidence: EvidenceFile[];
  expires_at: string;
  verification: Verification;
}

/**
 * Carries out an approved plan: looks again, keeps evidence, looks again, acts, and shows with flow data that it stopped.
 *
 * @throws RefusedError when anything differs from what was approved; nothing was changed then
 * @throws ApplyError when an effect failed
 */
export async function applyPlan(hash: string, world: Surroundings): Promise<Applied> {
  if (!isFullHash(hash)) throw new RefusedError([NOT_FULL]);
  const contained = await world.ledger.exclusively(() => contain(hash, world), LOCK_WAIT_MS);
  const verification = await contained.verify();
  await append(world.ledger, { type: 'verified', hash, verification }, world);
  return { hash, evidence: contained.evidence, expires_at: contained.expires_at, verification };
}

async function contain(hash: string, world: Surroundings) {
  const all = responsesOf(await world.ledger.read());
  const response = findResponse(all, hash);
  const refused = refuseApply(response, all, { now: world.now(), config: world.config });
  if (refused.length > 0) throw new RefusedError(refused);
  await refuseWhatDiffers(response, world);
  const place = placeOf(response, world);
  const [watch, evidence] = await Promise.all([
    world.watchFlows(watchRequest(response)),
    captureEvidence(hash, response.plan, place.engine, world),
  ]);
  try {
    await append(world.ledger, { type: 'evidence', hash, files: evidence }, world);
    await refuseWhatDiffers(response, world);
    const began = await carryOutAll(response, place, world);
    const done = world.now().getTime();
    const expires_at = await noteContained(await reread(hash, world), '', world);
    const approved = Date.parse(response.approvals.at(-1)!.at);
    if (response.plan.request.action === 'stop-restarts') {
      await watch.stop();
      return { evidence, expires_at, verify: () => verifyInForce(response, place) };
    }
    return { evidence, expires_at, verify: () => watch.settled({ began, done, approved }) };
  } catch (error) {
    await watch.stop();
    throw error;
  }
}

/** What changes no traffic is shown by the engine alone. */
async function verifyInForce({ plan }: Response, place: Place): Promise<Verification> {
  const states = await Promise.all(plan.changes.map((change) => holds(change, place).catch(() => 'no')));
  return states.every((state) => state === 'yes')
    ? {
        verdict: 'in force',
        says: 'in force: the engine will not start it again; what runs now goes on until it ends',
        measured: {},
      }
    : { verdict: 'not verified', says: 'not verified: the engine does not show the change', measured: {} };
}

const watchRequest = ({ plan }: Response) => ({
  addresses: plan.segment?.members.flatMap((member) => member.addresses) ?? plan.target.addresses,
  netns: plan.request.netns,
  isPause: plan.request.action === 'pause',
  cgroup: plan.target.cgroup,
  destinations: plan.changes.flatMap((change) => ('destinations' in change ? change.destinations : [])),
});

async function reread(hash: string, world: Surroundings): Promise<Response> {
  return findResponse(responsesOf(await world.ledger.read()), hash);
}

/** Makes the plan anew from what is so now; it must come out the same. */
async function refuseWhatDiffers({ hash, plan }: Response, world: Surroundings): Promise<void> {
  if (hashOf(plan) !== hash)
    throw new RefusedError(['the plan in the ledger is not the one that was approved']);
  const { request } = plan;
  const reasons = refuseFinding(request.finding);
  const playbook = await world.playbookOf(request.finding.strategy);
  if (!playbook)
    throw new RefusedError([
      `${request.finding.strategy} has no playbook here: name the folder of your own strategies with --strategies`,
    ]);
  const engine = world.connect(request.engine_socket);
  const uid = request.finding.entity.container_uid;
  const observation = await observe({ engine, uid, netns: request.netns, segment: request.network }, world);
  reasons.push(...refuseTarget(request, observation, world));
  const again = makePlan(request, playbook, observation);
  if (again) reasons.push(...refuseAgreement(again.agreement));
  if (again && hashOf(again) !== hash) {
    const places = differences(JSON.parse(JSON.stringify(plan)), JSON.parse(JSON.stringify(again)));
    reasons.push(`what was approved is not what is so now: ${places.join(', ')}; make a new plan`);
  }
  if (reasons.length > 0) throw new RefusedError(reasons);
}

/** Returns the moment the first change that contains began; undoes all when one fails. */
async function carryOutAll({ hash, plan }: Response, place: Place, world: Surroundings): Promise<number> {
  let began: number | null = null;
  try {
    for (const [index, change] of plan.changes.entries()) {
      if (change.kind !== 'commit-image') began ??= world.now().getTime();
      await applyChange(hash, index, change, place, world);
    }
    return began ?? world.now().getTime();
  } catch (cause) {
    const failed = (cause as Error).message;
    const problems = await revertResponse(await reread(hash, world), `failed: ${failed}`, world);
    const undone =
      problems.length === 0 ? 'what had been done was undone' : `not undone: ${problems.join('; ')}`;
    throw new ApplyError(`${failed}; ${undone}`, { cause });
  }
}
