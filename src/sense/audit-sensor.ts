import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChildProcess, end, endsWithin, start } from '../host/child.js';
import { LineSplitter } from '../host/lines.js';
import { findProgram } from '../host/programs.js';
import { tryProgram } from '../host/run.js';
import { AuditEvents } from '../ingest/audit-events.js';
import { AuditRecords } from './audit-records.js';
import { containerOfHelper, containerOfProcess } from './cgroups.js';
import { OutputFile } from './output-file.js';
import { Report, type Sensor, type SensorStatus } from './sensor.js';

/** Every rule of ours carries this word, and goes by it. */
const KEY = 'stowaway-sense';
/** System calls are named in both tables of a 64-bit machine: a 32-bit program must not pass unseen. */
const RULES = ['b64', 'b32'].flatMap((arch) =>
  ['execve,execveat', 'connect'].map((calls) => ['-F', `arch=${arch}`, '-S', calls]),
);
/** How long auditd may take to listen, in milliseconds, and how often it is asked. */
const STARTING = 10_000;
const ASKING = 100;
/** How long it may take to end, in milliseconds. */
const ENDING = 3000;
/** What is on its way has come when nothing has for so long, in milliseconds; and how long that may take. */
const QUIET = 500;
const DRAINING = 10_000;
/** Records the kernel keeps for us, and the daemon. */
const BACKLOG = '8192';

/** A daemon of our own that writes no log: it hands every record to a socket in a folder only root may enter. */
const configuration = (folder: string): string => `
local_events = yes
write_logs = no
log_file = ${join(folder, 'unused.log')}
log_format = RAW
flush = NONE
name_format = NONE
q_depth = ${BACKLOG}
overflow_action = SYSLOG
space_left = 2
space_left_action = IGNORE
admin_space_left = 1
admin_space_left_action = IGNORE
disk_full_action = IGNORE
disk_error_action = IGNORE
plugin_dir = ${join(folder, 'plugins.d')}
`;
const plugin = (socket: string): string => `
active = yes
direction = out
path = builtin_af_unix
type = builtin
args = 0600 ${socket}
format = string
`;

/**
 * Commands and connections of containers by the kernel's audit, where bpftrace cannot run. The kernel has one listener for
 * audit records, so this one does not run beside another.
 */
export class AuditSensor implements Sensor {
  readonly #processes: OutputFile;
  readonly #report: Report;
  readonly #events = new AuditEvents();
  readonly #records: AuditRecords;
  #scratch = '';
  #child: ChildProcess | null = null;
  #socket: Socket | null = null;
  #before: Partial<Record<string, number>> = {};
  #isStopping = false;
  #lastData = 0;

