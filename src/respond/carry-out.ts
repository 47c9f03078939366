import { inNetns } from '../host/programs.js';
import { runOk } from '../host/run.js';
import { type Change, describeChange, type Endpoint, type RestartPolicy } from './change.js';
import { dropOutputRuleset, dropRuleset } from './drop-rules.js';
import { inspect } from './inspect.js';
import type { EngineApi, Surroundings } from './surroundings.js';

/** Where changes happen. */
export interface Place {
  engine: EngineApi;
  run: Surroundings['run'];
}

/**
 * Carries out one change, and returns what is worth noting about it ('' for nothing). When it throws, it may or may not
 * have happened: `holds` tells.
 */
export async function carryOut(change: Change, { engine, run }: Place): Promise<string> {
  switch (change.kind) {
    case 'pause':
    case 'unpause':
      await engine.post(`/containers/${change.container}/${change.kind}`);
      return '';
    case 'disconnect':
      await engine.post(`/networks/${encodeURIComponent(change.endpoint.network_id)}/disconnect`, {
        Container: change.container,
        Force: false,
      });
      return '';
    case 'connect':
      return connect(change.container, change.endpoint, engine);
    case 'drop':
    case 'drop-output': {
      const ruleset = change.kind === 'drop' ? dropRuleset(change) : dropOutputRuleset(change);
      await runOk(run, inNetns(change.netns, ['nft', '-f', '-']), { stdin: ruleset });
      return '';
    }
    case 'lift-drop':
    case 'lift-drop-output':
      await runOk(run, inNetns(change.netns, ['nft', 'delete', 'table', familyOf(change), change.table]));
      return '';
    case 'stop-restarts':
      await setRestartPolicy(engine, change.container, { name: 'no', retries: 0 });
      return '';
    case 'restore-restarts':
      await setRestartPolicy(engine, change.container, change.previous);
      return '';
    case 'commit-image': {
      const { container, repository, tag } = change;
      const query = new URLSearchParams({ container, repo: repository, tag, pause: 'true' });
      const { Id } = await engine.post<{ Id: string }>(`/commit?${query}`);
      return `image ${Id}`;
    }
  }
}

const setRestartPolicy = (
  engine: EngineApi,
  container: string,
  { name, retries }: RestartPolicy,
): Promise<unknown> =>
  engine.post(`/containers/${container}/update`, {
    RestartPolicy: { Name: name, MaximumRetryCount: retries },
  });

/**
 * Networks whose addresses the engine alone gives out refuse a wish, and another container may have taken the address
 * meanwhile; then any address is better than none, and the note says so.
 */
async function connect(container: string, endpoint: Endpoint, engine: EngineApi): Promise<string> {
  const { network_id, network, ipv4, ipv6, aliases, links, driver_opts, gw_priority } = endpoint;
  const path = `/networks/${encodeURIComponent(network_id)}/connect`;
  // The engine adds the short id by itself; Podman would list it twice.
  const named = aliases.filter((alias) => alias !== container.slice(0, 12));
  const rest = {
    ...(named.length > 0 && { Aliases: named }),
    ...(links.length > 0 && { Links: links }),
    ...(Object.keys(driver_opts).length > 0 && { DriverOpts: driver_opts }),
    ...(gw_priority !== 0 && { GwPriority: gw_priority }),
  };
  const wish = { ...(ipv4 !== '' && { IPv4Address: ipv4 }), ...(ipv6 !== '' && { IPv6Address: ipv6 }) };
  try {
    await engine.post(path, { Container: container, EndpointConfig: { ...rest, IPAMConfig: wish } });
    return '';
  } catch (error) {
    if (!/user (?:specified|configured|defined)|only (?:when|on|for)/i.test((error as Error).message))
      throw error;
  }
  // The engine's own default network knows no aliases either.
  const isDefault = network === 'bridge' || network === 'podman';
  await engine.post(path, { Container: container, EndpointConfig: isDefault ? {} : rest });
  const now = (await inspect(engine, container))?.networks.find((each) => each.network_id === network_id);
  return now?.ipv4 === ipv4
    ? ''
    : `address on network ${network}: it was ${ipv4}, which the engine does not give again; it is now ${now?.ipv4 || 'none'}`;
}

/**
 * Whether a change is in force: `gone` when what it was about is no more (the container ended, or it or the network was removed), so that
 * there is nothing to undo. Asks the engine or the kernel; changes nothing.
 */
export async function holds(change: Change, place: Place): Promise<'yes' | 'no' | 'gone'> {
  switch (change.kind) {
    case 'pause':
    case 'unpause': {
      const container = await inspect(place.engine, change.container);
      if (!container?.is_running) return 'gone';
      return container.is_paused === (change.kind === 'pause') ? 'yes' : 'no';
    }
    case 'disconnect':
    case 'connect': {
      const container = await inspect(place.engine, change.container);
      if (!container) return 'gone';
      const { network_id } = change.endpoint;
      const isOn = container.networks.some((each) => each.network_id === network_id);
      if (!isOn && !(await exists(`/networks/${encodeURIComponent(network_id)}`, place))) return 'gone';
      return isOn === (change.kind === 'connect') ? 'yes' : 'no';
    }
    case 'drop':
    case 'drop-output':
      return (await hasTable(change, place)) ? 'yes' : 'no';
    case 'lift-drop':
    case 'lift-drop-output':
      return (await hasTable(change, place)) ? 'no' : 'yes';
    case 'stop-restarts':
    case 'restore-restarts': {
      const container = await inspect(place.engine, change.container);
      if (!container) return 'gone';
      return (container.restart_policy.name === 'no') === (change.kind === 'stop-restarts') ? 'yes' : 'no';
    }
    case 'commit-image':
      return (await exists(`/images/${change.repository}:${change.tag}/json`, place)) ? 'yes' : 'no';
  }
}

const exists = (path: string, { engine }: Place): Promise<boolean> =>
  engine.get(path).then(
    () => true,
    (error: { status?: number }) => {
      if (error.status === 404) return false;
      throw error;
    },
  );

/** Where a table lies: at a device, or where sockets send. */
const familyOf = ({ kind }: { kind: string }): string => (kind.endsWith('output') ? 'inet' : 'netdev');

async function hasTable(
  change: { kind: string; table: string; netns: string | null },
  { run }: Place,
): Promise<boolean> {
  const family = familyOf(change);
  const tables = await runOk(run, inNetns(change.netns, ['nft', 'list', 'tables', family]));
  return tables.split('\n').some((line) => line.trim() === `table ${family} ${change.table}`);
}

/** Undoes a change that holds, and looks whether it is undone. @throws Error when it is not */
export async function undo(change: Change, inverse: Change, place: Place): Promise<string> {
  const note = await carryOut(inverse, place);
  if ((await holds(change, place)) === 'yes')
    throw new Error(`still in force after: ${describeChange(inverse)}`);
  return note;
}
