import { appendFileSync } from 'node:fs';

export const TELL_EVERY_MS = 100;

/** Counts one sender's bytes and writes what came since the last line, at most ten times a second. */
export function counter(log, about) {
  let pending = 0;
  let total = 0;
  let toldAt = 0;
  const tell = () => {
    if (pending === 0) return;
    appendFileSync(log, `${JSON.stringify({ time: Date.now() / 1000, ...about, bytes: pending, total })}\n`);
    pending = 0;
    toldAt = Date.now();
  };
  return {
    add(bytes) {
      pending += bytes;
      total += bytes;
      if (Date.now() - toldAt >= TELL_EVERY_MS) tell();
    },
    tell,
  };
}
