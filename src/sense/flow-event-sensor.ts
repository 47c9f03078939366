import { join } from 'node:path';
import { type ChildProcess, end, endsWithin, start } from '../host/child.js';
import { LineSplitter } from '../host/lines.js';
import { findProgram, gathering, inNetns } from '../host/programs.js';
import type { KernelSettings } from './kernel-settings.js';
import { OutputFile } from './output-file.js';
import { Report, type Sensor, type SensorStatus } from './sensor.js';

/** Bytes of the socket buffer for events: some 30,000 connections that begin before anybody reads. */
const EVENT_BUFFER = 8 * 1024 * 1024;
/** How long an event listener that cannot run takes at most to say so, in milliseconds. */
const SETTLING = 300;
const FIRST_RETRY = 1000;
const LAST_RETRY = 60_000;

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
}

/** Conntrack's two files. */
export const flowFile = (folder: string, what: 'events' | 'poll'): string =>
  join(folder, `conntrack-${what}.txt`);

/** Connections as they begin and end: conntrack writes its events straight into the file. */
export class FlowEventSensor implements Sensor {
  readonly #file: OutputFile;
  readonly #report: Report;
  #child: ChildProcess | null = null;
  #isStopping = false;
  #retry: NodeJS.Timeout | null = null;

  constructor(
    readonly options: FlowOptions,
    readonly settings: KernelSettings,
  ) {
    this.#file = new OutputFile(flowFile(options.folder, 'events'));
    this.#report = new Report('flow-events', [this.#file.path]);
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
  }

  status(): SensorStatus {
    return this.#report.status();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#retry) clearTimeout(this.#retry);
    if (this.#child) await end(this.#child);
    await this.settings.putBack();
    this.#file.close();
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

  async #launch(retryMs: number): Promise<void> {
    const argv = ['conntrack', '-E', '-e', 'NEW,DESTROY', '-b', String(EVENT_BUFFER)];
    argv.push('-o', 'timestamp,id,extended,ktimestamp');
    const child = start(inNetns(this.options.netns, gathering(argv)), {
      stdio: ['ignore', this.#file.fd, 'pipe'],
    });
    this.#child = child;
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
    const hasFailed = await endsWithin(child, SETTLING);
    if (!hasFailed) this.#report.on();
    const onEnd = () => {
      if (this.#isStopping) return;
      this.#report.interrupt(`conntrack -E ended: ${said}`);
      this.#retry = setTimeout(() => void this.#launch(Math.min(retryMs * 2, LAST_RETRY)), retryMs);
    };
    if (hasFailed) onEnd();
    else child.once('close', onEnd);
  }
}
