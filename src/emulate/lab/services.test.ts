import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Service } from '../../model/emulation.js';
import { contentFolder } from '../../model/paths.js';
import { until } from './commands.js';
import { configureSsh } from './services.js';

const SSHD = '/usr/sbin/sshd';
const cannot = process.getuid?.() !== 0 || !existsSync(SSHD) || spawnSync('git', ['--version']).status !== 0;
if (cannot) console.log('SKIP: SSH servers of the lab: they need root, sshd and git');

const address = '127.0.0.1';
const ended: (() => void)[] = [];

afterAll(() => {
  for (const end of ended.reverse()) end();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address, () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

function start(program: string, args: string[]): ChildProcess {
  const child = spawn(program, args, { stdio: 'ignore' });
  ended.push(() => child.kill());
  return child;
}

/** An SSH server as the lab starts it; its folder must be one that nobody but root can write to. */
async function sshServer(kind: 'sftp' | 'git-ssh') {
  const folder = mkdtempSync('/run/stowaway-ssh-');
  ended.push(() => rmSync(folder, { recursive: true }));
  const lab = { path: (name: string) => join(folder, name) };
  const port = await freePort();
  start(SSHD, [
    '-D',
    '-e',
    '-f',
    await configureSsh(lab, { kind, address, port, name: 'server' } as Service),
  ]);
  await until('sshd', async () => (await isOpen(port)) || null);
  const options = [
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
    'BatchMode=yes',
  ];
  const common = ['-F', 'none', '-i', lab.path('keys/id'), ...options.flatMap((each) => ['-o', each])];
  const ssh = (...args: string[]) =>
    spawnSync('ssh', [...common, '-p', String(port), ...args], {
      encoding: 'utf8',
      timeout: 10_000,
      input: '',
    });
  const sftp = (batch: string) =>
    spawnSync('sftp', [...common, '-P', String(port), '-b', '-', `root@${address}`], {
      encoding: 'utf8',
      input: batch,
    });
  const git = (...args: string[]) => {
    const command = ['ssh', ...common, '-p', String(port)].join(' ');
    return spawnSync('git', args, {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, GIT_SSH_COMMAND: command },
    });
  };
  return { folder, lab, common, port, ssh, sftp, git };
}

/** A socket of the host, and how often somebody reached it. */
function hostSocket(path: string): () => number {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.end('host');
  }).listen(path);
  ended.push(() => server.close());
  return () => count;
}

/** What a socket says to who connects. */
function knock(path: string): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(path);
    socket.on('data', (bytes) => (said += bytes.toString('utf8')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(said));
  });
}

describe.skipIf(cannot).each(['git-ssh', 'sftp'] as const)('the %s server of a lab', (kind) => {
  test('forwards nothing, to no socket and no port of the host', async () => {
    const { folder, common, port, ssh } = await sshServer(kind);
    const reached = hostSocket(join(folder, 'host.sock'));
    const local = join(folder, 'local.sock');
    const forward = `${local}:${join(folder, 'host.sock')}`;
    start('ssh', [...common, '-p', String(port), '-N', '-L', forward, `root@${address}`]);
    // The client listens on its side before it is refused on the other.
    await until('ssh', async () => existsSync(local) || null);
    expect(await knock(local)).toBe('');
    expect(reached()).toBe(0);
    const refused = ssh('-W', `${address}:${port}`, `root@${address}`);
    expect(refused.stderr).toContain('stdio forwarding failed');
    const back = ['-o', 'ExitOnForwardFailure=yes', '-N', '-R', join(folder, 'back.sock:/run/none')];
    expect(ssh(...back, `root@${address}`).stderr).toContain('remote port forwarding failed');
    expect(existsSync(join(folder, 'back.sock'))).toBe(false);
  });
});

describe.skipIf(cannot)('an SSH server of a lab', () => {
  test('gives git its one repository and no other path, and runs nothing else', async () => {
    const { folder, lab, ssh, git } = await sshServer('git-ssh');
    expect(git('clone', '-q', `root@${address}:shop.git`, join(folder, 'clone')).status).toBe(0);
    const others = [lab.path('git-ssh/shop.git'), '/etc', '../git-ssh/shop.git', "shop.git' '/etc", '*'];
    for (const path of others) expect(git('ls-remote', `root@${address}:${path}`).status, path).not.toBe(0);
    const mark = join(folder, 'mark');
    const repository = "'shop.git'";
    const commands = [
      '',
      `touch ${mark}`,
      `git-upload-pack ${repository}; touch ${mark}`,
      `git-upload-archive ${repository}`,
      `git-receive-pack '${lab.path('git-ssh/shop.git')}'`,
      `git-upload-pack ${repository}\ntouch ${mark}`,
    ];
    for (const command of commands) {
      const { status, stdout } = ssh(`root@${address}`, command);
      expect({ command, status, stdout }).toEqual({ command, status: 1, stdout: '' });
    }
    expect(existsSync(mark)).toBe(false);
  });

  test('gives sftp its one folder and nothing of the host', async () => {
    const { folder, lab, sftp } = await sshServer('sftp');
    mkdirSync(join(folder, 'here'));
    const got = sftp(`lcd ${join(folder, 'here')}\nget package\nput package up\nls -1 /\n`);
    expect(got.status).toBe(0);
    expect(readdirSync(lab.path('sftp')).sort()).toEqual(['package', 'up']);
    expect(sftp('get /etc/hostname /dev/null\n').status).not.toBe(0);
    expect(sftp('ls ../../../etc\n').status).not.toBe(0);
  });
});

test('the git server says that `//` is no request, and goes on', async () => {
  const folder = mkdtempSync('/tmp/stowaway-git-');
  ended.push(() => rmSync(folder, { recursive: true }));
  const port = await freePort();
  const script = join(contentFolder('lab'), 'services/git-http.mjs');
  const files = ['sink.ndjson', '.', 'access.log'].map((name) => join(folder, name));
  start(process.execPath, [script, address, String(port), ...files]);
  await until('the server', async () => (await isOpen(port)) || null);
  // A client of a higher level would tidy the path.
  const ask = () =>
    new Promise((resolve, reject) => {
      get({ host: address, port, path: '//' }, ({ statusCode }) => resolve(statusCode)).on('error', reject);
    });
  expect([await ask(), await ask()]).toEqual([400, 400]);
});
