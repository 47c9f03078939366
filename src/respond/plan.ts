import { isIP } from 'node:net';
import type { Playbook } from '../ads/playbook.js';
import { canonicalJson, sha256 } from './canonical.js';
import type { Cgroup, Change } from './change.js';
import type { RespondFinding } from './finding.js';
import { isHostNetwork, type ObservedContainer } from './inspect.js';
import type { Observation } from './observe.js';
import { permissionsFor } from './permissions.js';
import { type PlanStep, stepsOf } from './plan-steps.js';

export const ACTIONS = [
  'pause',
  'disconnect',
  'firewall-drop',
  'block-destination',
  'stop-restarts',
] as const;
/** Those that let nothing out any more, whatever it sends and to whom. */
export const STOPPING_ACTIONS = ['pause', 'disconnect', 'firewall-drop'] as const;
/** `isolate-segment` is a plan of its own: it stops everybody on a network. */
export type Action = (typeof ACTIONS)[number] | 'isolate-segment';

/** A plan that waits longer than this is not carried out. */
const PLAN_LIFETIME_SECONDS = 3600;

/** What was asked for; with the same playbook and observation it gives the same plan. */
export interface PlanRequest {
  finding: RespondFinding;
  action: Action;
  expires_seconds: number;
  /** Keep the container's file system as an image, too. */
  commit_image: boolean;
  /** The network to isolate; null for the other actions. */
  network: string | null;
  netns: string | null;
  engine_socket: string;
  /** ISO 8601 UTC */
  made_at: string;
  /** Workloads with open findings in the same report; a segment is isolated only for several. */
  suspects: { workload: string; container_uid: string | null }[];
}

/** Whether what the finding says still holds; `null` where the finding does not say it. */
export interface Agreement {
  what: 'name' | 'image' | 'address';
  finding: string | null;
  engine: string[];
  agrees: boolean | null;
}

export interface PlanTarget {
  engine: string;
  id: string;
  name: string;
  image: string;
  image_digest: string;
  pid: number;
  started_at: string;
  is_paused: boolean;
  network_mode: string;
  addresses: string[];
  networks: ObservedContainer['networks'];
  veths: string[];
  /** Of a container on the host's network. */
  cgroup: Cgroup | null;
}

export interface SegmentMember {
  id: string;
  name: string;
  addresses: string[];
}

/** What would be done to exactly one container (or, in a plan of its own, one network), and how it ends. */
export interface Plan {
  version: 1;
  request: PlanRequest;
  valid_until: string;
  target: PlanTarget;
  segment: { id: string; name: string; bridge: string; members: SegmentMember[] } | null;
  agreement: Agreement[];
  steps: PlanStep[];
  /** In order; undone in the opposite order. */
  changes: Change[];
  permissions: string[];
}

/** The name of a plan: SHA-256 over its canonical JSON. */
export const hashOf = (plan: Plan): string => sha256(canonicalJson(plan));

/**
 * Makes the plan. Pure: the same request, playbook and observation give the same bytes. Whether it may be carried out
 * is the guard's question; this only needs a container, and for a segment its bridge.
 */
export function makePlan(
  request: PlanRequest,
  playbook: Playbook | null,
  observation: Observation,
): Plan | null {
  const { container, segment } = observation;
  if (!container) return null;
  if (request.action === 'isolate-segment' && !segment?.bridge) return null;
  const addresses = addressesOf(container);
  const changes = changesOf(request, observation, container);
  return {
    version: 1,
    request,
    valid_until: new Date(Date.parse(request.made_at) + PLAN_LIFETIME_SECONDS * 1000).toISOString(),
    target: {
      engine: observation.engine,
      id: container.id,
      name: container.name,
      image: container.image,
      image_digest: container.image_digest,
      pid: container.pid,
      started_at: container.started_at,
      is_paused: container.is_paused,
      network_mode: container.network_mode,
      addresses,
      networks: container.networks,
      veths: observation.veths,
      cgroup: observation.cgroup,
    },
    segment:
      request.action === 'isolate-segment' && segment?.bridge
        ? {
            id: segment.id,
            name: segment.name,
            bridge: segment.bridge,
            members: segment.members.map((each) => ({
              id: each.id,
              name: each.name,
              addresses: addressesOf(each),
            })),
          }
        : null,
    agreement: agreementOf(request.finding, container, addresses),
    steps: stepsOf(request, playbook, changes, container),
    changes,
    permissions: permissionsFor(observation.engine, request.action, request.commit_image),
  };
}

