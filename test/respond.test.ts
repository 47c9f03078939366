import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from '../src/host/run.js';
import { DEFAULT_CONFIG } from '../src/model/config.js';
import { applyPlan } from '../src/respond/apply.js';
import { approvePlan, revertPlan } from '../src/respond/approve.js';
import { capturePackets } from '../src/respond/capture-packets.js';
import { type RespondFinding, readFindings } from '../src/respond/finding.js';
import { inspect } from '../src/respond/inspect.js';
import { openWorld } from '../src/respond/open-world.js';
import type { Action } from '../src/respond/plan.js';
import { propose } from '../src/respond/propose.js';
import { recover } from '../src/respond/recover.js';
import { responsesOf } from '../src/respond/responses.js';
import type { Surroundings } from '../src/respond/surroundings.js';
import { watchConntrack } from '../src/respond/watch-flows.js';
import { whySkip } from './live-lab.js';
import { RespondLab } from './respond-lab.js';

/** Containment of real containers by a real engine and kernel, judged by a sink outside. */

const whyNot = await whySkip('responses', ['lsns', 'ss', 'nft', 'bash', 'tcpdump']);

const VICTIM = 9000;
const BYSTANDER = 9001;
const HOST_GUEST = 9002;
const ACTIONS = ['pause', 'disconnect', 'firewall-drop'] as const;

