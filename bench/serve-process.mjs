// A `stowaway serve` of its own, in a child process and a temporary folder: for measuring it and for hurting it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';

const PROGRAM = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const API = '/api/v1';

/** State that outlives its processes; `config` is what stowaway.yaml would say. */
export async function serveIn({ config = {}, folder, args = [], env = {} } = {}) {
  const home = folder ?? (await mkdtemp(join(tmpdir(), 'stowaway-bench-')));
  await writeFile(join(home, 'stowaway.yaml'), stringify(config));
  const started = { home, admin: null, ingest: null, children: new Set() };
  return {
    ...started,
    start: () => start(started, args, env),
    /** Whatever still runs is ended first. */
    async remove() {
      for (const { child, ended } of started.children) {
        child.kill('SIGKILL');
        await ended;
      }
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function start(known, args, env) {
  const child = spawn(
    process.execPath,
    [
      PROGRAM,
      'serve',
      ...['--state', join(known.home, 'state'), '--config', join(known.home, 'stowaway.yaml')],
      ...['--no-host', '--listen', '127.0.0.1:0'],
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } },
  );
  const said = { out: '', err: '' };
  child.stdout.on('data', (text) => {
    said.out += text;
  });
  child.stderr.on('data', (text) => {
    said.err = `${said.err}${text}`.slice(-20_000);
  });
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  const running = { child, ended };
  known.children.add(running);
  ended.then(() => known.children.delete(running));
  const ready = new Promise((resolve, reject) => {
    child.stdout.on('data', () => said.out.split('\n').length > 2 && resolve());
    ended.then(({ code, signal }) =>
      reject(new Error(`serve ended with ${code ?? signal}: ${said.err.trim().split('\n').at(-1)}`)),
    );
  });
  await ready;
  known.admin ??= /told this once: (\S+)/.exec(said.out)?.[1] ?? null;
  const local = JSON.parse(await readFile(join(known.home, 'state', 'local.json'), 'utf8'));
  const ask = async (path, { token = local.token, ...options } = {}) => {
    const answer = await fetch(`${local.url}${path}`, {
      ...options,
      headers: { authorization: `Bearer ${token}`, ...options.headers },
    });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
  known.ingest ??= await tokenFor(ask, known.admin);
  const read = async (path) => {
    const { status, text } = await ask(`${API}${path}`);
    if (status !== 200) throw new Error(`${path}: ${status} ${text.slice(0, 200)}`);
    return JSON.parse(text);
  };
  return {
    url: local.url,
    pid: child.pid,
    child,
    ended,
    said,
    ask,
    read,
    /** Hands lines over. Returns the status: 2xx means that they are on disk. */
    send: (lines, source = 'zeek') =>
      ask(`/ingest/${source}`, { method: 'POST', body: lines, token: known.ingest }),
    token: local.token,
    usage: () => usageOf(child.pid),
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

async function tokenFor(ask, admin) {
  const body = JSON.stringify({ holder: 'load', role: 'ingest' });
  const { status, text } = await ask(`${API}/tokens`, { method: 'POST', body, token: admin });
  if (status >= 300) throw new Error(`no token: ${status} ${text}`);
  return JSON.parse(text).secret;
}

const TICKS_PER_SECOND = 100;

/** Processor seconds and resident MB of a process, as Linux tells them. */
function usageOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024);
  return {
    seconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    residentMb: mb('VmRSS'),
    peakMb: mb('VmHWM'),
  };
}
