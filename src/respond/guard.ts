import { globMatches } from '../correlate/allowances.js';
import type { RespondConfig } from '../model/config.js';
import type { RespondFinding } from './finding.js';
import { isContainerUid, isHostNetwork, type ObservedContainer } from './inspect.js';
import type { Observation } from './observe.js';
import { type Agreement, blockable, type Plan, type PlanRequest } from './plan.js';
import type { Response } from './responses.js';

/** Least confidence in who it was. */
const MIN_CONFIDENCE = 0.9;
const TRUSTED_METHODS = new Set(['native', 'ip+time', 'cgroup']);
const PROTECTED_LABEL = 'stowaway.protected=true';

/** Why this finding must not lead to a response; empty when it may. */
export function refuseFinding(finding: RespondFinding): string[] {
  const { attribution, entity, status } = finding;
  const reasons: string[] = [];
  if (status !== 'open') reasons.push(`the finding is ${status}, not open`);
  if (!TRUSTED_METHODS.has(attribution.method))
    reasons.push(`attribution by ${attribution.method} does not name one container`);
  if (attribution.confidence < MIN_CONFIDENCE)
    reasons.push(`attribution confidence ${attribution.confidence} is below ${MIN_CONFIDENCE}`);
  if (!['workload', 'container'].includes(entity.kind))
    reasons.push(`the entity is ${/^a/.test(entity.kind) ? 'an' : 'a'} ${entity.kind}, not a container`);
  else if (entity.container_uid === null) reasons.push('the finding names no container');
  else if (!isContainerUid(entity.container_uid))
    reasons.push('the finding’s container id is no container id');
  return reasons;
}

/** Why what the engine shows must not be touched this way; empty when it may. */
export function refuseTarget(
  request: PlanRequest,
  observation: Observation,
  world: { config: RespondConfig; ownContainers: string[] },
): string[] {
  const { container, matches, segment } = observation;
  if (matches > 1) return [`${matches} containers have an id that begins like the finding’s`];
  if (!container) return ['the engine knows no such container (is it on another node?)'];
  const reasons: string[] = [];
  if (isHostNetwork(container) && request.finding.attribution.method === 'ip+time')
    reasons.push('it uses the host’s network: an address does not name it');
  if (!container.is_running) reasons.push('the container is not running');
  else if (container.is_paused) reasons.push('the container is paused already');
  reasons.push(...protections(container, world, request.finding.entity.name));
  if (request.action === 'isolate-segment') {
    reasons.push(...refuseSegment(request, segment, container, world));
  } else if (request.action === 'stop-restarts') {
    reasons.push(...refuseRestarts(observation, container));
  } else if (request.action !== 'pause') {
    reasons.push(...refuseNetwork(request.action, observation, container));
    if (request.action === 'block-destination' && blockable(request.finding).length === 0)
      reasons.push('the finding names no address that a rule could block');
  }
  return reasons;
}

function refuseNetwork(action: string, observation: Observation, container: ObservedContainer): string[] {
  const mode = container.network_mode;
  if (isHostNetwork(container)) {
    if (action === 'disconnect') return [`it uses the host’s network: ${action} would cut off the host`];
    return observation.cgroup
      ? []
      : [
          'it uses the host’s network, and has no control group (version 2) of its own to tell it apart; pause it instead',
        ];
  }
  if (mode.startsWith('container:'))
    return [`it uses another container’s network: ${action} would hit that one`];
  const reasons: string[] = [];
  if (observation.sharers.length > 0)
    reasons.push(
      `${observation.sharers.length} other containers share its network (${observation.sharers.map((id) => id.slice(0, 12)).join(', ')}): ${action} would hit them; pause it instead`,
    );
  if (mode === 'none' || container.networks.length === 0) reasons.push('it is on no network');
  else if (action !== 'disconnect' && observation.veths.length !== container.networks.length)
    reasons.push(
      `${observation.veths.length} veth pairs were found for ${container.networks.length} networks: a drop would not hold; disconnect or pause it`,
    );
  return reasons;
}

function refuseRestarts({ engine }: Observation, container: ObservedContainer): string[] {
  if (engine === 'podman') return ['Podman’s API cannot change a restart policy'];
  return container.restart_policy.name === 'no'
    ? ['the engine does not restart it: what does (cron, a timer, a loop) must be stopped where it is']
    : [];
}

