import { cp, mkdir, mkdtemp, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Engine } from '../../engine/engine.js';
import { findProgram } from '../../host/programs.js';
import { run } from './commands.js';

/** Podman 4 knows no other tag for an imported image. The image every container of the lab runs; busybox's applets and programs of the host, with their libraries. */
export const LAB_IMAGE = 'localhost/stowaway-lab/tools:latest';

const PROGRAMS = ['bash', 'curl', 'wget', 'openssl', 'ssh', 'sftp', 'hping3', 'sqlite3'];

/** Larger ones, in the image only where they are used. */
const ON_DEMAND = ['git', 'skopeo', 'docker', 'podman', 'setpriv'];

/** What a program needs beside its libraries: programs it starts, and its settings. */
const COMPANIONS: Record<string, string[]> = {
  git: ['/usr/lib/git-core/git-remote-http', '/usr/share/git-core/templates'],
  skopeo: ['/etc/containers/policy.json'],
  podman: ['/etc/containers/policy.json', '/usr/bin/conmon', '/usr/sbin/runc'],
};

export interface LabImage {
  /** Programs the host does not have: emulations that need one are skipped. */
  missing: string[];
}

/** Makes the image from this host's own programs: nothing is downloaded. Node comes along as a language runtime. */
export async function importImage(engine: Engine, isWanted: (program: string) => boolean): Promise<LabImage> {
  const root = await mkdtemp(join(tmpdir(), 'stowaway-image-'));
  try {
    const missing = await fill(root, [...PROGRAMS, ...ON_DEMAND.filter(isWanted), 'node']);
    const tar = join(root, '..', `${root.split('/').pop()}.tar`);
    try {
      await run('tar', ['-C', root, '-cf', tar, '.']);
      const [name, tag] = splitTag(LAB_IMAGE);
      await engine.uploadFile(
        'POST',
        `/images/create?fromSrc=-&repo=${encodeURIComponent(name)}&tag=${tag}`,
        tar,
      );
    } finally {
      await rm(tar, { force: true });
    }
    return { missing };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function splitTag(image: string): [string, string] {
  const colon = image.lastIndexOf(':');
  return [image.slice(0, colon), image.slice(colon + 1)];
}

async function fill(root: string, programs: string[]): Promise<string[]> {
  for (const folder of [
    'bin',
    'etc',
    'tmp',
    'root',
    'var/tmp',
    'data',
    'run',
    'usr/bin',
    'usr/lib',
    'dev',
    'proc',
    'sys',
  ])
    await mkdir(join(root, folder), { recursive: true });
  const busybox = findProgram('busybox');
  if (busybox === null) throw new Error('no busybox on this host: apt-get install busybox-static');
  await cp(busybox, join(root, 'bin/busybox'));
  const applets = (await run(busybox, ['--list']))
    .split('\n')
    .filter((name) => name !== '' && name !== 'busybox');
  for (const applet of applets) await symlink('busybox', join(root, 'bin', applet));
  const missing: string[] = [];
  for (const program of programs) {
    const path = program === 'node' ? process.execPath : findProgram(program);
    if (path === null) missing.push(program);
    else {
      await copyProgram(root, path, program);
      for (const companion of COMPANIONS[program] ?? []) await copyCompanion(root, companion);
    }
  }
  await writeFile(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/tmp:/bin/sh\n',
  );
  await writeFile(join(root, 'etc/group'), 'root:x:0:\napp:x:1000:\n');
  await writeFile(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  return missing;
}

async function copyProgram(root: string, path: string, name: string): Promise<void> {
  const target = join(root, 'usr/bin', name);
  await cp(await realpath(path), target);
  await rm(join(root, 'bin', name), { force: true });
  await symlink(join('/usr/bin', name), join(root, 'bin', name));
  await copyLibraries(root, path);
}

async function copyCompanion(root: string, path: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await cp(path, join(root, path), { recursive: true, dereference: true });
  await copyLibraries(root, path);
}

async function copyLibraries(root: string, path: string): Promise<void> {
  const libraries = await run('ldd', [path]).catch(() => '');
  for (const [, library] of libraries.matchAll(/(?:=> )?(\/\S+) \(0x/g)) {
    const copy = join(root, library!);
    if (await stat(copy).catch(() => null)) continue;
    await mkdir(dirname(copy), { recursive: true });
    await cp(await realpath(library!), copy);
  }
}
