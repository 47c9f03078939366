import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Engine } from '../engine/engine.js';
import { start } from '../host/child.js';
import { findProgram, inNetns } from '../host/programs.js';
import { isRotated } from './rotation.js';
import { startSensors } from './sense.js';

const missing = ['conntrack', 'nft', 'ip'].filter((program) => findProgram(program) === null);
const why = [
  ...missing.map((program) => `${program} is not installed`),
  ...(process.getuid?.() === 0 ? [] : ['not root']),
];
if (process.env.CI && process.getuid?.() === 0 && why.length > 0)
  throw new Error(`rotation of connection events cannot be tested: ${why.join(', ')}`);
if (why.length > 0) console.log(`SKIP: rotation of connection events: ${why.join(', ')}`);

const NETNS = `swrotate${process.pid}`;
/** One connection after the other, each said on standard output. */
const CONNECTIONS = `
const net = require('node:net');
const server = net.createServer((socket) => socket.end('x')).listen(0, '127.0.0.1', next);
function next() {
  const socket = net.connect(server.address().port, '127.0.0.1');
  let port;
  socket.once('connect', () => { port = socket.localPort; });
  socket.resume().once('close', () => { console.log(port); setTimeout(next, 3); });
}`;

describe.skipIf(why.length > 0)('connection events', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stowaway-rotate-'));
    execFileSync('ip', ['netns', 'add', NETNS]);
    const inside = (...argv: string[]) => execFileSync('nsenter', [`--net=/run/netns/${NETNS}`, ...argv]);
    inside('ip', 'link', 'set', 'lo', 'up');
    inside(
      'nft',
      'add table inet t; add chain inet t c { type filter hook output priority 0; }; add rule inet t c ct state new counter',
    );
  });
  afterEach(async () => {
    execFileSync('ip', ['netns', 'del', NETNS]);
    await rm(folder, { recursive: true });
  });

  test('are all told while their file is rotated', async () => {
    const sensors = await startSensors({
      ...{
        folder,
        netns: NETNS,
        engine: new Engine('/nowhere.sock'),
        activity: false as const,
        rotateBytes: 20_000,
      },
      pollSeconds: 0.2,
    });
    const child = start(inNetns(NETNS, [process.execPath, '-e', CONNECTIONS]), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const rotated = (log: string) =>
      readdirSync(folder).filter((name) => name.startsWith(log) && isRotated(name));
    for (let n = 0; n < 600 && rotated('conntrack-events').length < 2; n += 1) await sleep(100);
    expect(rotated('conntrack-events').length).toBeGreaterThan(1);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    await sleep(500);
    await sensors.stop();
    const read = (log: string) =>
      readdirSync(folder)
        .filter((name) => name.startsWith(log))
        .map((name) => readFileSync(join(folder, name), 'utf8'));
    const ports = said.trim().split('\n');
    const events = read('conntrack-events').join('');
    const told = new Set([...events.matchAll(/\[NEW\].*? sport=(\d+) /g)].map(([, port]) => port));
    expect(ports.length).toBeGreaterThan(100);
    expect(ports.filter((port) => !told.has(port))).toEqual([]);
    const broken = events
      .split('\n')
      .filter((line) => line !== '' && !/^\[\d+\.\d+\s*\]\s*\[(?:NEW|DESTROY)\] /.test(line));
    expect(broken).toEqual([]);
    expect(sensors.status().find(({ name }) => name === 'flow-events')).toMatchObject({
      losses: {},
      gaps: [],
    });
    // Each file begins with the time of its poll.
    const polls = read('conntrack-poll');
    expect(polls.length).toBeGreaterThan(1);
    expect(polls.filter((text) => !/^# [\d.]+\n/.test(text))).toEqual([]);
  });
});
