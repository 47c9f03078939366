#!/usr/bin/env node
// What the host sensor costs while a container-like process makes about 1,000 short TCP connections a second.
// usage: node bench/sense.mjs [--seconds 20] [--rate 1000] [--no-activity]
// Needs root, conntrack, bpftrace, iproute2. Everything happens in two network namespaces of its own. Prints a table and one JSON line.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
};
const seconds = option('seconds', 20);
const rate = option('rate', 1000);
const hasActivity = !process.argv.includes('--no-activity');
const id = randomBytes(3).toString('hex');
const [inside, outside] = [`swbench-${id}i`, `swbench-${id}o`];
const folder = mkdtempSync(join(tmpdir(), `swbench-${id}-`));
// A cgroup named as Docker names a container's, so that the sensor takes the load for one.
const unified = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((path) =>
  existsSync(join(path, 'cgroup.procs')),
);
const cgroup = join(unified, `docker-${randomBytes(32).toString('hex')}.scope`);
const nsenter = 'nsenter';
const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
const call = (...argv) => execFileSync(argv[0], argv.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'] });
/** Runs a program inside, with something on its standard input. */
const feed = (input, ...argv) =>
  execFileSync(nsenter, [`--net=/run/netns/${inside}`, ...argv], {
    env,
    input,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
const children = [];

/** Several, since a port is not used again for a minute. */
const PORTS = [9, 10, 11, 12];
const SERVER = `for (const port of [${PORTS}]) require('node:net').createServer((socket) => { socket.on('error', () => {}); socket.resume(); socket.on('end', () => socket.end()); })
  .listen(port, '198.51.100.10', 1024, () => { if (port === ${PORTS.at(-1)}) console.log('listening'); });`;
const LOAD = `
const { connect } = require('node:net');
let opened = 0, failed = 0;
const began = Date.now();
const timer = setInterval(() => {
  const due = Math.min(${rate * seconds}, Math.floor((Date.now() - began) * ${rate / 1000}));
  while (opened + failed < due) {
    const socket = connect([${PORTS}][opened % ${PORTS.length}], '198.51.100.10');
    opened += 1;
    socket.on('error', () => { opened -= 1; failed += 1; });
    socket.end('x'.repeat(600));
    socket.resume();
  }
  if (due >= ${rate * seconds}) { clearInterval(timer); setTimeout(() => { console.log(JSON.stringify({ opened, failed, ms: Date.now() - began })); process.exit(); }, 1000); }
}, 5);`;

/** Processor seconds of a process and all below it, with children that have ended. */
function processorSeconds(root) {
  const table = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      table.set(Number(pid), {
        name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')),
        parent: fields[1],
        own: fields[11] + fields[12],
        ended: fields[13] + fields[14],
      });
    } catch {}
  }
  const parts = {};
  const visit = (pid) => {
    const { name, own, ended } = table.get(pid);
    parts[name] = (parts[name] ?? 0) + own / 100;
    if (ended > 0) parts[`${name}'s ended children`] = (parts[`${name}'s ended children`] ?? 0) + ended / 100;
    for (const [child, { parent }] of table) if (parent === pid) visit(child);
  };
  visit(root);
  return parts;
}

const total = (parts) => Object.values(parts).reduce((sum, part) => sum + part, 0);

function run(argv, stdout = 'pipe') {
  const child = spawn(argv[0], argv.slice(1), { env, stdio: ['ignore', stdout, 'inherit'] });
  children.push(child);
  return child;
}

const firstOutput = (child) =>
  new Promise((resolve) => child.stdout.once('data', (bytes) => resolve(bytes.toString())));
const ended = (child) =>
  new Promise((resolve) => (child.exitCode === null ? child.once('close', resolve) : resolve()));

async function measure() {
  call('ip', 'netns', 'add', inside);
  call('ip', 'netns', 'add', outside);
  call('ip', '-n', inside, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', outside);
  call('ip', '-n', inside, 'addr', 'add', '198.51.100.1/24', 'dev', 'eth0');
  call('ip', '-n', outside, 'addr', 'add', '198.51.100.10/24', 'dev', 'eth0');
  for (const netns of [inside, outside])
    for (const link of ['lo', 'eth0']) call('ip', '-n', netns, 'link', 'set', link, 'up');
  // Connections are tracked where a rule asks for it; ports are used again soon.
  feed(
    'table ip bench { chain out { type filter hook output priority 0; ct state new counter\n}\n}\n',
    'nft',
    '-f',
    '-',
  );
  feed('1024 65000', 'tee', '/proc/sys/net/ipv4/ip_local_port_range');
  mkdirSync(cgroup);
  await firstOutput(run(['nsenter', `--net=/run/netns/${outside}`, process.execPath, '-e', SERVER]));

  const logs = join(folder, 'logs');
  const main = new URL('../dist/cli/main.js', import.meta.url).pathname;
  const argv = [
    process.execPath,
    main,
    'sense',
    logs,
    '--netns',
    inside,
    '--accounting',
    '--engine',
    join(folder, 'none.sock'),
  ];
  const sensor = run(hasActivity ? argv : [...argv, '--no-activity']);
  while (!existsSync(join(logs, 'sense.json'))) await sleep(100);
  await sleep(3000);
  const idleFrom = processorSeconds(sensor.pid);
  await sleep(5000);
  const idle = (total(processorSeconds(sensor.pid)) - total(idleFrom)) / 5;

  const before = processorSeconds(sensor.pid);
  const began = Date.now();
  // The load runs in a mount namespace and a cgroup of its own, as a container does.
  const script = join(folder, 'load.cjs');
  writeFileSync(script, LOAD);
  const load = run([
    'nsenter',
    `--net=/run/netns/${inside}`,
    'unshare',
    '--mount',
    'sh',
    '-c',
    'echo $$ > "$1/cgroup.procs"; shift; exec "$@"',
    'sh',
    cgroup,
    process.execPath,
    script,
  ]);
  const made = JSON.parse(await firstOutput(load));
  await ended(load);
  await sleep(1000);
  const wallSeconds = (Date.now() - began) / 1000;
  const after = processorSeconds(sensor.pid);
  const parts = Object.fromEntries(
    Object.entries(after)
      .map(([name, spent]) => [name, Math.round((spent - (before[name] ?? 0)) * 100) / 100])
      .filter(([, spent]) => spent > 0),
  );
  sensor.kill('SIGINT');
  await ended(sensor);
  const { runs } = JSON.parse(readFileSync(join(logs, 'sense.json'), 'utf8'));
  const bytes = Object.fromEntries(readdirSync(logs).map((name) => [name, statSync(join(logs, name)).size]));
  const events = existsSync(join(logs, 'conntrack-events.txt'))
    ? readFileSync(join(logs, 'conntrack-events.txt'), 'utf8')
    : '';
  const container = /[0-9a-f]{64}/.exec(cgroup)[0];
  const records = existsSync(join(logs, 'process.ndjson'))
    ? readFileSync(join(logs, 'process.ndjson'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];
  return {
    // Other containers of this machine are watched, too, and cost.
    recordsOfOthers: records.filter((line) => !line.includes(container)).length,
    connections: made.opened,
    perSecond: Math.round(made.opened / (made.ms / 1000)),
    failed: made.failed,
    newEvents: (events.match(/\[NEW\]/g) ?? []).length,
    wallSeconds: Math.round(wallSeconds * 10) / 10,
    processorSeconds: parts,
    percentOfACore: Math.round((total(parts) / wallSeconds) * 1000) / 10,
    idlePercentOfACore: Math.round(idle * 1000) / 10,
    losses: Object.fromEntries(runs[0].sensors.map(({ name, losses }) => [name, losses])),
    notes: runs[0].sensors.map(({ name, state, reason }) => `${name}: ${state} ${reason}`.trim()),
    bytes,
  };
}

try {
  const result = await measure();
  console.error(
    `${result.percentOfACore} % of a core at ${result.perSecond} connections a second (${result.idlePercentOfACore} % idle); ${result.newEvents} of ${result.connections} connections in the log`,
  );
  console.log(JSON.stringify(result));
} finally {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
  for (const child of children) await ended(child);
  for (const netns of [inside, outside])
    try {
      call('ip', 'netns', 'del', netns);
    } catch {}
  try {
    rmdirSync(cgroup);
  } catch {}
  rmSync(folder, { recursive: true, force: true });
}
