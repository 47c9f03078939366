// What happens to the files that a server follows, while it follows them and while it is not there.
import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fault, withFolder } from './fault.mjs';
import { textOf, usuals } from './load.mjs';

const ROUNDS = 40;

/** A log and what becomes of it. Whatever was written stays in some file that is followed. */
class Log {
  #path;
  #old = 0;

  constructor(folder) {
    this.#path = join(folder, 'conn.log');
    this.inputs = { tail: [{ path: join(folder, '*.log'), source: 'zeek-conn' }] };
  }

  write(text) {
    appendFileSync(this.#path, text);
  }

  /** As logrotate does. */
  rename() {
    renameSync(this.#path, this.#another());
  }

  /** As logrotate's copytruncate does: the copy is another file with the same lines. */
  copyAndTruncate() {
    copyFileSync(this.#path, this.#another());
    truncateSync(this.#path);
  }

  /** Its writer began again and says everything again, into a file of the same name. */
  writeAgain() {
    const text = readFileSync(this.#path);
    rmSync(this.#path);
    writeFileSync(this.#path, text);
  }

  /** The same, into the same file. */
  writeAgainInPlace() {
    const text = readFileSync(this.#path);
    truncateSync(this.#path);
    appendFileSync(this.#path, text);
  }

  #another() {
    this.#old += 1;
    return this.#path.replace(/log$/, `${this.#old}.log`);
  }
}

/** `kill -9` at random moments within four seconds, with batches by HTTP, a third of them twice, and a file that is renamed. */
export const killed = (kills) =>
  withFolder(async (folder) => {
    const log = new Log(folder);
    let lines = 0;
    const work = async ({ state, ledger }) => {
      for (let kill = 0; kill < kills; kill++) {
        const serving = await state.start();
        const until = Date.now() + Math.random() * 4000;
        await ledger.upload(serving, kill % 200);
        while (Date.now() < until) {
          await ledger.hand(serving, usuals(50), { twice: Math.random() < 0.3 });
          const events = usuals(5);
          log.write(textOf(events));
          ledger.wrote(events);
          lines += events.length;
          if (lines % 100 === 0) log.rename();
          await sleep(20);
        }
        await serving.kill();
      }
      return {
        serving: await state.start(),
        note: `${kills} times, ${lines} lines by a file that is renamed`,
      };
    };
    return await fault(work, { inputs: log.inputs });
  });

/** Each way in which a file changes under the one who follows it, again and again, in eleven lives of a server. */
export const filesChange = () =>
  withFolder(async (folder) => {
    const log = new Log(folder);
    const ways = ['rename', 'copyAndTruncate', 'writeAgain', 'writeAgainInPlace'];
    const work = async ({ state, ledger }) => {
      let serving = await state.start();
      for (let round = 0; round < ROUNDS; round++) {
        // Once in two the follower has read what stands there, once it has not.
        const events = usuals(5 + Math.floor(Math.random() * 60));
        const text = textOf(events);
        const half = Math.floor(Math.random() * text.length);
        log.write(text.slice(0, half));
        await sleep(Math.random() < 0.5 ? 0 : 1200);
        log.write(text.slice(half));
        ledger.wrote(events);
        await sleep(Math.random() < 0.5 ? 0 : 1200);
        log[ways[round % ways.length]]();
        if (round % 4 === 3) await ledger.upload(serving, round);
        if (round % 4 === 1) {
          await serving.kill();
          serving = await state.start();
        }
      }
      return { serving, note: `${ROUNDS / ways.length} times each: ${ways.join(', ')}; ten kills meanwhile` };
    };
    return await fault(work, { inputs: log.inputs });
  });