describe.skipIf(whyNot !== null)('a container that streams 1 MB/s', () => {
  let lab: RespondLab;
  let victim: string;
  let bystander: string;
  let state: string;
  let world: Surroundings;
  let startState: unknown;
  let states = 0;

  /** A ledger of its own for each test, so that the cap per hour does not join them. */
  async function freshWorld(config: Partial<typeof DEFAULT_CONFIG.respond> = {}): Promise<Surroundings> {
    state = join(lab.folder, `state${states++}`);
    await mkdir(state, { mode: 0o700 });
    world = await openWorld(state, { ...DEFAULT_CONFIG.respond, max_per_hour: 100, ...config });
    return world;
  }

  beforeAll(async () => {
    lab = await RespondLab.open();
    victim = await lab.run(`victim-${lab.id}`, VICTIM);
    bystander = await lab.run(`bystander-${lab.id}`, BYSTANDER);
    await moves(VICTIM);
    await moves(BYSTANDER);
    startState = await look();
  });

  afterEach(async () => {
    await moves(VICTIM);
    expect(await look()).toEqual(startState);
  });

  afterAll(() => lab.close());

  /** What a response may change, as the engine and the kernel show it. */
  async function look(): Promise<unknown> {
    const { is_paused, is_running, networks, pid } = (await inspect(lab.engine, victim))!;
    return { is_paused, is_running, networks, pid, tables: lab.inNetns('nft', 'list', 'tables', 'netdev') };
  }

  /** Waits until bytes arrive on a port again. */
  async function moves(port: number, withinMs = 30_000): Promise<void> {
    const until = Date.now() + withinMs;
    const before = lab.seen(port).bytes;
    while (lab.seen(port).bytes - before < 300_000) {
      if (Date.now() > until) throw new Error(`nothing came on port ${port} for ${withinMs} ms`);
      await sleep(50);
    }
  }

  /** Bytes of both ports during a time. */
  async function during(milliseconds: number): Promise<{ victim: number; bystander: number }> {
    const before = { victim: lab.seen(VICTIM).bytes, bystander: lab.seen(BYSTANDER).bytes };
    await sleep(milliseconds);
    return {
      victim: lab.seen(VICTIM).bytes - before.victim,
      bystander: lab.seen(BYSTANDER).bytes - before.bystander,
    };
  }

  async function findingOf(id: string): Promise<RespondFinding> {
    const { name, image, networks } = (await inspect(lab.engine, id))!;
    const ip = networks[0]?.ipv4 || null;
    const file = join(state, 'hunt.json');
    const finding = {
      uid: 'f0e1d2c3b4a59687',
      strategy: 'T1567-exfiltration-over-web-service',
      technique: 'T1567',
      title: 'Container uploads an unusual amount of data to a web service',
      severity: 'critical',
      score: 0.97,
      entity: { kind: 'workload', name, ip, container_uid: id, image },
      // On the host's network it has no address of its own.
      attribution: { method: ip ? 'ip+time' : 'native', confidence: 0.95 },
      window: { from: '2026-11-21T03:00:00Z', to: '2026-11-21T03:05:00Z' },
      destinations: [{ ip: '198.51.100.10', port: VICTIM, domain: '', bytes_out: 1e8 }],
      incident: 'i1',
      status: 'open',
      why: '100 MB out',
    };
    await writeFile(file, JSON.stringify({ version: 1, findings: [finding] }));
    return (await readFindings(file))[0]!;
  }

  async function plan(
    action: Action,
    expiresSeconds = 600,
    commitImage = false,
    id = victim,
  ): Promise<string> {
    const finding = await findingOf(id);
    const proposal = { finding, findings: [finding], action, expiresSeconds, commitImage, network: null };
    return (await propose({ ...proposal, netns: lab.netns, engineSocket: lab.socket }, world)).hash;
  }

  const approve = (hash: string) => approvePlan(hash, { by: 'test', reason: '', segment: null }, world);

  test.each(ACTIONS)('%s stops it, nobody else, and revert lets it go on', async (action) => {
    await freshWorld();
    const hash = await plan(action, 600, action === 'pause');
    await expect(applyPlan(hash, world)).rejects.toThrow('nobody approved the plan');
    expect(await look()).toEqual(startState);
    await approve(hash);
    const approved = Date.now();
    const applied = await applyPlan(hash, world);
    const lastByte = lab.seen(VICTIM).last;
    const after = await during(2000);
    console.log(
      `${action}: last byte at the sink ${lastByte - approved} ms after the approval; ` +
        `the sensor says at most ${applied.verification.measured.last_byte_after_effect_ms} ms after the effect began; ${applied.verification.says}`,
    );
    expect(applied.verification).toMatchObject({ verdict: 'stopped' });
    // A busy machine may take longer to start tcpdump than it looks; the test of captures waits for one.
    expect(
      applied.evidence.filter(({ name, problem }) => problem !== undefined && name !== 'packets.pcap'),
    ).toEqual([]);
    expect(after.victim).toBe(0);
    expect(after.bystander).toBeGreaterThan(1_000_000);
    expect(await revertPlan(hash, 'test', world)).toEqual([]);
    await expect(revertPlan(hash, 'test', world)).rejects.toThrow('reverted already');
    await expect(applyPlan(hash, world)).rejects.toThrow('carried out already');
  });

  test('evidence lies in the state folder with the hashes of the ledger', async () => {
    await freshWorld();
    const hash = await plan('pause');
    await approve(hash);
    await applyPlan(hash, world);
    await revertPlan(hash, 'test', world);
    const [response] = responsesOf(await world.ledger.read());
    const folder = join(state, 'evidence', hash);
    const { sha256 } = await import('../src/respond/canonical.js');
    for (const file of response!.evidence) {
      // A host under load may take longer to start tcpdump than it has to look; the ledger says so then.
      if (file.name === 'packets.pcap' && file.problem?.startsWith('no packet within')) continue;
      expect(sha256(await readFile(join(folder, file.name)))).toBe(file.sha256);
    }
    expect(await readFile(join(folder, 'sockets.txt'), 'utf8')).toContain('198.51.100.10:9000');
    expect(await readFile(join(folder, 'processes.json'), 'utf8')).toContain('/dev/tcp');
  });

  test('a drop holds for traffic within the bridge, where no filter hook sees it', async () => {
    await freshWorld();
    const address = (await inspect(lab.engine, bystander))!.networks[0]!.ipv4;
    const ping = async () =>
      (await lab.engine.exec(victim, ['/bin/ping', '-c', '1', '-W', '1', address])).exitCode;
    lab.inNetns('sysctl', '-qw', 'net.bridge.bridge-nf-call-iptables=0');
    expect(await ping()).toBe(0);
    const hash = await plan('firewall-drop');
    await approve(hash);
    await applyPlan(hash, world);
    expect(await ping()).toBe(1);
    await revertPlan(hash, 'test', world);
    lab.inNetns('sysctl', '-qw', 'net.bridge.bridge-nf-call-iptables=1');
    expect(await ping()).toBe(0);
  });

  test.each(ACTIONS)('%s expires by itself while somebody watches', async (action) => {
    await freshWorld();
    const hash = await plan(action, 6);
    await approve(hash);
    const { expires_at } = await applyPlan(hash, world);
    expect(await recover(world)).toEqual({ did: [], problems: [] });
    await sleep(Date.parse(expires_at) - Date.now() + 10);
    expect((await recover(world)).did).toEqual([`${hash.slice(0, 12)}: expired; reverted`]);
  });

  test('a drop expires in the kernel when Stowaway never comes back', async () => {
    await freshWorld();
    const hash = await plan('firewall-drop', 6);
    await approve(hash);
    await applyPlan(hash, world);
    expect((await during(500)).victim).toBe(0);
    await moves(VICTIM);
    expect(lab.inNetns('nft', 'list', 'tables', 'netdev')).toContain('stowaway_');
    expect((await recover(world)).problems).toEqual([]);
  });

  test('refuses what differs from the approved plan, and what is protected', async () => {
    await freshWorld();
    const hash = await plan('pause');
    await approve(hash);
    await lab.engine.post('/networks/workloads/disconnect', { Container: victim });
    await expect(applyPlan(hash, world)).rejects.toThrow(/not what is so now: .*target\.networks/);
    const { aliases, ipv4 } = (startState as { networks: { aliases: string[]; ipv4: string }[] })
      .networks[1]!;
    await lab.engine.post('/networks/workloads/connect', {
      Container: victim,
      EndpointConfig: { Aliases: aliases, IPAMConfig: { IPv4Address: ipv4 } },
    });
    await freshWorld({ protected_workloads: ['victim-*'] });
    await expect(plan('pause')).rejects.toThrow('protected_workloads');
    await freshWorld({ max_per_hour: 0 });
    await expect(plan('pause')).rejects.toThrow('max_per_hour is 0');
    await freshWorld();
    const others = [
      {
        id: await lab.run(`label-${lab.id}`, 0, ['workloads'], { 'stowaway.protected': 'true' }),
        why: 'protected by label',
      },
      { id: await lab.run(`host-${lab.id}`, 0, ['host']), why: 'host’s network' },
      {
        id: await lab.run(`guest-${lab.id}`, 0, [`container:${bystander}`]),
        why: 'another container’s network',
      },
      { id: bystander, why: 'share its network' },
    ];
    for (const { id, why } of others) {
      const finding = await findingOf(id);
      const proposal = { finding, findings: [finding], action: 'disconnect' as const, expiresSeconds: 60 };
      const rest = { commitImage: false, network: null, netns: lab.netns, engineSocket: lab.socket };
      await expect(propose({ ...proposal, ...rest }, world)).rejects.toThrow(why);
    }
    for (const { id } of others.slice(0, 3)) await lab.engine.delete(`/containers/${id}?force=1`);
  });

  test('without another flow a connection of its own shows that the sensor lives; without counters nothing is claimed', async () => {
    await freshWorld();
    await lab.engine.post(`/containers/${bystander}/pause`);
    const hash = await plan('firewall-drop');
    await approve(hash);
    const own = (await applyPlan(hash, world)).verification;
    await revertPlan(hash, 'test', world);
    expect(own.verdict).toBe('stopped');
    expect(own.measured.control).toMatch(/^tcp 127\.0\.0\.1 to 127\.0\.0\.1/);
    await moves(VICTIM);
    const broken: Surroundings = {
      ...world,
      watchFlows: watchConntrack(async (argv, options) =>
        runProgram(argv.includes('conntrack') ? ['false'] : argv, options),
      ),
    };
    const blind = await plan('firewall-drop');
    await approve(blind);
    const { verdict, says } = (await applyPlan(blind, broken)).verification;
    await revertPlan(blind, 'test', world);
    await lab.engine.post(`/containers/${bystander}/unpause`);
    expect(verdict).toBe('not verified');
    expect(says).toContain('the sensor gave no samples');
  });

  test.each(['firewall-drop', 'block-destination'] as const)(
    '%s stops a container on the host’s network by its control group, and expires in the kernel',
    async (action) => {
      await freshWorld();
      const guest = await lab.run(`host-${action}`, HOST_GUEST, ['host']);
      try {
        await moves(HOST_GUEST);
        const hash = await plan(action, 12, false, guest);
        await approve(hash);
        const { verification } = await applyPlan(hash, world);
        const before = lab.seen(HOST_GUEST).bytes;
        const after = await during(1000);
        expect(lab.seen(HOST_GUEST).bytes - before).toBe(0);
        expect(after.victim).toBeGreaterThan(300_000);
        expect(verification).toMatchObject({ verdict: 'stopped' });
        expect(lab.inNetns('nft', 'list', 'tables', 'inet')).toContain('stowaway_');
        // The kernel forgets it though nobody reverts; then the revert takes the empty table away.
        await moves(HOST_GUEST);
        expect(await revertPlan(hash, 'test', world)).toEqual([]);
        expect(lab.inNetns('nft', 'list', 'tables', 'inet')).not.toContain('stowaway_');
      } finally {
        await lab.engine.delete(`/containers/${guest}?force=1`);
      }
    },
  );

  test('block-destination stops what goes there, and nothing else', async () => {
    await freshWorld();
    const peer = (await inspect(lab.engine, bystander))!.networks[0]!.ipv4;
    const hash = await plan('block-destination');
    await approve(hash);
    const { verification } = await applyPlan(hash, world);
    expect(verification).toMatchObject({ verdict: 'stopped' });
    expect((await during(1000)).victim).toBe(0);
    expect((await lab.engine.exec(victim, ['ping', '-c', '1', '-W', '2', peer])).exitCode).toBe(0);
    expect(await revertPlan(hash, 'test', world)).toEqual([]);
  });

  test('packets are captured in the container’s own network, within limits, and a missing tcpdump is told', async () => {
    await freshWorld();
    const { pid } = (await inspect(lab.engine, victim))!;
    let bytes: Buffer = Buffer.alloc(0);
    for (let left = 10; bytes.length < 1000 && left > 0; left--)
      bytes = await capturePackets({ pid, peers: null }, world).catch(() => Buffer.alloc(0));
    expect(bytes.length).toBeGreaterThan(1000);
    expect(bytes.length).toBeLessThan(3_200_000);
    const nobody = await capturePackets({ pid, peers: ['192.0.2.1'] }, world).catch(
      (error: Error) => error.message,
    );
    expect(nobody).toContain('no packet within 1 s');
    const without = {
      run: (argv: string[]) => world.run(argv.map((word) => (word === 'tcpdump' ? 'no-tcpdump' : word))),
    };
    await expect(capturePackets({ pid, peers: null }, without)).rejects.toThrow(/tcpdump: .*No such file/);
  });

  test('stop-restarts keeps the engine from starting it again, until it is undone', async () => {
    await freshWorld();
    const policy = async () => (await inspect(lab.engine, victim))!.restart_policy;
    await expect(plan('stop-restarts')).rejects.toThrow('the engine does not restart it');
    const set = (Name: string) => ({ RestartPolicy: { Name, MaximumRetryCount: 0 } });
    await lab.engine.post(`/containers/${victim}/update`, set('unless-stopped'));
    const hash = await plan('stop-restarts');
    await approve(hash);
    expect((await applyPlan(hash, world)).verification.verdict).toBe('in force');
    expect(await policy()).toEqual({ name: 'no', retries: 0 });
    expect(await revertPlan(hash, 'test', world)).toEqual([]);
    expect(await policy()).toEqual({ name: 'unless-stopped', retries: 0 });
    await lab.engine.post(`/containers/${victim}/update`, set('no'));
  });

  test('a segment is a plan of its own, for several workloads, with an approval that names it', async () => {
    await freshWorld();
    const findings = [await findingOf(victim), { ...(await findingOf(bystander)), uid: 'other' }];
    const proposal = {
      finding: findings[0]!,
      action: 'isolate-segment' as const,
      expiresSeconds: 60,
      network: 'back',
    };
    const rest = { commitImage: false, netns: lab.netns, engineSocket: lab.socket };
    await expect(propose({ ...proposal, ...rest, findings: findings.slice(0, 1) }, world)).rejects.toThrow(
      '1 workload of the segment has open findings',
    );
    const { hash } = await propose({ ...proposal, ...rest, findings }, world);
    await expect(approve(hash)).rejects.toThrow('isolates a whole segment, 2 containers');
    await approvePlan(hash, { by: 'test', reason: '', segment: 'back' }, world);
    const { verification } = await applyPlan(hash, world);
    const after = await during(1000);
    expect(await revertPlan(hash, 'test', world)).toEqual([]);
    expect(verification.verdict).toBe('stopped');
    expect(after).toEqual({ victim: 0, bystander: 0 });
    await moves(BYSTANDER);
  });

  /** Runs `apply` as a process of its own and kills it when the ledger shows `mark`, or after a time. */
  async function applyAndKill(hash: string, when: { mark: string } | { afterMs: number }): Promise<boolean> {
    const child = spawn(process.execPath, [lab.main, 'respond', 'apply', hash, '--state', state], {
      cwd: lab.folder,
      stdio: 'ignore',
    });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    if ('afterMs' in when) await Promise.race([sleep(when.afterMs), ended]);
    else await Promise.race([seesMark(when.mark, child), ended]);
    const isKilled = child.exitCode === null && child.kill('SIGKILL');
    await ended;
    return isKilled;
  }

  async function seesMark(mark: string, child: ChildProcess): Promise<void> {
    while (child.exitCode === null && !readFileSync(join(state, 'ledger.ndjson'), 'utf8').includes(mark))
      await new Promise((done) => setImmediate(done));
  }

  const MOMENTS = [
    { mark: '"type":"evidence"' },
    { mark: '"type":"intent"' },
    { mark: '"type":"outcome"' },
    { mark: '"index":1' },
    { mark: '"type":"contained"' },
    { afterMs: 700 },
    { afterMs: 1600 },
  ];

  test.each(ACTIONS)('%s, killed at any moment, is whole or undone after recovering', async (action) => {
    const ends: Record<string, number> = {};
    for (const moment of MOMENTS) {
      await freshWorld();
      const hash = await plan(action);
      await approve(hash);
      const isKilled = await applyAndKill(hash, moment);
      const { problems } = await recover(world);
      expect(problems).toEqual([]);
      const [response] = responsesOf(await world.ledger.read());
      const { contained_at, closed, changes } = response!;
      const end = contained_at !== null && !closed ? 'contained' : 'as before';
      ends[`${isKilled ? 'killed' : 'ended'}, ${end}`] =
        (ends[`${isKilled ? 'killed' : 'ended'}, ${end}`] ?? 0) + 1;
      if (end === 'contained') {
        expect(changes.map(({ applied }) => applied)).toEqual(response!.plan.changes.map(() => 'yes'));
        await sleep(300);
        expect((await during(500)).victim).toBe(0);
        expect(await revertPlan(hash, 'test', world)).toEqual([]);
      } else if (changes.length > 0) expect(closed).not.toBeNull();
      expect(await look()).toEqual(startState);
      await moves(VICTIM);
    }
    console.log(`${action} killed at ${MOMENTS.length} moments: ${JSON.stringify(ends)}`);
    expect(Object.keys(ends).some((each) => each.startsWith('killed'))).toBe(true);
  });

  test('two processes do not apply at once', async () => {
    await freshWorld();
    let release = () => {};
    const held = world.ledger.exclusively(() => new Promise<void>((resolve) => (release = resolve)), 0);
    await sleep(100);
    const second = await openWorld(state, world.config);
    await expect(second.ledger.exclusively(async () => {}, 0)).rejects.toThrow('at work');
    release();
    await held;
    await second.ledger.exclusively(async () => {}, 0);
  });
});
