import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ChildProcess, end, endsWithin, start } from '../host/child.js';
import { findProgram, inNetns } from '../host/programs.js';
import { tryProgram } from '../host/run.js';
import { Report, type Sensor, type SensorStatus } from './sensor.js';

const TABLE = 'inet stowaway_sense';
/** Netfilter's log group; one that nothing else is likely to use. */
const GROUP = 4811;
/** How long a reader that cannot run takes at most to say so, in milliseconds. */
const SETTLING = 700;
/** A capture file's own header, in bytes. */
const EMPTY_CAPTURE = 24;

/** A table of its own, which only logs: it never decides about a packet. Taken away whole, it leaves nothing. */
const RULES = `
table ${TABLE} {}
delete table ${TABLE}
table ${TABLE} {
  chain forwarded {
    type filter hook forward priority -1; policy accept;
    ct state new limit rate 100/second burst 500 packets log prefix "stowaway " group ${GROUP} snaplen 96
  }
}
`;

/** First packets of forwarded connections, headers only, as a capture file: at most 100 a second. */
export class FirewallSensor implements Sensor {
  readonly #path: string;
  readonly #report: Report;
  #child: ChildProcess | null = null;
  #isStopping = false;

  constructor(
    folder: string,
    readonly netns: string | null,
  ) {
    this.#path = join(folder, 'firewall.pcap');
    this.#report = new Report('firewall', [this.#path]);
  }

  async start(): Promise<void> {
    for (const program of ['nft', 'tcpdump'])
      if (!findProgram(program)) return this.#report.off(`${program} is not installed`);
    const made = await tryProgram(inNetns(this.netns, ['nft', '-f', '-']), { stdin: RULES });
    if (made.code !== 0) return this.#report.off(`nft: ${firstLine(made.stderr)}`);
    const argv = ['tcpdump', '-i', `nflog:${GROUP}`, '-U', '-n', '-Z', 'root', '-w', this.#path];
    this.#child = start(inNetns(this.netns, argv), { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-500);
      this.#report.lose('packets', Number(/(\d+) packets dropped by kernel/.exec(text)?.[1] ?? 0));
    });
    this.#child.on('error', (error) => {
      said = error.message;
    });
    if (await endsWithin(this.#child, SETTLING)) {
      await this.#removeTable();
      return this.#report.off(`tcpdump: ${firstLine(said)}`);
    }
    this.#report.on();
    this.#report.note('rate', 'at most 100 new connections a second are logged');
    this.#child.once('close', () => {
      if (!this.#isStopping) this.#report.interrupt(`tcpdump ended: ${firstLine(said)}`);
    });
  }

  status(): SensorStatus {
    return this.#report.status();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#child === null) return;
    await this.#removeTable();
    await end(this.#child);
    if (existsSync(this.#path) && statSync(this.#path).size <= EMPTY_CAPTURE) rmSync(this.#path);
  }

  #removeTable(): Promise<unknown> {
    return removeFirewallTable(this.netns);
  }
}

/** True when there was one: a sensor that crashed left it. */
export async function removeFirewallTable(netns: string | null): Promise<boolean> {
  const removed = await tryProgram(inNetns(netns, ['nft', 'delete', 'table', ...TABLE.split(' ')]));
  return removed.code === 0;
}

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';
