// The records of a recording that a mutation changes: connections (conntrack events and polls, Zeek conn and http, the host
// sensor's connects) and command lines (the host sensor's processes, engine events, inspections). Text that is not touched stays as it was.
import { mapTimes } from './logs.mjs';

const EVENT = /^\[(\d+\.\d+)\]\s+\[(?:NEW|UPDATE|DESTROY)\]/;
const SNAPSHOT = /^# (\d+(?:\.\d+)?)$/;

/** Every line of a log with its time, and with the key of its connection where it is about one. */
function records(name, text) {
  if (!/conntrack-(events|poll)\.txt$|(^|\/)(conn|http|ssl|files)\.log$|process\.ndjson$/.test(name))
    return null;
  let snapshot = null;
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const opened = SNAPSHOT.exec(line);
      if (opened) snapshot = Number(opened[1]);
      if (opened) return [];
      return [{ line, snapshot, key: keyOf(line) }];
    });
}

const TUPLE = /src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/;

function keyOf(line) {
  const tuple = TUPLE.exec(line);
  if (tuple) return tuple.slice(1, 5).join(' ');
  if (!line.startsWith('{')) return null;
  const row = JSON.parse(line);
  if (row['id.orig_h'])
    return [row['id.orig_h'], row['id.resp_h'], row['id.orig_p'], row['id.resp_p']].join(' ');
  if (row.record === 'connect')
    return [row.source, row.destination, row.source_port, row.destination_port].join(' ');
  return null;
}

/** The connections of a recording: who to whom, when first seen, and the most bytes anybody counted. Every mutation asks. */
export function connections(logs) {
  if (!known.has(logs)) known.set(logs, readConnections(logs));
  return known.get(logs);
}

const known = new WeakMap();

function readConnections(logs) {
  const found = new Map();
  for (const [name, text] of logs) {
    for (const { line, key } of records(name, text) ?? []) {
      if (key === null) continue;
      const [from, to, fromPort, port] = key.split(' ');
      const flow = found.get(key) ?? {
        key,
        from,
        to,
        fromPort: Number(fromPort),
        port: Number(port),
        at: Infinity,
        sent: 0,
        received: 0,
      };
      const [sent, received] = bytesOf(line);
      flow.sent = Math.max(flow.sent, sent);
      flow.received = Math.max(flow.received, received);
      flow.at = Math.min(flow.at, timeOf(line));
      found.set(key, flow);
    }
  }
  return [...found.values()].sort((a, b) => a.at - b.at);
}

function bytesOf(line) {
  if (line.startsWith('{')) {
    const row = JSON.parse(line);
    return [
      Number(row.orig_bytes ?? row.request_body_len ?? 0),
      Number(row.resp_bytes ?? row.response_body_len ?? 0),
    ];
  }
  const counts = [...line.matchAll(/ bytes=(\d+)/g)].map((match) => Number(match[1]));
  return [counts[0] ?? 0, counts[1] ?? 0];
}

function timeOf(line) {
  if (line.startsWith('{')) {
    const row = JSON.parse(line);
    return row.ts ?? Date.parse(row.time) / 1000;
  }
  return Number(EVENT.exec(line)?.[1] ?? Infinity);
}

/**
 * Replaces each connection by those that `change` returns for it: [] drops it, several clone it. A change is { delay, share (of the bytes
 * sent), received (times those received, 1 or more), port, to, protocol }; each clone after the first has a source port and an id of its own.
 */
export function mapConnections(logs, change) {
  const flows = new Map(connections(logs).map((flow) => [flow.key, change(flow)]));
  return new Map(
    [...logs].map(([name, text]) => {
      const rows = records(name, text);
      if (rows === null) return [name, text];
      const changed = rows.flatMap(({ line, snapshot, key }) =>
        key === null
          ? [{ line, snapshot }]
          : flows.get(key).map((one, index) => ({
              line: rewrite(line, one, index),
              snapshot: snapshot === null ? null : snapshot + (one.delay ?? 0),
            })),
      );
      return [name, render(changed, name, text)];
    }),
  );
}

function render(rows, name, text) {
  if (rows.some(({ snapshot }) => snapshot !== null)) return renderSnapshots(rows, text);
  const lines = rows.map(({ line }) => line);
  // Sensors write in the order in which they see; a clone that is later is seen later.
  if (/events\.txt$|\.log$/.test(name)) lines.sort((a, b) => timeOf(a) - timeOf(b));
  return lines.map((line) => `${line}\n`).join('');
}

