// What is handed over while a server is hurt, and a ledger of it.
import { setTimeout as sleep } from 'node:timers/promises';

const HOSTS = 40;
let serial = 0;

/** A line of Zeek's conn.log of a connection that ended just now; its uid is never used again. */
function connection({ from, to, sent }) {
  serial += 1;
  const uid = `C${process.pid.toString(36)}x${serial.toString(36).padStart(8, '0')}`;
  const packets = Math.ceil(sent / 1400) + 4;
  const line = JSON.stringify({
    ...{ ts: Date.now() / 1000 - 0.5, uid, 'id.orig_h': from, 'id.orig_p': 32_768 + (serial % 28_000) },
    ...{ 'id.resp_h': to, 'id.resp_p': 443, proto: 'tcp', service: 'ssl', duration: 0.4 },
    ...{ orig_bytes: sent, resp_bytes: 5200, conn_state: 'SF', history: 'ShADadFf' },
    ...{ orig_pkts: packets, orig_ip_bytes: sent + 52 * packets, resp_pkts: 9, resp_ip_bytes: 5700 },
  });
  return { uid, line };
}

function usual() {
  const host = Math.floor(Math.random() * HOSTS);
  const service = (host * 7 + Math.floor(Math.random() * 5)) % 100;
  return connection({
    from: `10.88.1.${2 + host}`,
    to: `203.0.113.${service + 1}`,
    sent: 300 + Math.floor(Math.random() * 4000),
  });
}

/** Connections as every day. */
export const usuals = (length) => Array.from({ length }, usual);

export const textOf = (events) => `${events.map(({ line }) => line).join('\n')}\n`;

/** What was handed over: uids that were acknowledged, and those of which nobody knows. */
export class Ledger {
  acknowledged = new Set();
  unknown = new Set();
  /** Addresses that uploaded 800 MB to where nobody went: each must be found once. */
  uploads = new Set();

  /** Gives the status, or null where no answer came. */
  async hand(serving, events, { twice = false } = {}) {
    try {
      const { status } = await serving.send(textOf(events), 'zeek-conn');
      keep(events, status < 300 ? this.acknowledged : this.unknown);
      if (twice && status < 300) await serving.send(textOf(events), 'zeek-conn');
      return status;
    } catch {
      keep(events, this.unknown);
      return null;
    }
  }

  /** What stands in a file need not be acknowledged. */
  wrote(events) {
    keep(events, this.acknowledged);
  }

  async upload(serving, number) {
    const from = `10.88.200.${number + 1}`;
    const event = connection({ from, to: `198.51.100.${number + 1}`, sent: 800_000_000 });
    const status = await this.hand(serving, [event]);
    if (status !== null && status < 300) this.uploads.add(from);
  }

  async feed(serving, { batches, pause = 60 }) {
    for (let batch = 0; batch < batches; batch++) {
      await this.hand(serving, usuals(50));
      await sleep(pause);
    }
  }
}

function keep(events, to) {
  for (const { uid } of events) to.add(uid);
}
