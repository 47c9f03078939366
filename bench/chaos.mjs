#!/usr/bin/env node
// Hurts a real `stowaway serve` and counts afterwards: every event that was acknowledged is stored once, every finding exists once, every
// notification was sent once or is still due. One row a fault; ends with 1 when a count does not hold.
// usage: node bench/chaos.mjs [--kills 20] [FAULT...]
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { globSync } from 'tinyglobby';
import { openStore, withSettings } from '../dist/store/store.js';
import { serveIn } from './serve-process.mjs';

const at = process.argv.indexOf('--kills');
const kills = at === -1 ? 20 : Number(process.argv[at + 1]);
const chosen = process.argv
  .slice(2)
  .filter((word, index, all) => !word.startsWith('--') && all[index - 1] !== '--kills');

/** Debian's libfaketime: the clock on the wall of one process is set, the steady one goes on. */
const FAKE_CLOCK = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0];

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
const usual = () => {
  const host = Math.floor(Math.random() * HOSTS);
  const service = (host * 7 + Math.floor(Math.random() * 5)) % 100;
  return connection({
    from: `10.88.1.${2 + host}`,
    to: `203.0.113.${service + 1}`,
    sent: 300 + Math.floor(Math.random() * 4000),
  });
};
/** Addresses that upload 800 MB to where nobody went: each must be found once. */
const uploader = (number) => `10.88.200.${number + 1}`;
const upload = (number) =>
  connection({ from: uploader(number), to: `198.51.100.${number + 1}`, sent: 800_000_000 });

/** Somebody who is told. `answer` gives the status, or null to hang up. */
async function receiver(answer = () => 200) {
  const told = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', async () => {
      const status = await answer(told.length);
      if (status === null) return void response.destroy();
      if (status < 300) told.push(JSON.parse(text));
      response.writeHead(status).end();
    });
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { told, url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

const configOf = (hook, more = {}) => ({
  container_cidrs: ['10.88.0.0/16'],
  serve: { tick_seconds: 1, ...more.serve },
  inputs: { ...more.inputs },
  notify: {
    channels: [
      {
        name: 'soc',
        type: 'webhook',
        url: hook,
        insecure: true,
        allow_private: true,
        per_minute: 6000,
      },
    ],
  },
});

/** What was handed over: uids that were acknowledged, and those of which nobody knows. */
class Ledger {
  acknowledged = new Set();
  unknown = new Set();
  uploads = new Set();

  async hand(serving, events, { twice = false } = {}) {
    const lines = `${events.map(({ line }) => line).join('\n')}\n`;
    const keep = (to) => {
      for (const { uid } of events) to.add(uid);
    };
    try {
      const { status } = await serving.send(lines, 'zeek-conn');
      keep(status < 300 ? this.acknowledged : this.unknown);
      if (twice && status < 300) await serving.send(lines, 'zeek-conn');
      return status;
    } catch {
      keep(this.unknown);
      return null;
    }
  }
}

/** Waits until nothing waits to be loaded, nor to be told. */
async function settled(serving, hook, ledger, { seconds = 120 } = {}) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const status = await serving.read('/status').catch(() => null);
    const { findings } = await serving
      .read('/findings?state=open&limit=1000')
      .catch(() => ({ findings: [] }));
    const found = new Set(findings.map(({ finding }) => finding.entity.name));
    const told = new Set(hook.told.filter(({ what }) => what === 'opened').map(({ alert }) => alert.uid));
    const isWhole =
      status?.ready &&
      status.journal.segments === 0 &&
      [...ledger.uploads].every((entity) => found.has(entity)) &&
      findings.every(({ uid, finding }) => finding.status !== 'open' || told.has(uid));
    if (isWhole) return true;
    if (Date.now() > end) {
      if (process.env.CHAOS_VERBOSE)
        console.error(JSON.stringify({ status, found: [...found], told: [...told] }), serving.said.err);
      return false;
    }
    await sleep(300);
  }
}