function refuseSegment(
  request: PlanRequest,
  segment: Observation['segment'],
  container: ObservedContainer,
  world: { config: RespondConfig; ownContainers: string[] },
): string[] {
  if (!segment) return ['the engine knows no such network'];
  if (!segment.bridge) return ['the network has no bridge on this host'];
  const ids = segment.members.map((member) => member.id);
  const suspects = request.suspects.filter(
    ({ container_uid }) =>
      container_uid !== null &&
      isContainerUid(container_uid) &&
      ids.some((id) => id.startsWith(container_uid)),
  );
  const workloads = new Set(suspects.map((each) => each.workload));
  return [
    ...(ids.includes(container.id) ? [] : ['the finding’s container is not on that network']),
    ...(workloads.size < 2
      ? [`${workloads.size} workload of the segment has open findings; a segment is isolated from two on`]
      : []),
    ...segment.members
      .filter((member) => member.id !== container.id)
      .flatMap((member) => protections(member, world, null)),
  ];
}

/** Why a container is out of bounds; `workload` is the finding's own name for it. */
function protections(
  container: ObservedContainer,
  { config, ownContainers }: { config: RespondConfig; ownContainers: string[] },
  workload: string | null,
): string[] {
  const short = container.id.slice(0, 12);
  const reasons: string[] = [];
  if (ownContainers.includes(container.id)) reasons.push(`Stowaway itself runs in container ${short}`);
  const names = [...container.workloads, ...(workload === null ? [] : [workload])];
  const byName = config.protected_workloads.find((pattern) =>
    names.some((name) => globMatches(pattern, name)),
  );
  if (byName !== undefined)
    reasons.push(`container ${short} is protected: protected_workloads has ${byName}`);
  const byImage = config.protected_images.find((pattern) =>
    [container.image, container.image_digest].some((image) => globMatches(pattern, image)),
  );
  if (byImage !== undefined) reasons.push(`container ${short} is protected: protected_images has ${byImage}`);
  const byLabel = [PROTECTED_LABEL, ...config.protected_labels].find((label) =>
    hasLabel(container.labels, label),
  );
  if (byLabel !== undefined) reasons.push(`container ${short} is protected by label ${byLabel}`);
  return reasons;
}

function hasLabel(labels: Record<string, string>, wanted: string): boolean {
  const at = wanted.indexOf('=');
  if (at === -1) return Object.hasOwn(labels, wanted);
  return Object.hasOwn(labels, wanted.slice(0, at)) && labels[wanted.slice(0, at)] === wanted.slice(at + 1);
}

/** What the finding and the engine say differently. */
export const refuseAgreement = (agreement: Agreement[]): string[] =>
  agreement
    .filter(({ agrees }) => agrees === false)
    .map(
      ({ what, finding, engine }) =>
        `${what} differs: the finding says ${finding}, the engine says ${engine.join(' or ') || 'none'}`,
    );

const HOUR_MS = 3_600_000;

/** Why the plan must not be carried out now, given what the ledger holds. */
export function refuseApply(
  { plan, approvals, changes }: Response,
  all: Response[],
  { now, config }: { now: Date; config: RespondConfig },
): string[] {
  const reasons: string[] = [];
  const madeAt = Date.parse(plan.request.made_at);
  if (now.getTime() > Date.parse(plan.valid_until))
    reasons.push('the plan is older than one hour; make a new one');
  if (now.getTime() < madeAt - 60_000) reasons.push('the plan was made in the future: check the clock');
  if (changes.length > 0) reasons.push('the plan was carried out already');
  if (approvals.length === 0) reasons.push('nobody approved the plan');
  else if (plan.segment && !approvals.some((approval) => approval.segment === plan.segment?.name))
    reasons.push(
      `isolating a segment needs an approval of its own: approve … --segment ${plan.segment.name}`,
    );
  return [...reasons, ...refuseCap(all, now, config), ...refuseTwice(plan, all)];
}

/** Containments that began within the last hour count, whatever became of them. */
export function refuseCap(all: Response[], now: Date, config: RespondConfig): string[] {
  const begun = all.filter(
    ({ began_at }) => began_at !== null && Math.abs(now.getTime() - Date.parse(began_at)) < HOUR_MS,
  );
  return begun.length >= config.max_per_hour
    ? [`${begun.length} containments began within the last hour; max_per_hour is ${config.max_per_hour}`]
    : [];
}

function refuseTwice(plan: Plan, all: Response[]): string[] {
  const other = all.find(
    (response) =>
      response.began_at !== null &&
      response.closed === null &&
      response.plan.target.id === plan.target.id &&
      response.plan.request.made_at !== plan.request.made_at,
  );
  return other ? [`another containment of this container is open: ${other.hash.slice(0, 12)}`] : [];
}
