#!/usr/bin/env node
// What a tick of `stowaway serve` costs when much is stored, as a ratio to one when little is: the same fleet goes on, and nothing else differs.
// An hour of it is loaded, judged and sealed as a server does; its rows are then written again for the hours before, table by table, which the
// retention of each keeps.
// usage: node bench/stored.mjs [--events 24000000] [--hour 1000000] [--seconds 120] [--keep FOLDER] [--json]
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openJournal } from '../dist/collect/journal.js';
import { Detector } from '../dist/live/detector.js';
import { KeptFindings } from '../dist/live/kept-findings.js';
import { openLiveStore } from '../dist/live/open-store.js';
import { ConfigSchema } from '../dist/model/config.js';
import { readContent } from '../dist/pipeline.js';
import { connection, FLEET_CONFIG, fleetFor, stranger, usual } from './fleet.mjs';
import { serveIn } from './serve-process.mjs';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : process.argv[at + 1];
};
const events = Number(option('events', 24_000_000));
const hourly = Number(option('hour', 1_000_000));
const seconds = Number(option('seconds', 120));
const HOUR = 3600;
const hours = Math.ceil(events / hourly);
const rate = hourly / HOUR;
const containers = fleetFor(rate);
const TICK_SECONDS = 5;
/** Of the last whole hour. */
const end = Math.floor(Date.now() / 1000 / HOUR) * HOUR;

const told = (text) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

/** The last whole hour, through the same steps as every event, and sealed. */
async function firstHour(home) {
  const store = await openLiveStore({ path: join(home, 'state', 'store') });
  const journal = await openJournal(join(home, 'first', 'journal'), { maxBytes: 4e9 });
  const config = ConfigSchema.parse(FLEET_CONFIG);
  const detector = await Detector.over({
    ...{ store, journal, content: await readContent({ config, configFolder: home }) },
    findings: await KeptFindings.in(store),
    ...{ scratch: join(home, 'first', 'scratch'), unread: join(home, 'first', 'unread') },
    settings: { latenessSeconds: 0, crowdedLatenessSeconds: 0, sealEverySeconds: 0 },
  });
  const PIECE = 50_000;
  for (let from = 0; from < hourly; from += PIECE) {
    const lines = Array.from({ length: Math.min(PIECE, hourly - from) }, (_, index) =>
      usual(end - HOUR + ((from + index + 0.5) * HOUR) / hourly, containers),
    );
    await journal.append('http:bench', Buffer.from(`${lines.join('\n')}\n`), 'zeek-conn');
    while (await detector.tick());
  }
  for (;;) {
    await detector.tick();
    const [{ open }] = await store.rows('SELECT count() AS open FROM network_open');
    if (open === 0) break;
    await sleep(1000);
  }
  await journal.close();
  await store.close();
  await rm(join(home, 'first'), { recursive: true });
}

/** Tables an hour has rows in, how each moves back by n seconds, s as an interval, and for how many hours back it is kept by default. The time of a row comes first. */
const MOVED = [
  ['network_activity', 'time - s AS time, end_time - s AS end_time', 30 * 24],
  ['connection', 'time - s AS time, end_time - s AS end_time', 7 * 24],
  ['contact_minute', 'minute - s AS minute', 30 * 24],
  [
    'egress_hour',
    'hour - s AS hour, first_minute - s AS first_minute, last_minute - s AS last_minute',
    400 * 24,
  ],
  [
    'egress_window',
    'intDiv(bucket - n, scale) * scale AS bucket, first_minute - s AS first_minute, last_minute - s AS last_minute',
    400 * 24,
  ],
  ['egress_pair', 'first_minute - s AS first_minute, last_minute - s AS last_minute', 400 * 24],
  ['inflow_hour', 'hour - s AS hour, first_time - s AS first_time, last_time - s AS last_time', 400 * 24],
];

