#!/usr/bin/env node
// How many events a second `stowaway serve` takes, stores and judges on this machine, with the load generator beside it, and how long it takes
// from an upload's acknowledgement to its finding; as a ratio to the engine alone loading the same lines.
// usage: node bench/live.mjs [--rate 5000] [--seconds 60] [--json]
import { execFileSync } from 'node:child_process';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
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
const HOSTS = 500;

/** A connection that ends now: a fleet of 500 containers that ask 20 services each, over and over. */
let serial = 0;
function connection(at, from, to, sent) {
  serial += 1;
  const packets = Math.ceil(sent / 1400) + 4;
  return `{"ts":${at.toFixed(6)},"uid":"C${serial.toString(36).padStart(12, '0')}","id.orig_h":"${from}","id.orig_p":${32768 + (serial % 28000)},"id.resp_h":"${to}","id.resp_p":443,"proto":"tcp","service":"ssl","duration":0.4,"orig_bytes":${sent},"resp_bytes":5200,"conn_state":"SF","history":"ShADadFf","orig_pkts":${packets},"orig_ip_bytes":${sent + 52 * packets},"resp_pkts":9,"resp_ip_bytes":5700}`;
}
const address = (host) => `10.88.${1 + Math.floor(host / 250)}.${2 + (host % 250)}`;
function usual(at) {
  const host = Math.floor(Math.random() * HOSTS);
  const service = (host * 7 + Math.floor(Math.random() ** 2 * 20)) % 200;
  return connection(at, address(host), `203.0.113.${service + 1}`, 300 + Math.floor(Math.random() * 4000));
}

const quantile = (values, share) =>
  values.length === 0 ? null : [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1];
const round = (number, digits = 2) => (number === null ? null : Number(number.toFixed(digits)));

const state = await serveIn({
  config: { serve: { tick_seconds: TICK_SECONDS }, container_cidrs: ['10.88.0.0/16'] },
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
    const from = `10.88.200.${number + 1}`;
    const began = Date.now();
    await send([connection(began / 1000 - 1, from, `198.51.100.${number + 1}`, 800_000_000)]);
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
    const lines = Array.from({ length: perBatch }, () => usual(at));
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
  await serving.stop();

  const rows = Math.min(sent, 1_000_000);
  const floorSeconds = timeOf(() =>
    execFileSync(process.execPath, [fileURLToPath(new URL('measure.mjs', import.meta.url)), 'floor', sample]),
  );
  const detect = uploads.map(({ acknowledged, found }) =>
    found === null ? Number.POSITIVE_INFINITY : found - acknowledged,
  );
  const result = {
    rate,
    seconds,
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
      p50: round(quantile(detect, 0.5) / 1000),
      worst: round(quantile(detect, 1) / 1000),
    },
    lag_seconds: round(storedSeconds - sendingSeconds),
    mean_tick_seconds: round(storedSeconds / status.ticks.count),
    processor_share: round((after.seconds - before.seconds) / storedSeconds),
    resident_mb: memory,
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
