// Starts `stowaway serve --demo` on a free port, for pictures of the console.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const main = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
const START_MS = 60_000;
const FIND_MS = 300_000;

export async function startDemo() {
  const child = spawn(process.execPath, [main, 'serve', '--demo', '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const told = (pattern) => pattern.exec(said)?.[1];
  const since = Date.now();
  while (!told(/role admin, told this once: (\S+)/) && Date.now() - since < START_MS) await sleep(100);
  const url = told(/listens on (\S+?);/);
  const token = told(/role admin, told this once: (\S+)/);
  if (!url || !token) throw new Error(`the demo did not start: ${said}`);
  const ask = async (path, body) => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      headers: { authorization: `Bearer ${token}` },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    return answer.json();
  };
  const findings = async () => (await ask('/findings?sort=severity&limit=100')).findings;
  return {
    url,
    token,
    findings,
    /** Gives an allowance; what it returns says how it stands. */
    async allow(entry) {
      const { id } = await ask('/allowances', entry);
      return async () => (await ask('/allowances')).find((one) => one.id === id);
    },
    /** Until so many strategies have found something, or no more can be expected. */
    async untilFound(strategies) {
      const begun = Date.now();
      const seen = async () => new Set((await findings()).map(({ finding }) => finding.strategy)).size;
      while ((await seen()) < strategies && Date.now() - begun < FIND_MS) await sleep(1000);
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
