// One fault: a `stowaway serve` and somebody whom it tells. When it has come to rest, what it has is counted.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveIn } from '../serve-process.mjs';
import { count } from './count.mjs';
import { Ledger } from './load.mjs';

/**
 * `work` gives the server that runs at the end, and what it did; afterwards the counts say what is wrong. Where `store` names the
 * server of a store, serve runs against the one of `url`, which may be a door to it.
 */
export async function fault(work, { answer, serve, inputs, home, env, url, store } = {}) {
  const hook = await receiver(answer);
  const state = await serveIn({
    config: configOf(hook.url, { serve, inputs }),
    ...(home && { folder: home }),
    ...(env && { env }),
    ...(url && { args: ['--url', url] }),
  });
  const ledger = new Ledger();
  try {
    const { serving, note, seconds } = await work({ state, ledger, hook });
    const isSettled = await settled(serving, hook, ledger, seconds);
    await serving.stop();
    const location = store ?? { path: join(state.home, 'state', 'store') };
    return { note, isSettled, ...(await count(location, ledger, hook)) };
  } finally {
    hook.close();
    // What went wrong can be looked at.
    if (process.env.CHAOS_KEEP) console.error(`kept: ${state.home}`);
    else await state.remove();
  }
}

/** A folder for what a fault needs beside the server; it goes when the fault has ended. */
export async function withFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'stowaway-chaos-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** That a fault was none would prove nothing. */
export function mustHaveHappened(count, what) {
  if (count === 0) throw new Error(`${what}: the fault did not happen`);
}

const configOf = (hook, { serve, inputs }) => ({
  container_cidrs: ['10.88.0.0/16'],
  serve: { tick_seconds: 1, ...serve },
  inputs: { ...inputs },
  notify: {
    channels: [
      { name: 'soc', type: 'webhook', url: hook, insecure: true, allow_private: true, per_minute: 6000 },
    ],
  },
});

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

/** Waits until nothing waits to be loaded, nor to be told. */
async function settled(serving, hook, ledger, seconds = 120) {
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
