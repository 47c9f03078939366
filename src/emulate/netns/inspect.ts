import type { NetworkSpec } from './wires.js';

/** What is asked for, in the words of the engines' API; only what the lab uses. */
export interface CreateBody {
  Image: string;
  Cmd: string[];
  Labels?: Record<string, string>;
  HostConfig: { NetworkMode: string; Binds?: string[]; CapAdd?: string[]; ExtraHosts?: string[] };
  NetworkingConfig?: { EndpointsConfig: Record<string, { Aliases?: string[] }> };
}

/** A network namespace that plays a container. */
export interface Actor {
  id: string;
  name: string;
  body: CreateBody;
  created: Date;
  started: Date | null;
  finished: Date | null;
  exitCode: number;
  /** Of the first process; 0 when none runs. */
  pid: number;
  /** Name of its network namespace. */
  netns: string;
  /** On the containers' network; null in a namespace of somebody else. */
  endpoint: { device: string; address: string; mac: string } | null;
}

/** Says in the inventory, of each of them, what it is. */
export const PLAYED_BY = { 'stowaway.container': 'a network namespace; no engine runs it' };

const labelsOf = ({ body }: Actor): Record<string, string> => ({ ...body.Labels, ...PLAYED_BY });

/** Docker writes the year 1 where something has not happened. */
const timeOf = (date: Date | null): string => date?.toISOString() ?? '0001-01-01T00:00:00Z';

/** In the form of an engine's inspection, so that the same sources read it; Driver, Runtime and a label say what it is. */
export function inspected(actor: Actor, { network, networkId, imageId }: Stage): Record<string, unknown> {
  const { id, name, body, started, finished, endpoint, pid, exitCode } = actor;
  const isRunning = started !== null && finished === null;
  const gateway = network?.IPAM.Config[0]?.Gateway ?? '';
  return {
    Id: id,
    Created: timeOf(actor.created),
    Path: body.Cmd[0] ?? '',
    Args: body.Cmd.slice(1),
    State: {
      Status: isRunning ? 'running' : started === null ? 'created' : 'exited',
      Running: isRunning,
      Pid: pid,
      ExitCode: exitCode,
      StartedAt: timeOf(started),
      FinishedAt: timeOf(finished),
    },
    Image: imageId,
    Name: `/${name}`,
    Driver: 'network namespace',
    HostConfig: {
      Binds: body.HostConfig.Binds ?? [],
      NetworkMode: body.HostConfig.NetworkMode,
      CapAdd: body.HostConfig.CapAdd ?? [],
      Privileged: false,
      Runtime: 'none',
    },
    Mounts: (body.HostConfig.Binds ?? []).map((bind) => {
      const [Source, Destination, how] = bind.split(':');
      return { Type: 'bind', Source, Destination, RW: how !== 'ro' };
    }),
    Config: { Hostname: name, Image: body.Image, Cmd: body.Cmd, Env: [], Labels: labelsOf(actor) },
    NetworkSettings: {
      SandboxKey: `/run/netns/${actor.netns}`,
      Networks:
        endpoint === null
          ? {}
          : {
              [body.HostConfig.NetworkMode]: {
                NetworkID: networkId,
                Gateway: gateway,
                IPAddress: endpoint.address,
                IPPrefixLen: Number(network?.IPAM.Config[0]?.Subnet.split('/')[1]),
                MacAddress: endpoint.mac,
              },
            },
    },
  };
}

interface Stage {
  network: NetworkSpec | null;
  networkId: string;
  imageId: string;
}

/** In the form of an engine's event. Only what happened is told: that it started and that it ended. */
export function eventOf(actor: Actor, action: 'start' | 'die', at: Date): Record<string, unknown> {
  const { id, name, body, exitCode } = actor;
  return {
    status: action,
    id,
    from: body.Image,
    Type: 'container',
    Action: action,
    Actor: {
      ID: id,
      Attributes: {
        ...(action === 'die' && { exitCode: String(exitCode) }),
        ...{ image: body.Image, name },
        ...labelsOf(actor),
      },
    },
    scope: 'local',
    time: Math.floor(at.getTime() / 1000),
    timeNano: at.getTime() * 1_000_000,
  };
}
