// What happens to the process of a server, its clock, its disk, and whom it tells.
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { globSync } from 'tinyglobby';
import { fault, mustHaveHappened, withFolder } from './fault.mjs';
import { usuals } from './load.mjs';

/** Debian's libfaketime: the clock on the wall of one process is set, the steady one goes on. */
const FAKE_CLOCK = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0];

export const clockSet = () =>
  withFolder(async (folder) => {
    if (FAKE_CLOCK === undefined) return { skipped: 'libfaketime is not installed' };
    const clock = join(folder, 'clock');
    const set = (seconds) => {
      writeFileSync(`${clock}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
      renameSync(`${clock}.new`, clock);
    };
    set(0);
    const work = async ({ state, ledger }) => {
      const serving = await state.start();
      for (const [number, seconds] of [0, 3600, -3600, 0].entries()) {
        set(seconds);
        await ledger.upload(serving, number);
        await ledger.feed(serving, { batches: 10 });
        await tickBy(serving, Date.now() + seconds * 1000);
      }
      return { serving, note: 'an hour ahead, an hour behind, right again' };
    };
    return await fault(work, {
      env: {
        LD_PRELOAD: FAKE_CLOCK,
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        FAKETIME_DONT_RESET: '1',
      },
    });
  });

/** Waits until a tick ends whose clock shows about `now`. */
async function tickBy(serving, now) {
  for (const end = Date.now() + 120_000; Date.now() < end; await sleep(300)) {
    const { ticks } = await serving.read('/status');
    if (Math.abs(Date.parse(ticks.last_at) - now) < 10 * 60_000) return;
  }
  throw new Error(`no tick by the clock of ${new Date(now).toISOString()}`);
}

export async function badReceiver() {
  let calls = 0;
  const work = async ({ state, ledger }) => {
    const serving = await state.start();
    for (let number = 0; number < 5; number++) {
      await ledger.upload(serving, number);
      await ledger.feed(serving, { batches: 20 });
    }
    return { serving, note: 'the first request hung up on, the second refused, the rest slow', seconds: 240 };
  };
  return await fault(work, {
    async answer() {
      calls += 1;
      if (calls <= 1) return null;
      if (calls <= 2) return 500;
      await sleep(1500);
      return 200;
    },
  });
}

export const journalFull = () =>
  fault(
    async ({ state, ledger }) => {
      const serving = await state.start();
      let refused = 0;
      await ledger.upload(serving, 0);
      for (let batch = 0; batch < 60; batch++) {
        const status = await ledger.hand(serving, usuals(2000));
        if (status === 503) refused += 1;
      }
      await sleep(3000);
      await ledger.feed(serving, { batches: 10, pause: 200 });
      mustHaveHappened(refused, 'nothing was refused');
      return { serving, note: `1 MiB may wait; ${refused} of 60 requests were asked to come again` };
    },
    { serve: { journal_bytes: 1024 * 1024, tick_seconds: 3 } },
  );

export async function diskFull() {
  if (process.getuid?.() !== 0) return { skipped: 'a small disk takes root to mount' };
  const disk = join(tmpdir(), `stowaway-disk-${process.pid}`);
  const home = join(disk, 'home');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=192m', 'tmpfs', disk]);
  mkdirSync(home);
  const work = async ({ state, ledger }) => {
    const serving = await state.start();
    await ledger.feed(serving, { batches: 10 });
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(bavail * bsize - 65_536));
    let refused = 0;
    for (let batch = 0; batch < 40; batch++) {
      const status = await ledger.hand(serving, usuals(500));
      if (status === 503 || status === 500) refused += 1;
      await sleep(100);
    }
    const { ticks } = await serving.read('/status');
    rmSync(join(disk, 'ballast'));
    await ledger.upload(serving, 0);
    await ledger.feed(serving, { batches: 10 });
    mustHaveHappened(refused, 'nothing was refused');
    return {
      serving,
      note: `${refused} of 40 requests refused, ${ticks.failed} ticks failed, then room again`,
    };
  };
  try {
    return await fault(work, { home });
  } finally {
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true, force: true });
  }
}

export const twoAtOnce = () =>
  fault(async ({ state, ledger }) => {
    const serving = await state.start();
    await ledger.upload(serving, 0);
    const second = await state.start().then(
      async (other) => {
        await other.kill();
        return 'it started: BOTH RAN';
      },
      (error) => error.message,
    );
    await ledger.feed(serving, { batches: 10 });
    if (!/in use|another/.test(second)) throw new Error(second);
    return { serving, note: `the second says: ${second.slice(0, 100)}` };
  });
