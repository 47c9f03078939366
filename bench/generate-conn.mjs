#!/usr/bin/env node
import { once } from 'node:events';
// Writes N Zeek conn.log lines as JSON: a fleet of containers with daily rhythm talking to web services, some
// uploads, a few beacons. Seeded: the same arguments give the same bytes.
// usage: node bench/generate-conn.mjs ROWS FILE [BAD_SHARE]
import { createWriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** mulberry32: 32 bits of state, period 2^32. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const HOSTS = 500;
const PEERS = 400;
/** Rows per second of the simulated fleet, so that more rows mean a longer log, not a busier one. */
const ROWS_PER_SECOND = 25;
const START = 1_795_000_000;

export async function generate(rows, file, badShare = 0) {
  const next = random(20261121);
  const out = createWriteStream(file, { highWaterMark: 1 << 22 });
  let buffer = [];
  let size = 0;
  let bad = 0;
  for (let index = 0; index < rows; index++) {
    let line = connection(index, next);
    if (badShare > 0 && next() < badShare) {
      bad += 1;
      line = next() < 0.5 ? line.slice(0, 120) : line.replace(/"id.resp_p":\d+/, '"id.resp_p":70000');
    }
    buffer.push(line);
    size += line.length + 1;
    if (size > 1 << 22) {
      if (!out.write(`${buffer.join('\n')}\n`)) await once(out, 'drain');
      buffer = [];
      size = 0;
    }
  }
  out.end(buffer.length > 0 ? `${buffer.join('\n')}\n` : '');
  await once(out, 'finish');
  return { rows, bad };
}

function connection(index, next) {
  const host = Math.floor(next() * HOSTS);
  // A host has its own twenty services; one connection in two hundred goes anywhere.
  const peer =
    next() < 0.005 ? Math.floor(next() * PEERS) : (host * 7 + Math.floor(next() ** 2 * 20)) % PEERS;
  const time = START + index / ROWS_PER_SECOND + next() * 0.01;
  const sent = Math.floor(300 * Math.exp(next() * 4) * (next() < 0.00002 ? 500 : 1));
  const received = Math.floor(2000 * Math.exp(next() * 5));
  const packets = Math.ceil(sent / 1000) + 4;
  const uid = `C${index.toString(36).padStart(8, '0')}${Math.floor(next() * 1e9).toString(36)}`;
  return `{"ts":${time.toFixed(6)},"uid":"${uid}","id.orig_h":"10.${20 + (host >> 8)}.${host & 255}.5","id.orig_p":${32768 + Math.floor(next() * 28000)},"id.resp_h":"203.0.113.${peer % 250}","id.resp_p":${peer < 250 ? 443 : 80},"proto":"tcp","service":"${peer < 250 ? 'ssl' : 'http'}","duration":${(next() * 20).toFixed(6)},"orig_bytes":${sent},"resp_bytes":${received},"conn_state":"SF","local_orig":true,"local_resp":false,"missed_bytes":0,"history":"ShADadFf","orig_pkts":${packets},"orig_ip_bytes":${sent + packets * 52},"resp_pkts":${packets + 3},"resp_ip_bytes":${received + packets * 52},"tunnel_parents":[]}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [rows, file, badShare] = process.argv.slice(2);
  if (!rows || !file) {
    console.error('usage: node bench/generate-conn.mjs ROWS FILE [BAD_SHARE]');
    process.exit(1);
  }
  console.error(await generate(Number(rows), file, Number(badShare ?? 0)));
}