/** Waits until a tick ends whose clock shows about `now`. */
async function tickBy(serving, now) {
  for (const end = Date.now() + 120_000; Date.now() < end; await sleep(300)) {
    const { ticks } = await serving.read('/status');
    if (Math.abs(Date.parse(ticks.last_at) - now) < 10 * 60_000) return;
  }
  throw new Error(`no tick by the clock of ${new Date(now).toISOString()}`);
}

/** Opened, and opened again though nobody was told that it had closed: a clock that is set may close a finding and open it again. */
const isToldTwice = (told) =>
  told
    .filter(({ what }) => what === 'opened' || what === 'closed')
    .some(({ what }, index, all) => what === 'opened' && all[index - 1]?.what === 'opened');

/** Reads the store when nobody else has it. */
async function count(home, ledger, hook) {
  const raw = await openStore({ path: join(home, 'state', 'store') });
  const store = withSettings(raw, { final: 1 });
  try {
    const rows = await store.rows(
      'SELECT session_uid AS uid, count() AS times FROM network_activity GROUP BY uid',
    );
    const times = new Map(rows.map(({ uid, times }) => [uid, times]));
    const [sums] = await store.rows(`
SELECT (SELECT sum(traffic_bytes_out) FROM network_activity) AS seen, (SELECT sum(bytes_out) FROM connection) AS joined,
  (SELECT sum(bytes_out) FROM egress_hour WHERE role = 'initiator') AS hours, (SELECT count() FROM connection) AS connections`);
    const findings = await store.rows('SELECT uid, entity_name, strategy FROM finding');
    const due = await store.rows("SELECT notice FROM outbox WHERE state IN ('waiting', 'sending')");
    const opened = hook.told.filter(({ what }) => what === 'opened');
    const perFinding = new Map();
    for (const one of opened) perFinding.set(one.alert.uid, [...(perFinding.get(one.alert.uid) ?? []), one]);
    const wrong = {
      'acknowledged events that are missing': [...ledger.acknowledged].filter((uid) => !times.has(uid))
        .length,
      'events stored more than once': rows.filter(({ times }) => times > 1).length,
      'events that nobody sent': rows.filter(
        ({ uid }) => !ledger.acknowledged.has(uid) && !ledger.unknown.has(uid),
      ).length,
      'bytes missing from connections': sums.seen - sums.joined,
      'bytes missing from sums by the hour': sums.seen - sums.hours,
      'connections too many or few': sums.connections - rows.length,
      'uploads without a finding': [...ledger.uploads].filter(
        (entity) => !findings.some((one) => one.entity_name === entity),
      ).length,
      'findings that exist twice':
        findings.length -
        new Set(findings.map(({ entity_name, strategy }) => `${strategy} ${entity_name}`)).size,
      'findings nobody was told of, nor will be': findings.filter(
        ({ uid, entity_name }) =>
          ledger.uploads.has(entity_name) &&
          !perFinding.has(uid) &&
          !due.some(({ notice }) => notice.startsWith(uid)),
      ).length,
      'told twice as if for the first time': [...perFinding.keys()].filter((uid) =>
        isToldTwice(hook.told.filter(({ alert, may_repeat }) => alert?.uid === uid && !may_repeat)),
      ).length,
    };
    return {
      acknowledged: ledger.acknowledged.size,
      stored: rows.length,
      findings: findings.length,
      told: opened.length,
      repeated: opened.filter(({ may_repeat }) => may_repeat).length,
      wrong: Object.entries(wrong).filter(([, number]) => number !== 0),
    };
  } finally {
    await raw.close();
  }
}

/** One state folder, one receiver, and what is done to them; then the counts. */
async function fault(work, { answer, serve, inputs, home, env } = {}) {
  const hook = await receiver(answer);
  const state = await serveIn({
    config: configOf(hook.url, { serve, inputs }),
    ...(home && { folder: home }),
    ...(env && { env }),
  });
  const ledger = new Ledger();
  try {
    const note = await work({ state, ledger, hook });
    return { note, ...(await count(state.home, ledger, hook)) };
  } finally {
    hook.close();
    // What went wrong can be looked at.
    if (!process.env.CHAOS_KEEP) await state.remove();
  }
}

