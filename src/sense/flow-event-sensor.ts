import { closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ChildProcess, end, endsWithin, start } from '../host/child.js';
import { LineSplitter } from '../host/lines.js';
import { findProgram, gathering, inNetns } from '../host/programs.js';
import type { KernelSettings } from './kernel-settings.js';
import { hasRoomToRotate, NO_ROOM, rotatedName } from './rotation.js';
import { Report, type Sensor, type SensorStatus } from './sensor.js';

/** Bytes of the socket buffer for events: some 30,000 connections that begin before anybody reads. */
const EVENT_BUFFER = 8 * 1024 * 1024;
/** How long an event listener that cannot run takes at most to say so, in milliseconds. */
const SETTLING = 300;
const FIRST_RETRY = 1000;
const LAST_RETRY = 60_000;
/** Time between two looks at how large the file is, in milliseconds. */
const MEASURING = 5_000;

const ACCOUNTING = {
  'net/netfilter/nf_conntrack_acct': '1',
  'net/netfilter/nf_conntrack_timestamp': '1',
};

export const NOT_INSTALLED = 'conntrack is not installed (package conntrack or conntrack-tools)';

export interface FlowOptions {
  folder: string;
  netns: string | null;
  /** Switch on byte counters and start times, which cost the kernel a little on each packet. */
  accounting: boolean;
  /** A file that has so many bytes is followed by another. Default: never. */
  rotateBytes?: number;
}

/** Conntrack's two files. */
export const flowFile = (folder: string, what: 'events' | 'poll'): string =>
  join(folder, `conntrack-${what}.txt`);

/** Connections as they begin and end: conntrack writes its events straight into the file. */
export class FlowEventSensor implements Sensor {
  readonly #path: string;
  #fd: number;
  readonly #report: Report;
  #child: ChildProcess | null = null;
  #isStopping = false;
  #retry: NodeJS.Timeout | null = null;
  #measuring: NodeJS.Timeout | null = null;
  #rotating: Promise<void> = Promise.resolve();

  constructor(
    readonly options: FlowOptions,
    readonly settings: KernelSettings,
  ) {
    this.#path = flowFile(options.folder, 'events');
    this.#fd = openSync(this.#path, 'a', 0o600);
    this.#report = new Report('flow-events', [this.#path]);
  }

  async start(): Promise<void> {
    if (!findProgram('conntrack')) return this.#report.off(NOT_INSTALLED);
    const events = await this.settings.read('net/netfilter/nf_conntrack_events');
    if (events === null) return this.#report.off('this kernel has no connection tracking here');
    await this.#prepare();
    if (events === '0')
      this.#report.lack(
        'events',
        'net.netfilter.nf_conntrack_events is 0: the kernel tells of no connection',
      );
    await this.#launch(FIRST_RETRY);
    if (this.options.rotateBytes !== undefined) this.#measure(this.options.rotateBytes);
  }

  status(): SensorStatus {
    return this.#report.status();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#retry) clearTimeout(this.#retry);
    if (this.#measuring) clearTimeout(this.#measuring);
    await this.#rotating;
    if (this.#child) await end(this.#child);
    await this.settings.putBack();
    closeSync(this.#fd);
    if (statSync(this.#path, { throwIfNoEntry: false })?.size === 0) rmSync(this.#path, { force: true });
  }

  /** Without counters everything that asks for volumes is blind, and must be able to say why. */
  async #prepare(): Promise<void> {
    if (this.options.accounting) {
      try {
        await this.settings.change(ACCOUNTING);
      } catch (error) {
        this.#report.lack('accounting', (error as Error).message);
      }
    }
    const counts = await this.settings.read('net/netfilter/nf_conntrack_acct');
    if (counts !== '1')
      this.#report.lack(
        'counters',
        'byte counters are off (net.netfilter.nf_conntrack_acct=0; --accounting switches them on): volumes cannot be judged',
      );
  }

  #isLarge(rotateBytes: number): boolean {
    return (statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0) >= rotateBytes;
  }

  async #launch(retryMs: number): Promise<void> {
    const { rotateBytes } = this.options;
    if (rotateBytes !== undefined && this.#isLarge(rotateBytes) && !hasRoomToRotate(this.#path)) {
      this.#report.interrupt(NO_ROOM);
      this.#retry = setTimeout(() => void this.#launch(retryMs), LAST_RETRY);
      return;
    }
    const { child, said } = this.#listen(this.#fd);
    this.#child = child;
    const hasFailed = await endsWithin(child, SETTLING);
    if (!hasFailed) this.#report.on();
    const onEnd = () => this.#onEnd(child, said(), retryMs);
    if (hasFailed) onEnd();
    else child.once('close', onEnd);
  }

  /** One that was followed by another may go. */
  #onEnd(child: ChildProcess, said: string, retryMs: number): void {
    if (this.#isStopping || this.#child !== child) return;
    this.#report.interrupt(`conntrack -E ended: ${said}`);
    this.#retry = setTimeout(() => void this.#launch(Math.min(retryMs * 2, LAST_RETRY)), retryMs);
  }

  #listen(file: number): { child: ChildProcess; said: () => string } {
    const argv = ['conntrack', '-E', '-e', 'NEW,DESTROY', '-b', String(EVENT_BUFFER)];
    argv.push('-o', 'timestamp,id,extended,ktimestamp');
    const child = start(inNetns(this.options.netns, gathering(argv)), { stdio: ['ignore', file, 'pipe'] });
    let said = '';
    const lines = new LineSplitter(65_536);
    child.stderr!.on('data', (bytes: Buffer) => {
      for (const line of lines.push(bytes)) {
        const text = line.toString('utf8');
        if (text.includes('ENOBUFS')) this.#report.lose('bursts of events (ENOBUFS)', 1);
        else said = text;
      }
    });
    child.on('error', (error) => {
      said = error.message;
    });
    return { child, said: () => said };
  }

  #measure(rotateBytes: number): void {
    this.#measuring = setTimeout(() => {
      this.#rotating = this.#rotateIfLarge(rotateBytes)
        .catch((error: Error) => this.#report.note('rotation', `the file grows: ${error.message}`))
        .finally(() => {
          if (!this.#isStopping) this.#measure(rotateBytes);
        });
    }, MEASURING);
  }

  async #rotateIfLarge(rotateBytes: number): Promise<void> {
    if (this.#report.isOn && this.#isLarge(rotateBytes)) await this.#rotate();
  }

  /** A second listener begins before the first one ends, so that none is missed: what both tell is one connection with one id. */
  async #rotate(): Promise<void> {
    // Its end is told, and it is started again when there is room.
    if (!hasRoomToRotate(this.#path)) return end(this.#child!);
    // Not yet a log: no reader of the folder should take it for one.
    const beside = join(this.options.folder, '.conntrack.next');
    const file = openSync(beside, 'w', 0o600);
    const { child, said } = this.#listen(file);
    if (await endsWithin(child, SETTLING)) {
      closeSync(file);
      rmSync(beside, { force: true });
      this.#report.note('rotation', `the file grows: a second conntrack -E ended: ${said()}`);
      return;
    }
    const before = { child: this.#child!, file: this.#fd };
    this.#child = child;
    this.#fd = file;
    child.once('close', () => this.#onEnd(child, said(), FIRST_RETRY));
    await end(before.child);
    closeSync(before.file);
    renameSync(this.#path, rotatedName(this.#path));
    renameSync(beside, this.#path);
    this.#report.note('rotation', '');
  }
}
