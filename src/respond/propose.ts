import type { Playbook } from '../ads/playbook.js';
import { parseDuration } from '../model/duration.js';
import type { RespondFinding } from './finding.js';
import { refuseAgreement, refuseCap, refuseFinding, refuseTarget } from './guard.js';
import { type Observation, observe } from './observe.js';
import { ACTIONS, type Action, hashOf, makePlan, type Plan, type PlanRequest } from './plan.js';
import { playbookStep } from './plan-steps.js';
import { responsesOf } from './responses.js';
import { append } from './revert.js';
import { RefusedError, type Surroundings } from './surroundings.js';

export interface Proposal {
  finding: RespondFinding;
  /** All findings of the report. */
  findings: RespondFinding[];
  /** Null: the first the playbook has for a container. */
  action: Action | null;
  /** Null: what the configuration says, or less when the playbook says less. */
  expiresSeconds: number | null;
  commitImage: boolean;
  network: string | null;
  netns: string | null;
  engineSocket: string;
}

/**
 * Looks at the engine, makes a plan and keeps it in the ledger. Changes nothing else.
 *
 * @throws RefusedError with every reason why it must not be carried out; then nothing is kept
 */
export async function propose(
  proposal: Proposal,
  world: Surroundings,
): Promise<{ hash: string; plan: Plan }> {
  const playbook = await playbookFor(proposal.finding, world);
  const request = requestOf(proposal, { action: proposal.action ?? usualAction(playbook), playbook }, world);
  const engine = world.connect(request.engine_socket);
  const uid = request.finding.entity.container_uid;
  const observation = await observe({ engine, uid, netns: request.netns, segment: request.network }, world);
  const plan = makePlan(request, playbook, observation);
  const refused = [
    ...refusePlan(request, { observation, plan }, world),
    ...refuseCap(responsesOf(await world.ledger.read()), world.now(), world.config),
  ];
  if (refused.length > 0 || !plan)
    throw new RefusedError(refused.length > 0 ? refused : ['no plan can be made']);
  const hash = hashOf(plan);
  await append(world.ledger, { type: 'planned', hash, plan }, world);
  return { hash, plan };
}

/** @throws RefusedError when this finding leads to no response */
export async function playbookFor(finding: RespondFinding, world: Surroundings): Promise<Playbook> {
  const reasons = refuseFinding(finding);
  if (reasons.length > 0) throw new RefusedError(reasons);
  const playbook = await world.playbookOf(finding.strategy);
  if (!playbook)
    throw new RefusedError([
      'the finding’s strategy has no playbook here: --strategies names a folder of your own strategies',
    ]);
  return playbook;
}

/** The first the playbook has for a container. */
export const usualAction = (playbook: Playbook): Action =>
  ACTIONS.find((each) => playbookStep(playbook, each)) ?? 'pause';

export function requestOf(
  proposal: Proposal,
  { action, playbook }: { action: Action; playbook: Playbook },
  world: Surroundings,
): PlanRequest {
  const usual = Math.min(
    parseDuration(world.config.expiry)!,
    playbookStep(playbook, action)?.expiresAfterSeconds ?? Number.MAX_SAFE_INTEGER,
  );
  return {
    finding: proposal.finding,
    action,
    expires_seconds: proposal.expiresSeconds ?? usual,
    commit_image: proposal.commitImage,
    network: proposal.network,
    netns: proposal.netns,
    engine_socket: proposal.engineSocket,
    made_at: world.now().toISOString(),
    suspects: action === 'isolate-segment' ? suspectsOf(proposal.findings) : [],
  };
}

/** Why what was planned must not be done, as the engine shows it now; empty when it may. */
export const refusePlan = (
  request: PlanRequest,
  { observation, plan }: { observation: Observation; plan: Plan | null },
  world: Surroundings,
): string[] => [
  ...refuseTarget(request, observation, world),
  ...(plan ? refuseAgreement(plan.agreement) : []),
];

function suspectsOf(findings: RespondFinding[]): PlanRequest['suspects'] {
  return findings
    .filter((finding) => refuseFinding(finding).length === 0)
    .map(({ entity }) => ({ workload: entity.name, container_uid: entity.container_uid }));
}