function renderSnapshots(rows, text) {
  const snapshots = new Map(
    [...text.matchAll(/^# (\d+(?:\.\d+)?)$/gm)].map((match) => [Number(match[1]), []]),
  );
  for (const { line, snapshot } of rows) {
    const at = Number(snapshot.toFixed(3));
    if (!snapshots.has(at)) snapshots.set(at, []);
    snapshots.get(at).push(line);
  }
  return [...snapshots]
    .sort(([a], [b]) => a - b)
    .map(([at, lines]) => [`# ${at}`, ...lines, ''].join('\n'))
    .join('');
}

/** Bytes of a connection that carries nothing: handshake and end, with headers. */
const EMPTY_CONNECTION = 300;

function rewrite(line, { delay = 0, share = 1, received = 1, port, to }, index) {
  let changed = delay === 0 ? line : mapTimes(line, (seconds, fraction) => carry(seconds, fraction, delay));
  const sourcePort = (was) => (index === 0 ? Number(was) : 20_000 + ((Number(was) + index * 37) % 40_000));
  if (changed.startsWith('{'))
    return rewriteJson(JSON.parse(changed), { share, received, port, to, sourcePort, index });
  const [, , toWas, fromPort, portWas] = TUPLE.exec(changed);
  let counter = 0;
  changed = changed
    .replaceAll(/ packets=(\d+) bytes=(\d+)/g, (_, packets, bytes) => {
      if (counter++ > 0 && received > 1) {
        const more = Math.round(Number(bytes) * (received - 1));
        return ` packets=${Number(packets) + packetsOf(more)} bytes=${Number(bytes) + more}`;
      }
      const factor = counter === 1 ? share : received;
      return ` packets=${scaled(Number(packets), factor, 5)} bytes=${scaled(Number(bytes), factor, EMPTY_CONNECTION)}`;
    })
    .replaceAll(`sport=${fromPort} `, `sport=${sourcePort(fromPort)} `)
    .replaceAll(new RegExp(`dport=${fromPort}(?!\\d)`, 'g'), `dport=${sourcePort(fromPort)}`)
    .replace(/\bid=(\d+)/, (_, id) => `id=${(Number(id) + index * 104_729) % 4_294_967_296}`);
  if (port !== undefined)
    changed = changed
      .replaceAll(new RegExp(`dport=${portWas}(?!\\d)`, 'g'), `dport=${port}`)
      .replaceAll(new RegExp(`sport=${portWas}(?!\\d)`, 'g'), `sport=${port}`);
  return to === undefined ? changed : changed.replaceAll(`=${toWas} `, `=${to} `);
}

function rewriteJson(row, { share, received, port, to, sourcePort, index }) {
  const names =
    row.record === 'connect'
      ? ['source_port', 'destination_port', 'destination']
      : ['id.orig_p', 'id.resp_p', 'id.resp_h'];
  row[names[0]] = sourcePort(row[names[0]]);
  if (port !== undefined) row[names[1]] = port;
  if (to !== undefined) row[names[2]] = to;
  if (typeof row.uid === 'string' && index > 0) row.uid = `${row.uid}${index.toString(36)}`;
  for (const [keys, factor, floor] of [
    [['orig_bytes', 'orig_ip_bytes', 'request_body_len'], share, 0],
    [['response_body_len'], received, 0],
    [['orig_pkts'], share, 5],
  ])
    for (const key of keys) if (row[key] !== undefined) row[key] = scaled(row[key], factor, floor);
  if (row.resp_bytes !== undefined && (share !== 1 || received !== 1)) answer(row, share, received);
  return JSON.stringify(row);
}

/** What comes back: who gets a share of the data acknowledges a share of it. */
function answer(row, share, received) {
  const payload = scaled(row.resp_bytes, received, 0);
  if (row.resp_pkts !== undefined) {
    const acknowledgements = Math.max(0, row.resp_pkts - packetsOf(row.resp_bytes));
    row.resp_pkts = scaled(acknowledgements, share, 5) + packetsOf(payload);
    if (row.resp_ip_bytes !== undefined) row.resp_ip_bytes = payload + HEADERS * row.resp_pkts;
  }
  row.resp_bytes = payload;
}

/** Full segments of Ethernet. */
const packetsOf = (bytes) => Math.ceil(bytes / 1448);
const HEADERS = 52;

/** Headers do not shrink with what is carried. */
const scaled = (count, factor, floor) =>
  factor === 1 ? count : Math.max(Math.min(count, floor), Math.round(count * factor));

const carry = (seconds, fraction, delay) => {
  const whole = Math.floor(fraction + delay);
  return [seconds + whole, fraction + delay - whole];
};

/** As it stands inside a JSON string. */
const inJson = (text) => JSON.stringify(text).slice(1, -1);

/** Replaces a command line wherever a log states it: exec events, the container's own command, arguments of a shell. */
export const replaceCommand = (logs, was, now) =>
  new Map([...logs].map(([name, text]) => [name, text.replaceAll(inJson(was), () => inJson(now))]));

/** Replaces started programs: `change` gives for a record the argument lists seen in its place, or null to leave it. */
export function mapStarts(logs, change) {
  return new Map(
    [...logs].map(([name, text]) => [name, /process\.ndjson$/.test(name) ? mapLines(text, change) : text]),
  );
}

const mapLines = (text, change) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const row = JSON.parse(line);
      const seen = row.record === 'exec' ? change(row) : null;
      if (seen === null) return [line];
      return seen.map(({ argv, file = argv[0], complete = true }, index) =>
        JSON.stringify({
          ...row,
          pid: row.pid + index * 100_000,
          name: file.split('/').pop().slice(0, 15),
          file: file.startsWith('/') ? file : `/usr/bin/${file}`,
          argv,
          argv_complete: complete,
        }),
      );
    })
    .map((line) => `${line}\n`)
    .join('');