  /** `why` says why it runs at all. */
  constructor(
    folder: string,
    readonly why: string,
    rotateBytes?: number,
  ) {
    const path = join(folder, 'process.ndjson');
    this.#report = new Report('activity', [path]);
    this.#processes = new OutputFile(path, this.#report.loseLines, rotateBytes);
    this.#records = new AuditRecords({
      containerOf: containerOfProcess,
      containerServedBy: containerOfHelper,
      emit: (record) => this.#processes.line(JSON.stringify(record)),
    });
  }

  async start(): Promise<void> {
    const missing = await whyNoAudit();
    if (missing !== null) return this.#report.off(`${this.why}; ${missing}`);
    this.#report.note('how', `the kernel's audit, since ${this.why}`);
    this.#report.lack('files', 'files are not seen: audit cannot tell a container’s from the host’s');
    this.#scratch = mkdtempSync(join(tmpdir(), 'stowaway-audit-'));
    try {
      await this.#listen();
      await this.#addRules();
      this.#report.on();
    } catch (error) {
      this.#report.off(`${this.why}; audit: ${(error as Error).message}`);
      await this.#giveBack();
    }
  }

  status(): SensorStatus {
    this.#report.lose('broken records', this.#events.broken);
    this.#events.broken = 0;
    this.#report.lose(
      'acts of processes that were gone before their container was known',
      this.#records.orphans,
    );
    this.#records.orphans = 0;
    return this.#report.status();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#report.isOn) this.#report.lose('events', (await auditStatus()).lost ?? 0);
    await this.#giveBack();
    this.#processes.close();
  }

  async #listen(): Promise<void> {
    const socket = join(this.#scratch, 'events');
    await run('mkdir', '-m', '750', join(this.#scratch, 'plugins.d'));
    writeFileSync(join(this.#scratch, 'auditd.conf'), configuration(this.#scratch), { mode: 0o640 });
    writeFileSync(join(this.#scratch, 'plugins.d', 'af_unix.conf'), plugin(socket), { mode: 0o640 });
    // What a crashed sensor left on is not how it was before.
    const wasLeft = await removeAuditRules();
    this.#before = { ...(await auditStatus()), ...(wasLeft && { enabled: 0 }) };
    const child = start(['auditd', '-n', '-c', this.#scratch], { stdio: 'ignore' });
    this.#child = child;
    const deadline = Date.now() + STARTING;
    while (this.#socket === null) {
      if (Date.now() > deadline || (await endsWithin(child, 0))) throw new Error('auditd does not listen');
      this.#socket = await connected(socket);
      if (this.#socket === null) await sleep(ASKING);
    }
    const lines = new LineSplitter();
    this.#socket.on('data', (bytes: Buffer) => {
      this.#lastData = Date.now();
      for (const line of lines.push(bytes)) this.#take(line.toString('utf8'));
    });
    this.#socket.once('close', () => {
      if (!this.#isStopping && this.#report.isOn) this.#report.interrupt('auditd ended');
    });
  }

  async #addRules(): Promise<void> {
    // No process of the host ever waits for us: what we cannot keep up with is lost, and counted.
    await run('auditctl', '-b', BACKLOG, '--backlog_wait_time', '0');
    await run('auditctl', '--reset-lost');
    for (const rule of RULES) await run('auditctl', '-a', 'always,exit', ...rule, '-k', KEY);
    await run('auditctl', '-e', '1');
  }

  #take(line: string): void {
    const event = this.#events.push(line);
    if (event) this.#records.take(event);
  }

  /** Waits for records that the kernel and the daemon still hold. */
  async #drain(): Promise<void> {
    const deadline = Date.now() + DRAINING;
    for (let asked = Date.now(); Date.now() < deadline; ) {
      const { backlog = 0 } = await auditStatus();
      if (backlog > 0) asked = Date.now();
      if (Date.now() - Math.max(asked, this.#lastData) >= QUIET) return;
      await sleep(ASKING);
    }
  }

  /** Our rules alone go: others may have had their own. */
  async #giveBack(): Promise<void> {
    if (this.#scratch === '') return;
    await removeAuditRules();
    await this.#drain();
    const { enabled = 0, backlog_limit, backlog_wait_time } = this.#before;
    if (enabled === 0) await tryProgram(['auditctl', '-e', '0']);
    if (backlog_limit !== undefined && backlog_wait_time !== undefined)
      await tryProgram(['auditctl', '-b', `${backlog_limit}`, '--backlog_wait_time', `${backlog_wait_time}`]);
    // It hands on what it still holds when it is told to end.
    this.#child?.kill('SIGTERM');
    if (this.#child && !(await endsWithin(this.#child, ENDING))) await end(this.#child);
    this.#socket?.destroy();
    rmSync(this.#scratch, { recursive: true, force: true });
    this.#scratch = '';
  }
}

/** True when there were rules of ours: a sensor that crashed left them. */
export async function removeAuditRules(): Promise<boolean> {
  if (findProgram('auditctl') === null || process.getuid?.() !== 0) return false;
  const listed = await tryProgram(['auditctl', '-l', '-k', KEY]);
  if (listed.code !== 0 || !listed.stdout.includes(KEY)) return false;
  return (await tryProgram(['auditctl', '-D', '-k', KEY])).code === 0;
}

/** Why audit cannot be used here, or null. */
async function whyNoAudit(): Promise<string | null> {
  for (const program of ['auditd', 'auditctl'])
    if (!findProgram(program)) return `${program} is not installed either`;
  if (process.getuid?.() !== 0) return 'audit needs root';
  const { pid } = await auditStatus();
  if (pid === undefined) return 'this kernel has no audit';
  return pid === 0 ? null : `process ${pid} listens to the kernel's audit already, which has one listener`;
}

async function auditStatus(): Promise<Partial<Record<string, number>>> {
  const { code, stdout } = await tryProgram(['auditctl', '-s']);
  if (code !== 0) return {};
  return Object.fromEntries(
    [...stdout.matchAll(/^(\w+) (\d+)/gm)].map(([, key, value]) => [key!, Number(value)]),
  );
}

async function run(...argv: string[]): Promise<void> {
  const { code, stderr } = await tryProgram(argv);
  if (code !== 0) throw new Error(`${argv[0]}: ${stderr.trim().split('\n')[0]}`);
}

function connected(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(socket.on('error', () => {})));
    socket.once('error', () => resolve(null));
  });
}
