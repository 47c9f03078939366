import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../../host/programs.js';
import { tryProgram } from '../../host/run.js';
import { unifiedRoot } from '../../sense/cgroups.js';

/** Whose containers attack; the last is no engine: plain network namespaces play the containers. In the order in which they are tried. */
export const ENGINE_KINDS = ['docker', 'podman', 'netns'] as const;

export type EngineKind = (typeof ENGINE_KINDS)[number];

/** Why no lab can run here. */
export class LabUnavailable extends Error {
  override name = 'LabUnavailable';
}

interface EngineProgram {
  program: string;
  args: string[];
  env: Record<string, string>;
}

/** What starts an engine that keeps all it has in the folder, and listens on its engine.sock. */
export async function engineProgram(kind: 'docker' | 'podman', folder: string): Promise<EngineProgram> {
  return kind === 'docker' ? docker(folder) : await podman(folder);
}

function docker(folder: string): EngineProgram {
  const at = (name: string) => join(folder, name);
  return {
    program: 'dockerd',
    args: [
      ...['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('engine.pid')],
      ...['-H', `unix://${at('engine.sock')}`, '--bip', '10.97.255.1/24'],
      ...['--default-address-pool', 'base=10.97.0.0/16,size=24'],
      // Registries of the lab speak plain HTTP.
      ...['--insecure-registry', '198.51.100.0/24'],
    ],
    env: {},
  };
}

/** Podman needs settings where there is no systemd and not every capability. */
async function podman(folder: string): Promise<EngineProgram> {
  await mkdir(join(folder, 'networks'), { recursive: true });
  await writeFile(
    join(folder, 'containers.conf'),
    `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
pull_policy = "never"
tmp_dir = "${folder}/libpod"
volume_path = "${folder}/volumes"
[network]
network_backend = "netavark"
network_config_dir = "${folder}/networks"
`,
  );
  await writeFile(
    join(folder, 'storage.conf'),
    `[storage]\ndriver = "overlay"\ngraphroot = "${folder}/data"\nrunroot = "${folder}/run"\n`,
  );
  return {
    program: 'podman',
    args: ['system', 'service', '--time=0', `unix://${join(folder, 'engine.sock')}`],
    env: {
      CONTAINERS_CONF: join(folder, 'containers.conf'),
      CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf'),
    },
  };
}

const NEEDED = ['ip', 'nsenter', 'busybox', 'conntrack', 'tar', 'ldd', 'sysctl'];

const NEEDED_BY: Record<EngineKind, string[]> = {
  docker: ['dockerd', 'runc'],
  podman: ['podman', 'runc'],
  netns: ['unshare', 'setpriv', 'mount', 'pivot_root', 'nft'],
};

/** Why this machine cannot have one, or null. */
export async function whyNoLab(kind: EngineKind, alsoNeeded: string[] = []): Promise<string | null> {
  if (process.platform !== 'linux') return 'the lab needs Linux';
  if (process.getuid?.() !== 0) return 'the lab needs root: network namespaces and an engine';
  const needed = [...NEEDED, ...NEEDED_BY[kind], ...alsoNeeded];
  const missing = needed.filter((program) => findProgram(program) === null);
  if (missing.length > 0) return `not on this machine: ${missing.join(', ')}`;
  if (kind === 'netns' && unifiedRoot() === null)
    return 'no control groups of version 2 are mounted: processes could not be told apart';
  const { code, stderr } = await tryProgram(['unshare', '-n', 'true']);
  return code === 0 ? null : `no network namespaces: ${stderr.trim()}`;
}