const feed = async (serving, ledger, { batches, pause = 60, twice = false }) => {
  for (let batch = 0; batch < batches; batch++) {
    await ledger.hand(serving, Array.from({ length: 50 }, usual), { twice });
    await sleep(pause);
  }
};
const uploadOnce = async (serving, ledger, number) => {
  const event = upload(number);
  const status = await ledger.hand(serving, [event]);
  if (status !== null && status < 300) ledger.uploads.add(uploader(number));
};

/** A folder for what a fault needs beside the server; it goes when the fault has ended. */
async function withFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'stowaway-chaos-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const FAULTS = {
  kill: () =>
    withFolder(async (logs) => {
      let lines = 0;
      return await fault(
        async ({ state, ledger, hook }) => {
          for (let kill = 0; kill < kills; kill++) {
            const serving = await state.start();
            const until = Date.now() + Math.random() * 4000;
            await uploadOnce(serving, ledger, kill % 200);
            while (Date.now() < until) {
              // Twice, and a file that is written to and rotated meanwhile.
              await ledger.hand(serving, Array.from({ length: 50 }, usual), { twice: Math.random() < 0.3 });
              const events = Array.from({ length: 5 }, usual);
              appendFileSync(join(logs, 'conn.log'), `${events.map(({ line }) => line).join('\n')}\n`);
              for (const { uid } of events) ledger.acknowledged.add(uid);
              lines += events.length;
              if (lines % 100 === 0) renameSync(join(logs, 'conn.log'), join(logs, `conn.${lines}.log`));
              await sleep(20);
            }
            await serving.kill();
          }
          const serving = await state.start();
          const isSettled = await settled(serving, hook, ledger);
          await serving.stop();
          return `${kills} times, ${lines} lines by a rotated file${isSettled ? '' : '; NOT SETTLED'}`;
        },
        { inputs: { tail: [{ path: join(logs, '*.log'), source: 'zeek-conn' }] } },
      );
    }),

  'clock set': () =>
    withFolder(async (folder) => {
      if (FAKE_CLOCK === undefined) return { skipped: 'libfaketime is not installed' };
      const clock = join(folder, 'clock');
      const set = (seconds) => {
        writeFileSync(`${clock}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
        renameSync(`${clock}.new`, clock);
      };
      set(0);
      return await fault(
        async ({ state, ledger, hook }) => {
          const serving = await state.start();
          for (const [number, seconds] of [0, 3600, -3600, 0].entries()) {
            set(seconds);
            await uploadOnce(serving, ledger, number);
            await feed(serving, ledger, { batches: 10 });
            await tickBy(serving, Date.now() + seconds * 1000);
          }
          const isSettled = await settled(serving, hook, ledger);
          await serving.stop();
          return `an hour ahead, an hour behind, right again${isSettled ? '' : '; NOT SETTLED'}`;
        },
        {
          env: {
            LD_PRELOAD: FAKE_CLOCK,
            FAKETIME_TIMESTAMP_FILE: clock,
            FAKETIME_NO_CACHE: '1',
            FAKETIME_DONT_FAKE_MONOTONIC: '1',
            FAKETIME_DONT_RESET: '1',
          },
        },
      );
    }),

  async 'slow and dead receiver'() {
    let calls = 0;
    return await fault(
      async ({ state, ledger, hook }) => {
        const serving = await state.start();
        for (let number = 0; number < 5; number++) {
          await uploadOnce(serving, ledger, number);
          await feed(serving, ledger, { batches: 20 });
        }
        const isSettled = await settled(serving, hook, ledger, { seconds: 240 });
        await serving.stop();
        return `${calls} requests: hung up, refused, slow, then taken${isSettled ? '' : '; NOT SETTLED'}`;
      },
      {
        async answer() {
          calls += 1;
          if (calls <= 1) return null;
          if (calls <= 2) return 500;
          await sleep(1500);
          return 200;
        },
      },
    );
  },

  async 'journal full'() {
    return await fault(
      async ({ state, ledger, hook }) => {
        const serving = await state.start();
        let refused = 0;
        await uploadOnce(serving, ledger, 0);
        for (let batch = 0; batch < 60; batch++) {
          const status = await ledger.hand(serving, Array.from({ length: 2000 }, usual));
          if (status === 503) refused += 1;
        }
        await sleep(3000);
        await feed(serving, ledger, { batches: 10, pause: 200 });
        const isSettled = await settled(serving, hook, ledger);
        await serving.stop();
        if (refused === 0) throw new Error('nothing was refused: the fault did not happen');
        return `1 MiB may wait; ${refused} of 60 requests were asked to come again${isSettled ? '' : '; NOT SETTLED'}`;
      },
      { serve: { journal_bytes: 1024 * 1024, tick_seconds: 3 } },
    );
  },

  async 'disk full'() {
    if (process.getuid?.() !== 0) return { skipped: 'a small disk takes root to mount' };
    const disk = join(tmpdir(), `stowaway-disk-${process.pid}`);
    const home = join(disk, 'home');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=192m', 'tmpfs', disk]);
    mkdirSync(home);
    try {
      return await fault(
        async ({ state, ledger, hook }) => {
          const serving = await state.start();
          await feed(serving, ledger, { batches: 10 });
          const { bavail, bsize } = statfsSync(disk);
          writeFileSync(join(disk, 'ballast'), Buffer.alloc(bavail * bsize - 65_536));
          let refused = 0;
          for (let batch = 0; batch < 40; batch++) {
            const status = await ledger.hand(serving, Array.from({ length: 500 }, usual));
            if (status === 503 || status === 500) refused += 1;
            await sleep(100);
          }
          const { ticks } = await serving.read('/status');
          rmSync(join(disk, 'ballast'));
          await uploadOnce(serving, ledger, 0);
          await feed(serving, ledger, { batches: 10 });
          const isSettled = await settled(serving, hook, ledger);
          await serving.stop();
          if (refused === 0) throw new Error('nothing was refused: the fault did not happen');
          return `${refused} of 40 requests refused, ${ticks.failed} ticks failed, then room again${isSettled ? '' : '; NOT SETTLED'}`;
        },
        { home },
      );
    } finally {
      execFileSync('umount', [disk]);
      rmSync(disk, { recursive: true, force: true });
    }
  },

  async 'two at once'() {
    return await fault(async ({ state, ledger, hook }) => {
      const serving = await state.start();
      await uploadOnce(serving, ledger, 0);
      const second = await state.start().then(
        async (other) => {
          await other.kill();
          return 'the second started: BOTH RAN';
        },
        (error) => error.message,
      );
      await feed(serving, ledger, { batches: 10 });
      const isSettled = await settled(serving, hook, ledger);
      await serving.stop();
      if (!/in use|another/.test(second)) throw new Error(second);
      return `the second says: ${second.slice(0, 100)}${isSettled ? '' : '; NOT SETTLED'}`;
    });
  },
};

let failed = 0;
for (const [name, run] of Object.entries(FAULTS).filter(
  ([name]) => chosen.length === 0 || chosen.includes(name),
)) {
  const result = await run().catch((error) => ({ error: error.message }));
  const isWrong =
    result.error !== undefined || result.wrong?.length > 0 || /NOT SETTLED/.test(result.note ?? '');
  failed += Number(isWrong);
  const { note, wrong, skipped, error, ...counts } = result;
  console.log(`${skipped ? 'skipped' : isWrong ? 'FAILED' : 'held'}  ${name}: ${skipped ?? error ?? note}`);
  if (!skipped && !error) console.log(`        ${JSON.stringify(counts)}`);
  for (const [what, number] of wrong ?? []) console.log(`        ${number} ${what}`);
}
process.exit(failed > 0 ? 1 : 0);
