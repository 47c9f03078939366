import { z } from 'zod';
import { inNetns } from '../host/programs.js';
import { parseConntrack } from './conntrack.js';
import type { RespondFinding } from './finding.js';
import { inspect, isContainerUid, type ObservedContainer } from './inspect.js';
import type { EngineApi, Surroundings } from './surroundings.js';

export interface SweepMatch {
  id: string;
  name: string;
  image: string;
  /** What it shares with the finding: `digest`, `image`, `command`, `destination`. */
  by: string[];
  /** Destinations of the finding it talks to now. */
  destinations: string[];
}

export interface Sweep {
  /** Running containers looked at. */
  searched: number;
  matches: SweepMatch[];
  /** What could not be compared, in words. */
  unseen: string[];
}

/**
 * Compares every running container with a finding: image, digest and command of its container, and whether it has a
 * connection to one of the destinations at this moment. Reads only. Earlier connections are a hunt's question.
 */
export async function sweep(
  finding: RespondFinding,
  { engine, netns }: { engine: EngineApi; netns: string | null },
  world: Pick<Surroundings, 'run'>,
): Promise<Sweep> {
  const ids = z.array(z.object({ Id: z.string() })).parse(await engine.get('/containers/json'));
  const running = (await Promise.all(ids.map(({ Id }) => inspect(engine, Id)))).filter(
    (each) => each !== null,
  );
  const uid = finding.entity.container_uid ?? '';
  const own = isContainerUid(uid) ? await findOwn(uid, running, engine) : null;
  const unseen: string[] = [];
  if (!own) unseen.push('the finding’s container is gone: digest and command are not compared');
  const contacts = await contactsOf(finding, netns, world).catch((error: Error) => {
    unseen.push(`connections are not compared: ${error.message}`);
    return new Map<string, Set<string>>();
  });
  const matches = running
    .filter((container) => container.id !== own?.id)
    .map((container) => compare(container, own, finding, contacts))
    .filter((match) => match.by.length > 0);
  return { searched: running.length, matches, unseen };
}

async function findOwn(
  uid: string,
  running: ObservedContainer[],
  engine: EngineApi,
): Promise<ObservedContainer | null> {
  return running.find((each) => each.id.startsWith(uid)) ?? inspect(engine, uid);
}

function compare(
  container: ObservedContainer,
  own: ObservedContainer | null,
  finding: RespondFinding,
  contacts: Map<string, Set<string>>,
): SweepMatch {
  const destinations = container.networks.flatMap(({ ipv4, ipv6 }) =>
    [ipv4, ipv6].flatMap((address) => [...(contacts.get(address) ?? [])]),
  );
  const by = [
    ...(own && container.image_digest === own.image_digest ? ['digest'] : []),
    ...(container.image === (own?.image ?? finding.entity.image) ? ['image'] : []),
    ...(own && JSON.stringify(container.command) === JSON.stringify(own.command) ? ['command'] : []),
    ...(destinations.length > 0 ? ['destination'] : []),
  ];
  const { id, name, image } = container;
  return { id, name, image, by, destinations: [...new Set(destinations)].sort() };
}

/** Destinations of the finding by the address that talks to them. */
async function contactsOf(
  finding: RespondFinding,
  netns: string | null,
  { run }: Pick<Surroundings, 'run'>,
): Promise<Map<string, Set<string>>> {
  const wanted = new Set(finding.destinations.map(({ ip }) => ip));
  const contacts = new Map<string, Set<string>>();
  for (const family of ['ipv4', 'ipv6']) {
    const { code, stdout, stderr } = await run(
      inNetns(netns, ['conntrack', '-L', '-f', family, '-o', 'id,extended']),
    );
    if (code !== 0) throw new Error(`conntrack: ${stderr.trim().slice(0, 200)}`);
    for (const flow of parseConntrack(stdout)) {
      if (!wanted.has(flow.destination)) continue;
      contacts.set(flow.source, (contacts.get(flow.source) ?? new Set()).add(flow.destination));
    }
  }
  return contacts;
}