/** The hour again for each of the hours before it. Rows of the archive alone do not open connections. */
async function hoursBefore(home) {
  const store = await openLiveStore({ path: join(home, 'state', 'store') });
  await store.run('DETACH TABLE network_to_open');
  for (const [table] of MOVED) {
    await store.run(`CREATE TABLE first_${table} AS ${table}`);
    await store.run(`INSERT INTO first_${table} SELECT * FROM ${table}`);
  }
  for (let back = 1; back < hours; back++) {
    for (const [table, moved, kept] of MOVED)
      if (back < kept)
        await store.run(
          `INSERT INTO ${table} WITH ${back * HOUR} AS n, toIntervalSecond(n) AS s SELECT * REPLACE(${moved}) FROM first_${table}`,
        );
    if (back % 20 === 0) told(`${back} of ${hours} hours`);
  }
  // The fleet went on meanwhile: what a tick looks at is as new as before.
  for (let on = 1; end + (on - 1) * HOUR < Date.now() / 1000; on++)
    for (const [table, moved] of MOVED) {
      const [at] = /(?<=AS )\w+/.exec(moved);
      await store.run(
        `INSERT INTO ${table} WITH ${-on * HOUR} AS n, toIntervalSecond(n) AS s SELECT * REPLACE(${moved}) FROM first_${table} AS f WHERE toUInt32(f.${at}) - n < toUInt32(now())`,
      );
    }
  for (const [table] of MOVED) await store.run(`DROP TABLE first_${table}`);
  await store.run('ATTACH TABLE network_to_open');
  await store.close();
}

async function sizeOf(home) {
  const store = await openLiveStore({ path: join(home, 'state', 'store') });
  const tables = await store.rows(
    'SELECT table, sum(p.rows) AS stored, round(sum(bytes_on_disk) / 1e9, 2) AS gb FROM system.parts AS p WHERE active AND database = currentDatabase() GROUP BY table HAVING stored > 1000 ORDER BY stored DESC',
  );
  await store.close();
  return Object.fromEntries(tables.map(({ table, stored, gb }) => [table, { rows: stored, gb }]));
}

const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1];
const round = (number, digits = 2) => Number(number.toFixed(digits));

/** How long ticks take while the fleet goes on, and until the upload of a stranger is found. */
async function ticksOf(state, number) {
  const serving = await state.start();
  const ticks = [];
  let seen = 0;
  let found = null;
  const watch = async () => {
    const { ticks: now } = await serving.read('/status');
    if (now.count > seen) ticks.push({ number: now.count, seconds: now.last_seconds });
    seen = now.count;
  };
  let acknowledged = 0;
  const { from, to } = stranger(number);
  let before = null;
  const begun = performance.now();
  for (let second = 0; second < seconds; second++) {
    // The first ticks work out everything anew.
    if (second === Math.floor(seconds / 3)) {
      before = { ...serving.usage(), ticks: seen };
      const at = Date.now() / 1000 - 1;
      await serving.send(`${connection(at, from, to, 800_000_000)}\n`, 'zeek-conn');
      acknowledged = Date.now();
    }
    const at = Date.now() / 1000 - 0.5;
    const lines = Array.from({ length: Math.round(rate) }, () => usual(at, containers));
    await serving.send(`${lines.join('\n')}\n`, 'zeek-conn');
    while (performance.now() - begun < (second + 1) * 1000) {
      await sleep(200);
      await watch();
      if (acknowledged > 0 && found === null) {
        const { findings } = await serving.read(`/findings?state=open&search=${from}&limit=1`);
        if (findings.length > 0) found = (Date.now() - acknowledged) / 1000;
      }
    }
  }
  const after = serving.usage();
  await serving.stop();
  const measured = ticks.filter((tick) => tick.number > before.ticks).map((tick) => tick.seconds);
  return {
    ticks: measured.length,
    tick_seconds: { p50: round(quantile(measured, 0.5)), worst: round(Math.max(...measured)) },
    processor_seconds_a_tick: round((after.seconds - before.seconds) / measured.length),
    found_after_seconds: found,
    peak_mb: after.peakMb,
  };
}

const kept = option('keep', null);
const folder = kept ?? (await mkdtemp(join(tmpdir(), 'stowaway-stored-')));
await mkdir(folder, { recursive: true });
const state = await serveIn({ config: { serve: { tick_seconds: TICK_SECONDS }, ...FLEET_CONFIG }, folder });
try {
  told(`an hour of ${containers} containers: ${hourly} connections`);
  await firstHour(folder);
  told('ticks over that hour');
  const little = { stored: await sizeOf(folder), ...(await ticksOf(state, 0)) };
  told(JSON.stringify(little));
  told(`${hours - 1} hours before it`);
  await hoursBefore(folder);
  told('ticks over all of them');
  const much = { stored: await sizeOf(folder), ...(await ticksOf(state, 1)) };
  const ratio = (of) => round(of(much) / of(little));
  const result = {
    ...{ events: hours * hourly, containers, rate: Math.round(rate), little, much },
    ratio: {
      tick_seconds: ratio(({ tick_seconds: { p50 } }) => p50),
      processor_seconds: ratio((one) => one.processor_seconds_a_tick),
    },
  };
  console.log(JSON.stringify(result, null, process.argv.includes('--json') ? 0 : 2));
} finally {
  if (kept === null) await state.remove();
}
