import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hunting } from './hunting.js';

const { hunt } = hunting();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'times-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const START = 1_763_694_000;
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();

const zeek = (at: number, port: number) =>
  `${JSON.stringify({ _path: 'conn', ts: at, uid: `C${port}`, 'id.orig_h': '10.0.0.1', 'id.orig_p': port, 'id.resp_h': '198.51.100.7', 'id.resp_p': 443, proto: 'tcp', duration: 1, orig_bytes: 100, resp_bytes: 100, orig_ip_bytes: 300, resp_ip_bytes: 300, orig_pkts: 3, resp_pkts: 3, conn_state: 'SF' })}\n`;
const suricata = (at: number, port: number) =>
  `${JSON.stringify({ timestamp: iso(at + 2), flow_id: port, event_type: 'flow', src_ip: '10.0.0.1', src_port: port, dest_ip: '198.51.100.7', dest_port: 443, proto: 'TCP', flow: { pkts_toserver: 3, pkts_toclient: 3, bytes_toserver: 300, bytes_toclient: 300, start: iso(at), end: iso(at + 1) } })}\n`;

/** Connections a minute apart as two sensors saw them, the second `offset` seconds late, with a pause. */
async function watch(name: string, offset: number, pauseMinutes = 0) {
  const minutes = Array.from({ length: 120 }, (_, index) => index + (index > 60 ? pauseMinutes : 0));
  const [one, other] = [join(folder, `${name}.conn.log`), join(folder, `${name}.eve.json`)];
  await writeFile(one, minutes.map((minute, index) => zeek(START + minute * 60, 40_000 + index)).join(''));
  // It has connections all the time.
  const seen = Array.from({ length: 120 + pauseMinutes }, (_, minute) => minute);
  await writeFile(
    other,
    seen
      .map((minute) =>
        suricata(START + minute * 60 + offset + (minute % 3) / 10, 40_000 + minutes.indexOf(minute)),
      )
      .join(''),
  );
  const { problems, assumptions } = await hunt([one, other], { only: [] });
  return {
    problems: problems.map(({ where, what, advice }) => `${where}: ${what}; ${advice}`),
    clocks: assumptions.filter((line) => line.startsWith('clocks')),
  };
}

test('clocks that agree are said to', async () => {
  expect(await watch('agree', 0.5)).toEqual({
    problems: [],
    clocks: [
      'clocks of suricata-flow, zeek-conn agree within 0.6 s, from 120 or more connections that two of them saw',
    ],
  });
});

test.each([
  [
    'late',
    95,
    /^suricata-flow, zeek-conn: their clocks are 95\.1 s apart \(± 0\.1 s, from 120 connections that both saw; suricata-flow is ahead\); set the clocks/,
  ],
  ['early', -7_200, /7200 s apart .*zeek-conn is ahead\); one of them writes local time/],
])('a clock that is %s is told', async (name, offset, message) => {
  const { problems, clocks } = await watch(name, offset);
  expect([problems.length, clocks]).toEqual([1, []]);
  expect(problems[0]).toMatch(message);
});

test('a pause of one sensor is told, with its bounds', async () => {
  expect((await watch('pause', 0, 45)).problems).toEqual([
    'zeek-conn: no rows from 2025-11-21 04:00:00 to 2025-11-21 04:46:00 (46 minutes; usually at most 1); was the sensor down, or a file left out? What happened then was not seen',
  ]);
});

test('a gap in a month of minutes is found, and in no more memory than the minutes take', async () => {
  const month = Array.from({ length: 40_000 }, (_, minute) => minute + (minute > 20_000 ? 300 : 0));
  const log = join(folder, 'month.conn.log');
  await writeFile(log, month.map((minute) => zeek(START + minute * 60, 40_000 + (minute % 20_000))).join(''));
  const { problems } = await hunt([log], { only: [] });
  expect(problems.map(({ what }) => what)).toEqual([
    expect.stringMatching(/^no rows from .* \(301 minutes; usually at most 1\)$/),
  ]);
});
