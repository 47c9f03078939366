/** One redrawn line on a terminal, a line every ten seconds elsewhere, nothing when quiet. No guess of the end. */
export function startProgress(quiet: boolean): {
  update: (progress: { files: number; bytes: number; rows: number }) => void;
  end: () => void;
} {
  if (quiet) return { update: () => undefined, end: () => undefined };
  const isTerminal = process.stderr.isTTY === true;
  const started = Date.now();
  let last = isTerminal ? 0 : started;
  let isDrawn = false;
  const update = (progress: { files: number; bytes: number; rows: number }): void => {
    const now = Date.now();
    if (now - last < (isTerminal ? 100 : 10_000)) return;
    last = now;
    const seconds = (now - started) / 1000;
    const rate = Math.round(progress.rows / Math.max(seconds, 0.001));
    const line = `${progress.files} files, ${(progress.bytes / 1e6).toFixed(1)} MB, ${progress.rows} events, ${rate}/s, ${seconds.toFixed(0)} s`;
    process.stderr.write(isTerminal ? `\r\x1b[K${line}` : `${line}\n`);
    isDrawn = isTerminal;
  };
  return { update, end: () => void (isDrawn && process.stderr.write('\r\x1b[K')) };
}
