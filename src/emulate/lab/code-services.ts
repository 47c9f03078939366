import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Service } from '../../model/emulation.js';
import { contentFolder } from '../../model/paths.js';
import { run } from './commands.js';
import type { Lab } from './lab.js';

/** What servers of code and images keep, by how it came: counted as arrived. */
export const KEPT_BY_SERVERS = { ssh: 'git-ssh', registry: 'registry' } as const;

/** The one repository each git server has. */
const REPOSITORY = 'shop.git';

/**
 * Where a server writes what it says itself. Its lines are evidence only when the emulation says that they can be had
 * (`logged`): an attacker's server tells nobody.
 */
function serverLog(lab: Lab, service: Service, name: string): string {
  return service.logged ? lab.path(join('logs', name)) : lab.path(`unread-${name}`);
}

const script = (name: string): string => join(contentFolder('lab'), 'services', name);

export async function gitOverHttp(lab: Lab, service: Service, arrivals: string): Promise<[string, string[]]> {
  const root = await makeRepository(lab, 'git-http');
  await run('git', ['-C', join(root, REPOSITORY), 'config', 'http.receivepack', 'true']);
  const place = [service.address, String(service.port)];
  const logs = [arrivals, root, serverLog(lab, service, 'git-access.log')];
  return [process.execPath, [script('git-http.mjs'), ...place, ...logs]];
}

/**
 * The command that sshd forces: a clone of the one repository or a push to it, and nothing else. git-shell alone takes
 * any path, and the server runs with the file system of this machine.
 */
export async function gitOverSshCommand(lab: Pick<Lab, 'path'>): Promise<string> {
  const root = await makeRepository(lab, KEPT_BY_SERVERS.ssh);
  const allowed = ['upload', 'receive'].map((way) => `"git-${way}-pack '${REPOSITORY}'"`).join('|');
  return `case "$SSH_ORIGINAL_COMMAND" in ${allowed}) cd ${root} && exec git-shell -c "$SSH_ORIGINAL_COMMAND";; esac; exit 1`;
}

export function imageRegistry(lab: Lab, service: Service): [string, string[]] {
  const files = [
    lab.path(KEPT_BY_SERVERS.registry),
    lab.path('registry.json'),
    serverLog(lab, service, 'registry-events.ndjson'),
    serverLog(lab, service, 'registry-access.log'),
  ];
  return [process.execPath, [script('registry.mjs'), service.address, String(service.port), ...files]];
}

async function makeRepository(lab: Pick<Lab, 'path'>, folder: string): Promise<string> {
  const root = lab.path(folder);
  await mkdir(root, { recursive: true });
  await run('git', ['init', '-q', '--bare', '--initial-branch=main', join(root, REPOSITORY)]);
  return root;
}
