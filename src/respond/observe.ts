import { z } from 'zod';
import { inNetns } from '../host/programs.js';
import { runOk } from '../host/run.js';
import { groupOfContainer } from './cgroup-of.js';
import type { Cgroup } from './change.js';
import { inspect, isContainerUid, isHostNetwork, type ObservedContainer } from './inspect.js';
import { type EngineApi, RefusedError, type Surroundings } from './surroundings.js';

/** A network with everybody on it. */
export interface ObservedSegment {
  id: string;
  name: string;
  /** The bridge on the host; null when there is none. */
  bridge: string | null;
  members: ObservedContainer[];
}

/** What a plan is made from: the engine's answers at one moment, as data. */
export interface Observation {
  engine: 'docker' | 'podman';
  /** Containers whose id begins with what the finding names. */
  matches: number;
  container: ObservedContainer | null;
  /** Ids of other running containers in the same network namespace: they would share its fate. */
  sharers: string[];
  /** Host ends of its veth pairs. */
  veths: string[];
  /** Control group of a container on the host's network; null for others, and where it has none of its own. */
  cgroup: Cgroup | null;
  segment: ObservedSegment | null;
}

const listed = z.array(z.object({ Id: z.string(), State: z.string().optional() }));

export interface ObserveRequest {
  engine: EngineApi;
  /** As the finding names it: 12 to 64 hex digits; anything else matches no container. */
  uid: string | null;
  netns: string | null;
  /** Network to isolate, by name or id. */
  segment: string | null;
}

/**
 * Reads what a plan needs; changes nothing. Addresses and devices are those of the moment.
 *
 * @throws EngineError when the engine does not answer, RefusedError when the container was replaced while it was looked at
 */
export async function observe(
  request: ObserveRequest,
  world: Pick<Surroundings, 'run' | 'netnsOf' | 'cgroupOf'>,
): Promise<Observation> {
  const { engine, uid, netns, segment } = request;
  const kind = (await engine.version()).engine;
  const all = listed.parse(await engine.get('/containers/json?all=1'));
  const matching = uid !== null && isContainerUid(uid) ? all.filter((each) => each.Id.startsWith(uid)) : [];
  const container = matching.length === 1 ? await inspect(engine, matching[0]!.Id) : null;
  const isLooking = container?.is_running && container.pid > 0;
  const sharers = isLooking ? await sharersOf(container, all, engine, world) : [];
  const veths = isLooking && !isHostNetwork(container) ? await vethsOf(container.pid, netns, world) : [];
  const cgroup =
    isLooking && isHostNetwork(container)
      ? groupOfContainer(await world.cgroupOf(container.pid), container.id)
      : null;
  if (container && (await inspect(engine, container.id))?.pid !== container.pid) {
    throw new RefusedError([
      `container ${container.id.slice(0, 12)} was restarted while it was looked at; try again`,
    ]);
  }
  return {
    engine: kind,
    matches: matching.length,
    container,
    sharers,
    veths,
    cgroup,
    segment: segment === null ? null : await observeSegment(segment, engine, netns, world),
  };
}

async function sharersOf(
  container: ObservedContainer,
  all: z.infer<typeof listed>,
  engine: EngineApi,
  world: Pick<Surroundings, 'netnsOf'>,
): Promise<string[]> {
  const own = await world.netnsOf(container.pid);
  const sharers: string[] = [];
  for (const { Id, State } of all) {
    if (Id === container.id || (State !== undefined && !['running', 'paused'].includes(State))) continue;
    const other = await inspect(engine, Id);
    if (other && other.pid > 0 && own !== null && (await world.netnsOf(other.pid)) === own) sharers.push(Id);
  }
  return sharers.sort();
}

/**
 * Host ends of the veth pairs that lead into a process's network namespace. The kernel's own number of that namespace
 * decides: what the container says of its interfaces is the container's to forge, and /sys stays the host's.
 */
async function vethsOf(
  pid: number,
  netns: string | null,
  { run }: Pick<Surroundings, 'run'>,
): Promise<string[]> {
  const number = await netnsNumber(pid, netns, { run });
  if (number === null) return [];
  const links = await linksOf('veth', netns, { run });
  return links.filter((link) => link.link_netnsid === number).map((link) => link.ifname);
}

const LSNS_ATTEMPTS = 8;

/** lsns reads all of /proc and fails when any process ends while it does; then the next attempt tells. */
async function netnsNumber(
  pid: number,
  netns: string | null,
  { run }: Pick<Surroundings, 'run'>,
): Promise<number | null> {
  const argv = inNetns(netns, ['lsns', '-J', '-t', 'net', '-o', 'NETNSID,PID', '-p', String(pid)]);
  for (let attempt = 0; attempt < LSNS_ATTEMPTS; attempt++) {
    const { code, stdout } = await run(argv);
    const number = code === 0 ? /"netnsid":\s*"?(\d+)"?/.exec(stdout)?.[1] : undefined;
    if (number !== undefined) return Number(number);
  }
  return null;
}

async function linksOf(
  kind: 'veth' | 'bridge',
  netns: string | null,
  { run }: Pick<Surroundings, 'run'>,
): Promise<{ ifname: string; link_netnsid?: number }[]> {
  const text = await runOk(run, inNetns(netns, ['ip', '-d', '-j', 'link', 'show', 'type', kind]));
  const links = JSON.parse(text === '' ? '[]' : text) as { ifname?: string; link_netnsid?: number }[];
  return links
    .filter((link): link is { ifname: string } => typeof link.ifname === 'string')
    .sort((a, b) => (a.ifname < b.ifname ? -1 : 1));
}

const network = z.object({
  Id: z.string(),
  Name: z.string(),
  Options: z.record(z.string(), z.string()).nullish(),
  Containers: z.record(z.string(), z.unknown()).nullish(),
});

const bridgeOf = ({ Id, Options }: z.infer<typeof network>): string =>
  Options?.['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`;

async function observeSegment(
  name: string,
  engine: EngineApi,
  netns: string | null,
  world: Pick<Surroundings, 'run'>,
): Promise<ObservedSegment | null> {
  const answer = await engine.get(`/networks/${encodeURIComponent(name)}`).catch((error) => {
    if ((error as { status?: number }).status === 404) return null;
    throw error;
  });
  if (answer === null) return null;
  const found = network.parse(answer);
  const { Id, Name, Containers } = found;
  const wanted = bridgeOf(found);
  const bridges = await linksOf('bridge', netns, world);
  const members = await Promise.all(
    Object.keys(Containers ?? {})
      .sort()
      .map((id) => inspect(engine, id)),
  );
  return {
    id: Id,
    name: Name,
    bridge: bridges.find((link) => link.ifname === wanted)?.ifname ?? null,
    members: members.filter((member) => member !== null),
  };
}

/** Bridges of the engine's networks that are there, by name. */
export async function bridgesOf(
  engine: EngineApi,
  netns: string | null,
  world: Pick<Surroundings, 'run'>,
): Promise<string[]> {
  const networks = z.array(network).parse(await engine.get('/networks'));
  const wanted = new Set(networks.map(bridgeOf));
  const bridges = await linksOf('bridge', netns, world);
  return bridges.map(({ ifname }) => ifname).filter((name) => wanted.has(name));
}
