// What happens to a ClickHouse server under a server that stores in it.
import { createServer, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { missingForServer, startServer } from '../clickhouse-server.mjs';
import { fault, mustHaveHappened } from './fault.mjs';

/** Gone as after `kill -9`, while everything goes on; then there again with its data. */
export const engineGone = withServer(async (clickhouse, seconds) => {
  const work = async ({ state, ledger }) => {
    const serving = await state.start();
    await ledger.upload(serving, 0);
    await ledger.feed(serving, { batches: 20 });
    await clickhouse.kill();
    const back = Date.now() + seconds * 1000;
    for (let number = 1; Date.now() < back; number++) {
      await ledger.upload(serving, number);
      await ledger.feed(serving, { batches: 10, pause: 500 });
    }
    const { ticks } = await statusOf(serving);
    await clickhouse.start();
    await ledger.feed(serving, { batches: 10 });
    mustHaveHappened(ticks.failed, 'no tick failed');
    return { serving, note: `gone for ${seconds} s, in which ${ticks.failed} ticks failed` };
  };
  return await fault(work, { url: clickhouse.url, store: { url: clickhouse.url } });
});

/** Statements fail one by one: some are refused, of others, carried out, the answer is lost. */
export const engineErrors = withServer(async (clickhouse, seconds) => {
  const door = await badDoor(clickhouse.url);
  const work = async ({ state, ledger }) => {
    const serving = await state.start();
    door.open = false;
    const until = Date.now() + seconds * 1000;
    for (let number = 0; Date.now() < until || Math.min(door.refused, door.lost) < LEAST; number++) {
      if (number === 200) throw new Error('too few statements failed');
      await ledger.upload(serving, number);
      await ledger.feed(serving, { batches: 20, pause: 100 });
    }
    door.open = true;
    const { ticks } = await statusOf(serving);
    const note = `${door.refused} statements refused, ${door.lost} answers lost, ${ticks.failed} of ${ticks.failed + ticks.count} ticks failed`;
    return { serving, note };
  };
  try {
    return await fault(work, { url: door.url, store: { url: clickhouse.url } });
  } finally {
    door.close();
  }
});

function withServer(work) {
  return async (seconds) => {
    const skipped = missingForServer();
    if (skipped) return { skipped };
    const clickhouse = await startServer();
    try {
      return await work(clickhouse, seconds);
    } finally {
      await clickhouse[Symbol.asyncDispose]();
    }
  };
}

/** Status is told from what the process knows: an engine that is gone does not keep it from answering for long. */
async function statusOf(serving) {
  for (let tries = 0; ; tries++) {
    try {
      return await serving.read('/status');
    } catch (error) {
      if (tries === 50) throw error;
      await sleep(200);
    }
  }
}

/** Out of how many statements one fails, at random, so that each statement of a tick is once the one. */
const ONE_IN = 60;
const LEAST = 5;

/** A door before a ClickHouse server, that fails unless it is `open`. */
async function badDoor(url) {
  const door = { open: true, refused: 0, lost: 0 };
  const server = createServer((asked, answer) => {
    const chance = door.open ? 1 : Math.random() * ONE_IN;
    if (chance < 0.5) {
      door.refused += 1;
      asked.resume();
      answer.writeHead(500, { 'x-clickhouse-exception-code': '241' });
      return void answer.end(
        'Code: 241. DB::Exception: Memory limit (total) exceeded. (MEMORY_LIMIT_EXCEEDED)',
      );
    }
    const { method, headers } = asked;
    const passed = request(new URL(asked.url, url), { method, headers }, (given) => {
      if (chance >= 1) return void given.pipe(answer.writeHead(given.statusCode, given.headers));
      door.lost += 1;
      given.resume().on('end', () => answer.destroy());
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return Object.assign(door, {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => server.closeAllConnections(server.close()),
  });
}