/** Destinations of the finding that a rule can name; loopback never leaves the container. */
export const blockable = ({ destinations }: RespondFinding): string[] => {
  const addresses = destinations.map(({ ip }) => ip.toLowerCase());
  return [...new Set(addresses)]
    .filter((each) => isIP(each) !== 0 && !/^(127\.|::1$|0\.|::$|.*%)/.test(each))
    .sort();
};

const addressesOf = ({ networks }: ObservedContainer): string[] =>
  networks.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]).filter((each) => each !== '');

function changesOf(
  request: PlanRequest,
  { veths, cgroup, segment }: Observation,
  container: ObservedContainer,
): Change[] {
  const { finding, action, made_at, expires_seconds, netns, commit_image } = request;
  const tag = sha256(canonicalJson([finding.uid, action, container.id, made_at])).slice(0, 12);
  const evidence: Change[] = commit_image
    ? [
        {
          kind: 'commit-image',
          container: container.id,
          repository: `stowaway-evidence/${container.id.slice(0, 12)}`,
          tag,
        },
      ]
    : [];
  const rule = { table: `stowaway_${tag}`, timeout_seconds: expires_seconds, netns };
  const drop = (devices: string[], destinations: string[] = []): Change => ({
    ...{ kind: 'drop', ...rule, devices, destinations },
  });
  /** On its own devices, or, where it shares the host's, by its control group. */
  const dropOwn = (destinations: string[]): Change[] => {
    if (veths.length > 0) return [drop(veths, destinations)];
    return cgroup ? [{ kind: 'drop-output', container: container.id, cgroup, ...rule, destinations }] : [];
  };
  switch (action) {
    case 'pause':
      return [...evidence, { kind: 'pause', container: container.id }];
    case 'disconnect':
      return [
        ...evidence,
        ...container.networks.map(
          (endpoint): Change => ({ kind: 'disconnect', container: container.id, endpoint }),
        ),
      ];
    case 'firewall-drop':
      return [...evidence, ...dropOwn([])];
    case 'block-destination':
      return [...evidence, ...dropOwn(blockable(finding))];
    case 'stop-restarts':
      return [
        ...evidence,
        { kind: 'stop-restarts', container: container.id, previous: container.restart_policy },
      ];
    case 'isolate-segment':
      return [...evidence, drop([segment!.bridge!])];
  }
}

function agreementOf(
  finding: RespondFinding,
  container: ObservedContainer,
  addresses: string[],
): Agreement[] {
  const { name, image, ip, kind } = finding.entity;
  const check = (
    what: Agreement['what'],
    said: string | null,
    engine: string[],
    isSame: (each: string) => boolean = (each) => each === said,
  ): Agreement => ({ what, finding: said, engine, agrees: said === null ? null : engine.some(isSame) });
  const names = kind === 'container' ? [container.name, container.id] : container.workloads;
  return [
    check(
      'name',
      name,
      names,
      (each) => each === name || isPodOf(each, name, container) || isShortId(kind, each, name),
    ),
    check('image', image, [container.image, container.image_digest]),
    // The host's address is nobody's in particular.
    check('address', isHostNetwork(container) ? null : ip, addresses),
  ];
}

/** A pod's workload is its controller: the pod's name without the endings that controllers give. */
const isPodOf = (pod: string, workload: string, container: ObservedContainer): boolean =>
  container.labels['io.kubernetes.pod.name'] !== undefined &&
  pod === container.workloads[0] &&
  pod.startsWith(`${workload}-`);

const isShortId = (kind: string, id: string, name: string): boolean =>
  kind === 'container' && name.length >= 12 && id.startsWith(name);
