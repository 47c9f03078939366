#!/usr/bin/env node
// How many events a second `stowaway serve` takes, stores and judges on this machine, with the load generator beside it, and how long it takes
// from an upload's acknowledgement to its finding; as a ratio to the engine alone loading the same lines.
// usage: node bench/live.mjs [--rate 5000] [--seconds 60] [--json]
import { execFileSync } from 'node:child_process';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connection, FLEET_CONFIG, fleetFor, stranger, usual } from './fleet.mjs';
import { serveIn } from './serve-process.mjs';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
};
const rate = option('rate', 5000);
const seconds = option('seconds', 60);
const TICK_SECONDS = 5;
/** Between two uploads that must be found. */
const UPLOAD_EVERY = 15;
const BATCHES_PER_SECOND = 5;
const containers = fleetFor(rate);

const quantile = (values, share) =>
  values.length === 0 ? null : [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1];
/** The median of each tenth of what was measured one after another: whether it stays as it was. */
const byTenth = (values) => {
  const count = Math.min(10, values.length);
  const edge = (tenth) => Math.floor((tenth * values.length) / count);
  return Array.from({ length: count }, (_, tenth) =>
    round(quantile(values.slice(edge(tenth), edge(tenth + 1)), 0.5)),
  );
};
const round = (number, digits = 2) => (number === null ? null : Number(number.toFixed(digits)));

const state = await serveIn({
  config: { serve: { tick_seconds: TICK_SECONDS }, ...FLEET_CONFIG },
});
const sample = join(state.home, 'sample.ndjson');
try {
  const serving = await state.start();
  const acks = [];
  const refused = { count: 0 };
  const uploads = [];
  const memory = [];
  let sent = 0;
  let lastAck = 0;

  const send = async (lines) => {
    const began = performance.now();
    for (;;) {
      const { status, headers } = await serving.send(`${lines.join('\n')}\n`, 'zeek-conn');
      if (status < 300) break;
      if (status !== 503 && status !== 429) throw new Error(`ingest answers ${status}`);
      refused.count += 1;
      await sleep(Number(headers.get('retry-after') ?? 1) * 1000);
    }
    lastAck = performance.now();
    acks.push(lastAck - began);
    sent += lines.length;
  };

  /** Uploads one file to where nobody went before, and waits for the finding of it. */
  const upload = async (number) => {
    const { from, to } = stranger(number);
    const began = Date.now();
    await send([connection(began / 1000 - 1, from, to, 800_000_000)]);
    const acknowledged = Date.now();
    const one = { acknowledged, found: null };
    uploads.push(one);
    while (one.found === null && Date.now() - acknowledged < 120_000) {
      await sleep(250);
      const { findings } = await serving.read(`/findings?state=open&search=${from}&limit=1`);
      if (findings.length > 0) one.found = Date.now();
    }
  };

  const began = performance.now();
  const before = serving.usage();
  const sends = [];
  const searches = [];
  const perBatch = Math.max(1, Math.round(rate / BATCHES_PER_SECOND));
  for (let batch = 0; batch < seconds * BATCHES_PER_SECOND; batch++) {
    const due = began + (batch * 1000) / BATCHES_PER_SECOND;
    await sleep(Math.max(0, due - performance.now()));
    const at = Date.now() / 1000 - 0.5;
    const lines = Array.from({ length: perBatch }, () => usual(at, containers));
    if (sent < 1_000_000) await appendFile(sample, `${lines.join('\n')}\n`);
    sends.push(send(lines));
    if (batch % (UPLOAD_EVERY * BATCHES_PER_SECOND) === 2 * BATCHES_PER_SECOND)
      searches.push(upload(uploads.length));
    if (batch % (10 * BATCHES_PER_SECOND) === 0) memory.push(serving.usage().residentMb);
  }
  const sendingSeconds = (performance.now() - began) / 1000;
  await Promise.all(sends);
  const acceptedSeconds = (lastAck - began) / 1000;
  let status = await serving.read('/status');
  while (status.events_stored + status.events_rejected < sent) {
    await sleep(200);
    status = await serving.read('/status');
  }
  const storedSeconds = (performance.now() - began) / 1000;
  await Promise.all(searches);
  const after = serving.usage();
  const measuredSeconds = (performance.now() - began) / 1000;
  await serving.stop();

  const rows = Math.min(sent, 1_000_000);
  const floorSeconds = timeOf(() =>
    execFileSync(process.execPath, [fileURLToPath(new URL('measure.mjs', import.meta.url)), 'floor', sample]),
  );
  const detect = uploads.map(({ acknowledged, found }) =>
    found === null ? Number.POSITIVE_INFINITY : (found - acknowledged) / 1000,
  );
  const result = {
    rate,
    seconds,
    containers,
    sent,
    offered_per_second: Math.round(sent / sendingSeconds),
    accepted_per_second: Math.round(sent / acceptedSeconds),
    stored_per_second: Math.round(sent / storedSeconds),
    refused: refused.count,
    rejected: status.events_rejected,
    mismatches: status.mismatches,
    ack_ms: { p50: round(quantile(acks, 0.5), 0), p99: round(quantile(acks, 0.99), 0) },
    detect_seconds: {
      uploads: uploads.length,
      p50: round(quantile(detect, 0.5)),
      p99: round(quantile(detect, 0.99)),
      worst: round(quantile(detect, 1)),
      by_tenth: byTenth(detect),
    },
    lag_seconds: round(storedSeconds - sendingSeconds),
    mean_tick_seconds: round(storedSeconds / status.ticks.count),
    processor_share: round((after.seconds - before.seconds) / measuredSeconds),
    resident_mb: byTenth(memory),
    peak_mb: after.peakMb,
    engine_alone_per_second: Math.round(rows / floorSeconds),
    ratio_to_engine: round(sent / storedSeconds / (rows / floorSeconds), 3),
  };
  console.log(JSON.stringify(result, null, process.argv.includes('--json') ? 0 : 2));
} finally {
  await state.remove();
  await rm(sample, { force: true });
}

function timeOf(work) {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1000;
}
