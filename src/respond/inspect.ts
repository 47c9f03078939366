import { z } from 'zod';
import type { Endpoint, RestartPolicy } from './change.js';
import type { EngineApi } from './surroundings.js';

/** One running or stopped container as the engine tells it now. */
export interface ObservedContainer {
  id: string;
  name: string;
  image: string;
  image_digest: string;
  /** Names the logs may know its workload by. */
  workloads: string[];
  labels: Record<string, string>;
  is_running: boolean;
  is_paused: boolean;
  pid: number;
  started_at: string;
  network_mode: string;
  networks: Endpoint[];
  /** Program and arguments. */
  command: string[];
  restart_policy: RestartPolicy;
  /** Names only: values are secrets. */
  env_names: string[];
  mounts: { type: string; source: string; destination: string }[];
}

const textMap = z.record(z.string(), z.string()).nullish();
const textList = z.array(z.string()).nullish();

const inspected = z.object({
  Id: z.string().regex(/^[0-9a-f]{64}$/),
  Name: z.string(),
  Image: z.string(),
  Path: z.string().nullish(),
  Args: textList,
  Config: z.object({ Image: z.string().nullish(), Labels: textMap, Env: textList }),
  State: z.object({
    Running: z.boolean(),
    Paused: z.boolean(),
    Pid: z.number().int().min(0),
    StartedAt: z.string(),
  }),
  HostConfig: z.object({
    NetworkMode: z.string().nullish(),
    RestartPolicy: z
      .object({ Name: z.string().nullish(), MaximumRetryCount: z.number().nullish() })
      .nullish(),
  }),
  Mounts: z
    .array(
      z.object({
        Type: z.string().nullish(),
        Source: z.string().nullish(),
        Destination: z.string().nullish(),
      }),
    )
    .nullish(),
  NetworkSettings: z.object({
    Networks: z
      .record(
        z.string(),
        z.object({
          NetworkID: z.string().nullish(),
          IPAddress: z.string().nullish(),
          GlobalIPv6Address: z.string().nullish(),
          Aliases: textList,
          Links: textList,
          DriverOpts: textMap,
          GwPriority: z.number().nullish(),
        }),
      )
      .nullish(),
  }),
});

export const isContainerUid = (uid: string): boolean => /^[0-9a-f]{12,64}$/.test(uid);

/** The container's state now; null when the engine knows no such container. */
export async function inspect(engine: EngineApi, id: string): Promise<ObservedContainer | null> {
  try {
    return fromInspect(await engine.get(`/containers/${encodeURIComponent(id)}/json`));
  } catch (error) {
    if ((error as { status?: number }).status === 404) return null;
    throw error;
  }
}

function fromInspect(answer: unknown): ObservedContainer {
  const { Id, Name, Image, Path, Args, Config, State, HostConfig, NetworkSettings, Mounts } =
    inspected.parse(answer);
  const name = Name.replace(/^\//, '');
  const image = Config.Image || Image;
  const command = [Path ?? '', ...(Args ?? [])].filter((word) => word !== '');
  const labels = Config.Labels ?? {};
  return {
    id: Id,
    name,
    image,
    image_digest: Image,
    workloads: workloadNames(name, image, command, labels),
    labels,
    is_running: State.Running,
    is_paused: State.Paused,
    pid: State.Pid,
    started_at: State.StartedAt,
    network_mode: HostConfig.NetworkMode ?? '',
    command,
    restart_policy: {
      // Engines say '' and 'no' for the same thing.
      name: HostConfig.RestartPolicy?.Name || 'no',
      retries: HostConfig.RestartPolicy?.MaximumRetryCount ?? 0,
    },
    env_names: [...new Set((Config.Env ?? []).map((each) => each.split('=')[0]!))].sort(),
    mounts: (Mounts ?? [])
      .map(({ Type, Source, Destination }) => ({
        type: Type ?? '',
        source: Source ?? '',
        destination: Destination ?? '',
      }))
      .sort((a, b) => (a.destination < b.destination ? -1 : 1)),
    networks: Object.entries(NetworkSettings.Networks ?? {})
      .map(([network, each]) => ({
        network_id: each.NetworkID || network,
        network,
        ipv4: each.IPAddress ?? '',
        ipv6: each.GlobalIPv6Address ?? '',
        aliases: each.Aliases ?? [],
        links: each.Links ?? [],
        gw_priority: each.GwPriority ?? 0,
        driver_opts: each.DriverOpts ?? {},
      }))
      .sort((a, b) => (a.network < b.network ? -1 : 1)),
  };
}

/** As the inventory’s sources name a workload, best first. */
function workloadNames(
  name: string,
  image: string,
  command: string[],
  labels: Record<string, string>,
): string[] {
  const project = labels['com.docker.compose.project'];
  const pod = labels['io.kubernetes.pod.name'];
  return [
    ...(pod ? [`${labels['io.kubernetes.pod.namespace'] ?? ''}/${pod}`] : []),
    ...(project ? [`${project}/${labels['com.docker.compose.service'] ?? ''}`] : []),
    labels['com.docker.swarm.service.name'] ?? '',
    name,
    [image, ...command].join(' '),
  ].filter((each) => each !== '');
}

export const isHostNetwork = (container: ObservedContainer): boolean => container.network_mode === 'host';
