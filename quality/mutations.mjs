// What an attacker can change without giving up what he wants, done to the records of one attack. Each mutation says for which attacks it is
// honest (`fits`) and why (`because`): it must change what the sensors would have written, and nothing else.
import { mapTexts, separate, shiftTimes, stretchTimes } from './logs.mjs';
import { connections, mapConnections, mapStarts, replaceCommand } from './records.mjs';
import { TOLD } from './told.mjs';
import { FORMS, PROGRAMS, transferOf } from './transfer-forms.mjs';

const MINUTE = 60;
const HOUR = 3600;

/**
 * An attack: { logs, deeds: [{ command }], start }. `deeds` are the commands of its detonation, as the ground truth states them; a written
 * scenario has none. A mutation's `apply` gives the logs of the mutated attack, or a list of them when it becomes several containers.
 */
const hasCommand = ({ deeds }) => deeds.length > 0;
const hasTransfer = ({ deeds }) => deeds.some(({ command }) => transferOf(command));
const hasProcesses = ({ logs }) => [...logs.keys()].some((name) => /process\.ndjson$|bpftrace/.test(name));
const sends = (flow) => flow.sent > 2 * flow.received && flow.sent > 4096;
/** Questions to a name server, pings, and uploads that are answered in kind. */
const isEchoed = ({ port, sent, received }) => sent > 65_536 && sent > received / 4 && port !== undefined;
const uploads = new WeakMap();
/** The connections that carry the data: those that send; where none does, and no series is the attack, those that get back what they give. */
function carriers(logs) {
  if (!uploads.has(logs)) {
    const sending = connections(logs).filter(sends);
    const carrying = sending.length > 0 || hasMany({ logs }) ? sending : connections(logs).filter(isEchoed);
    uploads.set(logs, new Set(carrying.map(({ key }) => key)));
  }
  return uploads.get(logs);
}
const mapUploads = (logs, change) => {
  const carrying = carriers(logs);
  return mapConnections(logs, (flow) => (carrying.has(flow.key) ? change(flow) : [{}]));
};
const hasUpload = ({ logs }) => carriers(logs).size > 0;
const isAnsweredInKind = ({ logs }) => hasUpload({ logs }) && !connections(logs).some(sends);
/** A ping has no port, and a name server is asked at its own. */
const canMoveTo =
  (other) =>
  ({ logs }) =>
    connections(logs).some(({ key, port }) => carriers(logs).has(key) && ![0, 53, other].includes(port));
const hasFlows = ({ logs }) => connections(logs).length > 0;
/** Connections to the place that gets most of them: a flood, or data in many pieces. */
const many = (logs) => {
  const counts = new Map();
  for (const { to } of connections(logs)) counts.set(to, (counts.get(to) ?? 0) + 1);
  const [place, count] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? ['', 0];
  return count < MANY ? [] : connections(logs).filter(({ to }) => to === place);
};
const MANY = 64;
const hasMany = ({ logs }) => many(logs).length > 0;
const isRepeated = ({ logs }) => connections(logs).filter(sends).length >= 4;

const forms = FORMS.map((form) => ({
  group: 'tool',
  name: form.name,
  because:
    'the same file goes to the same place by another tool or spelling; the connections stay as they were',
  fits: ({ deeds }) => deeds.some(({ command }) => fitting(form, command)),
  apply: ({ logs, deeds }) => deeds.reduce((changed, { command }) => useForm(changed, command, form), logs),
}));

const fitting = (form, command) => {
  const transfer = transferOf(command);
  return transfer !== null && form.fits(transfer);
};

function useForm(logs, command, form) {
  const transfer = transferOf(command);
  if (transfer === null || !form.fits(transfer)) return logs;
  const now = command.replace(transfer.segment, () => form.write(transfer).text);
  return mapStarts(replaceCommand(logs, command, now), ({ argv }) => {
    // A loop's variable is filled in where the program starts: its own arguments say which file and place.
    const typed = argv.join(' ');
    const started = argv[1] === '-c' || typed.includes(now) ? null : transferOf(typed);
    return started === null ? null : [{ argv: form.write({ ...started, kind: transfer.kind }).argv }];
  });
}

/** Whether somebody else than the process sensor states a command. */
const isStated = ({ logs, deeds }) =>
  [...without(logs, PROCESS).values()].some((text) =>
    deeds.some(({ command }) => text.includes(JSON.stringify(command).slice(1, -1))),
  );

const programs = PROGRAMS.map(({ name, of, write }) => ({
  group: 'tool',
  name,
  because: 'another program does the same; the connections stay as they were',
  fits: (attack) => holds(NETWORK)(attack) && attack.deeds.some(({ command }) => of.test(command)),
  apply: ({ logs, deeds }) =>
    deeds.reduce((changed, { command }) => {
      const match = of.exec(command);
      if (match === null) return changed;
      const now = write(match);
      return mapStarts(replaceCommand(changed, command, now), ({ argv }) =>
        argv[1] !== '-c' && of.test(argv.join(' ')) ? [{ argv: now.split(' ') }] : null,
      );
    }, logs),
}));

/** Quotes and variables are for a shell: an engine asked to execute the command itself is asked to have a shell execute it. */
const throughShell = (logs, command) =>
  ['exec_create', 'exec_start'].reduce(
    (changed, action) => replaceCommand(changed, `${action}: ${command}`, `${action}: sh -c ${command}`),
    logs,
  );

/** Wrappers hide the tool from who sees only the command line that was asked for, which is what an engine's event states. */
const wrappers = [
  ['sh -c', (command) => `sh -c "${command.replaceAll(/["\\$]/g, '\\$&')}"`],
  ['env', (command) => `env -i PATH=/usr/bin:/bin A=1 ${intoShell(command)}`],
  ['xargs', (command) => `echo x | xargs -n 1 -I{} ${intoShell(command)}`],
  ['busybox sh', (command) => `busybox sh -c ${quoted(command)}`],
  ['nohup, nice and timeout', (command) => `nohup nice -n 19 timeout 3600 ${intoShell(command)}`],
  ['full path', (command) => command.replaceAll(TOOLS, '/usr/bin/$&')],
  ['quoted tool', (command) => command.replaceAll(TOOLS, "'$&'")],
  ['broken word', (command) => command.replaceAll(TOOLS, (tool) => `${tool[0]}''${tool.slice(1)}`)],
  [
    'variable for the tool',
    (command) =>
      TOOL.test(command) ? `t=${TOOL.exec(command)[0]}; ${command.replaceAll(TOOLS, '$t')}` : command,
  ],
  ['base64 and eval', (command) => `echo ${Buffer.from(command).toString('base64')} | base64 -d | sh`],
].map(([name, wrap]) => ({
  group: 'wrapper',
  name: `${name}, seen by the engine alone`,
  because:
    'the command asked for is written otherwise and no process sensor looks; the engine and the connections tell the rest',
  fits: (attack) =>
    hasCommand(attack) &&
    holds(NETWORK)(attack) &&
    isStated(attack) &&
    attack.deeds.some(({ command }) => wrap(command) !== command),
  apply: ({ logs, deeds }) =>
    without(
      deeds.reduce(
        (changed, { command }) => replaceCommand(throughShell(changed, command), command, wrap(command)),
        logs,
      ),
      PROCESS,
    ),
}));

const TOOL =
  /(?<![\w./@-])(?:curl|wget|ftpput|sftp|ftp|scp|nc|node|python3|hping3|tar|git|docker|skopeo)(?=\s)/;
const TOOLS = new RegExp(TOOL, 'g');
const quoted = (command) => `'${command.replaceAll("'", `'\\''`)}'`;
const intoShell = (command) => (/[|;&<>$'"]/.test(command) ? `sh -c ${quoted(command)}` : command);

const PROCESS = /process\.ndjson$|bpftrace|(^|\/)file\.ndjson$/;
const ENGINE = /engine-events/;
const HTTP = /(^|\/)(http|files|ftp)\.log$/;
const INVENTORY = /inspect|networks?\.(ndjson|json)$/;
const DNS = /(^|\/)dns\.log$/;
const EVENTS = /conntrack-events|ulogd/;
const POLLS = /conntrack-poll/;

/** Logs of those that look at the network. */
export const NETWORK = /conntrack|ulogd|\.log$/;

const without = (logs, pattern) => new Map([...logs].filter(([name]) => !pattern.test(name)));
const holds =
  (pattern) =>
  ({ logs }) =>
    [...logs.keys()].some((name) => pattern.test(name));
const all =
  (...conditions) =>
  (attack) =>
    conditions.every((condition) => condition(attack));
const flowsAlone = (logs) =>
  without(logs, /process\.ndjson$|bpftrace|(^|\/)file\.ndjson$|engine-events|(^|\/)(http|files|ftp)\.log$/);

/** Each upload in `count` connections, `gap` seconds apart. Headers stay: each connection has its own. */
const chunked = (logs, count, gap, { to = ({ to: same }) => same } = {}) =>
  mapUploads(logs, (flow) =>
    Array.from({ length: count }, (_, index) => ({
      share: 1 / count,
      received: 1 / count,
      delay: index * gap,
      to: to(flow, index),
    })),
  );

/** The attack as `count` containers, each of which sends its part and starts `gap` seconds after the one before. */
const spread = (logs, count, gap) =>
  Array.from({ length: count }, (_, index) => {
    const copy = index === 0 ? logs : otherContainer(logs, index);
    return shiftTimes(
      mapUploads(copy, () => [{ share: 1 / count, received: 1 / count }]),
      index * gap,
    );
  });

/** Containers and inside addresses are others; outside addresses are the same. */
function otherContainer(logs, index) {
  const other = separate(logs, 900 + index);
  const outside = new Map(connections(logs).map(({ to }) => [to, to]));
  const back = new Map(
    [...outside.keys()]
      .filter((address) => !address.startsWith('10.'))
      .map((address) => [moved(address, 900 + index), address]),
  );
  return new Map(
    [...other].map(([name, text]) => [
      name,
      [...back].reduce((done, [now, was]) => done.replaceAll(now, was), text),
    ]),
  );
}

const moved = (address, index) => {
  const [a, b, c, d] = address.split('.').map(Number);
  return `${a}.${b}.${(c + index) % 256}.${d}`;
};

/** The same on every run: nothing here is drawn by chance. */
const wave = (index) => ((index * 0.618_034) % 1) * 2 - 1;

/** How long a connection lasted, where its record says so beside its start. */
const longer = (logs, factor) =>
  mapTexts(logs, (text, name) =>
    /(^|\/)conn\.log$/.test(name)
      ? text.replaceAll(/(?<="duration":)[\d.]+/g, (seconds) => `${Number((seconds * factor).toFixed(6))}`)
      : text,
  );

const flows = [
  traffic('port 8443', 'the receiver listens elsewhere', canMoveTo(8443), (logs) =>
    mapUploads(logs, () => [{ port: 8443 }]),
  ),
  traffic('port 53', 'the receiver listens where firewalls are open', canMoveTo(53), (logs) =>
    mapUploads(logs, () => [{ port: 53 }]),
  ),
  traffic('port 4444', 'the receiver listens on an unregistered port', canMoveTo(4444), (logs) =>
    mapUploads(logs, () => [{ port: 4444 }]),
  ),
  traffic('port 22', 'the receiver listens where SSH does', canMoveTo(22), (logs) =>
    mapUploads(logs, () => [{ port: 22 }]),
  ),
  traffic(
    'inside TLS',
    'the same bytes over port 443: no log of requests can be written',
    canMoveTo(443),
    (logs) => asTls(without(logs, HTTP)),
  ),
  traffic('4 connections', 'the file is cut in four', hasUpload, (logs) => chunked(logs, 4, 2)),
  traffic('8 connections at once', 'the file is cut in eight, and all parts go together', hasUpload, (logs) =>
    chunked(logs, 8, 0),
  ),
  traffic('16 connections, 5 s apart', 'the file is cut in sixteen', hasUpload, (logs) =>
    chunked(logs, 16, 5),
  ),
  traffic('64 connections, 1 min apart', 'the file is cut in 64, over an hour', hasUpload, (logs) =>
    chunked(logs, 64, MINUTE),
  ),
  traffic('24 parts over a day', 'one part an hour', hasUpload, (logs) => chunked(logs, 24, HOUR)),
  traffic('twice as fast', 'everything after the start takes half as long', hasFlows, (logs, { start }) =>
    longer(stretchTimes(logs, start, 1 / 2), 1 / 2),
  ),
  ...[2, 5, 10].map((factor) =>
    traffic(
      `${factor} times slower`,
      'everything after the start takes longer; bytes and commands are the same',
      hasFlows,
      (logs, { start }) => longer(stretchTimes(logs, start, factor), factor),
    ),
  ),
  traffic(
    'jitter of half the interval',
    'each repetition is moved by up to half the usual interval',
    isRepeated,
    (logs) => {
      const starts = connections(logs)
        .filter(sends)
        .map(({ at }) => at);
      const interval = (starts.at(-1) - starts[0]) / (starts.length - 1);
      let index = 0;
      return mapConnections(logs, (flow) => [sends(flow) ? { delay: wave(index++) * 0.5 * interval } : {}]);
    },
  ),
  traffic('3 containers', 'three containers send a third each, a minute apart', hasUpload, (logs) =>
    spread(logs, 3, MINUTE),
  ),
  traffic(
    '8 containers over 2 hours',
    'eight containers send an eighth each, 15 minutes apart',
    hasUpload,
    (logs) => spread(logs, 8, 15 * MINUTE),
  ),
  traffic('4 destinations', 'the receiver has four addresses', hasUpload, (logs) =>
    chunked(logs, 4, 2, { to: ({ to }, index) => nextAddress(to, index) }),
  ),
  traffic(
    'answers as large as the upload',
    'the receiver sends back as much as it gets',
    (attack) => hasUpload(attack) && !isAnsweredInKind(attack),
    (logs) => balanced(logs),
  ),
  traffic('hardly answered', 'the receiver sends back a tenth of what it did', isAnsweredInKind, (logs) =>
    mapUploads(logs, () => [{ received: 0.1 }]),
  ),
  traffic('answered with more', 'the receiver sends back twice as much as it did', isAnsweredInKind, (logs) =>
    mapUploads(logs, () => [{ received: 2 }]),
  ),
  traffic('2 containers at once', 'two containers send a half each', isAnsweredInKind, (logs) =>
    spread(logs, 2, 0),
  ),
  traffic('2 destinations', 'the receiver has two addresses', isAnsweredInKind, (logs) =>
    chunked(logs, 2, 1, { to: ({ to }, index) => nextAddress(to, index) }),
  ),
  traffic('half of the data', 'the attacker takes less', isAnsweredInKind, (logs) =>
    scaledUploads(logs, 1 / 2),
  ),
  traffic('padded to twice the size', 'noise is added', hasUpload, (logs) => scaledUploads(logs, 2)),
  traffic('encoded in base64', 'four bytes for three', hasUpload, (logs) => scaledUploads(logs, 4 / 3)),
  traffic('compressed to a fifth', 'text and dumps compress this well', hasUpload, (logs) =>
    scaledUploads(logs, 1 / 5),
  ),
];

/** What is done to the connections to one place, by their number in the series; the others stay. */
function eachOfMany(logs, change) {
  const index = new Map(many(logs).map(({ key }, number) => [key, number]));
  return mapConnections(logs, (flow) => (index.has(flow.key) ? change(index.get(flow.key), flow) : [{}]));
}

const shared = (logs, count, gap) =>
  Array.from({ length: count }, (_, part) => {
    const mine = eachOfMany(logs, (index) => (index % count === part ? [{}] : []));
    return shiftTimes(part === 0 ? mine : otherContainer(mine, part), part * gap);
  });

const series = [
  [
    'half of the connections',
    'half the rate for as long',
    (logs) => eachOfMany(logs, (index) => (index % 2 === 0 ? [{}] : [])),
  ],
  [
    'a fifth of the connections',
    'a fifth of the rate for as long',
    (logs) => eachOfMany(logs, (index) => (index % 5 === 0 ? [{}] : [])),
  ],
  [
    'bursts with pauses',
    'every sixteen connections the attacker waits for half a minute',
    (logs) => eachOfMany(logs, (index) => [{ delay: 30 * Math.floor(index / 16) }]),
  ],
  [
    'uneven times',
    'each connection waits for up to five seconds more',
    (logs) => eachOfMany(logs, (index) => [{ delay: 2.5 + 2.5 * wave(index) }]),
  ],
  [
    'port 443 for many',
    'the same connections to another port',
    (logs) => eachOfMany(logs, () => [{ port: 443 }]),
    ({ logs }) => many(logs).some(({ port }) => port !== 443),
  ],
  [
    'a pause of ten minutes halfway',
    'the attacker waits until nobody looks any more',
    (logs) => {
      const half = many(logs).length / 2;
      return eachOfMany(logs, (index) => [{ delay: index < half ? 0 : 10 * MINUTE }]);
    },
  ],
  ['many from 2 containers', 'two containers take turns', (logs) => shared(logs, 2, 0)],
  [
    'port 53 for many',
    'the same connections to another port',
    (logs) => eachOfMany(logs, () => [{ port: 53 }]),
  ],
  [
    'sixteen ports',
    'the connections go to sixteen ports in turn',
    (logs) => eachOfMany(logs, (index) => [{ port: 8000 + (index % 16) }]),
  ],
  [
    'four targets',
    'the connections go to four neighbours in turn',
    (logs) => eachOfMany(logs, (index, { to }) => [{ to: nextAddress(to, index % 4) }]),
  ],
  [
    'half as long',
    'the attacker stops halfway',
    (logs) => {
      const half = many(logs).length / 2;
      return eachOfMany(logs, (index) => (index < half ? [{}] : []));
    },
  ],
  [
    'port 8443 for many',
    'the same connections to another port',
    (logs) => eachOfMany(logs, () => [{ port: 8443 }]),
  ],
  [
    'four targets on four ports',
    'targets and ports change together',
    (logs) =>
      eachOfMany(logs, (index, { to }) => [{ to: nextAddress(to, index % 4), port: 8000 + (index % 4) }]),
  ],
  [
    'answered',
    'the target answers each connection with twice as much',
    (logs) => eachOfMany(logs, () => [{ received: 2 }]),
    ({ logs }) => many(logs).some(({ received }) => received > 0),
  ],
  ['larger', 'each connection carries twice as much', (logs) => eachOfMany(logs, () => [{ share: 2 }])],
  ['many from 3 containers', 'three containers take turns', (logs) => shared(logs, 3, 0)],
  [
    'many from 3 containers, a minute apart',
    'three containers take turns and start one after the other',
    (logs) => shared(logs, 3, MINUTE),
  ],
  ['many from 8 containers', 'eight containers take turns', (logs) => shared(logs, 8, 0)],
].map(([name, because, change, fits = hasMany]) => traffic(name, because, fits, change));

function traffic(name, because, fits, change) {
  return { group: 'traffic', name, because, fits, apply: (attack) => change(attack.logs, attack) };
}

/** What is asked back in kind grows and shrinks with it; so do the names in a log of questions. */
const scaledUploads = (logs, share) =>
  thinned(
    mapUploads(logs, (flow) => [sends(flow) ? { share } : { share, received: share }]),
    share,
  );
const thinned = (logs, share) =>
  share >= 1
    ? logs
    : mapQuestions(logs, (lines) =>
        lines.filter((_, index) => Math.floor((index + 1) * share) > Math.floor(index * share)),
      );
const balanced = (logs) => mapUploads(logs, (flow) => [{ received: flow.sent / Math.max(1, flow.received) }]);
const mapQuestions = (logs, change) =>
  mapTexts(logs, (text, name) =>
    DNS.test(name)
      ? change(text.split('\n').filter((line) => line !== ''))
          .map((line) => `${line}\n`)
          .join('')
      : text,
  );
const eachQuestion = (logs, change) =>
  mapQuestions(logs, (lines) => lines.map((line) => JSON.stringify(change(JSON.parse(line)))));
const nextAddress = (address, step) => {
  const [a, b, c, d] = address.split('.').map(Number);
  return `${a}.${b}.${c}.${((d + 60 * step - 1) % 254) + 1}`;
};
const asTls = (logs) =>
  new Map(
    [...mapUploads(logs, () => [{ port: 443 }])].map(([name, text]) => [
      name,
      /conn\.log$/.test(name) ? text.replaceAll(/"service":"(?:http|ftp-data)"/g, '"service":"ssl"') : text,
    ]),
  );

const questions = [
  ['names asked for as TXT', 'longer answers fit', (row) => ({ ...row, qtype: 16, qtype_name: 'TXT' })],
  ['names in capitals', 'names know no case', (row) => ({ ...row, query: row.query.toUpperCase() })],
  [
    'names that exist',
    'the attacker’s server answers each question',
    (row) => ({ ...row, rcode: 0, rcode_name: 'NOERROR' }),
  ],
].map(([name, because, change]) => traffic(name, because, holds(DNS), (logs) => eachQuestion(logs, change)));

const sensors = [
  sensor('no log of names', 'the network sensor does not decode the protocol', holds(DNS), (logs) =>
    without(logs, DNS),
  ),
  sensor('no process sensor', 'nothing in the host is watched', all(hasProcesses, hasFlows), (logs) =>
    without(logs, PROCESS),
  ),
  sensor('no engine events', 'the engine’s events are not kept', all(holds(ENGINE), hasFlows), (logs) =>
    without(logs, ENGINE),
  ),
  sensor('no log of requests', 'the network sensor does not decode the protocol', holds(HTTP), (logs) =>
    without(logs, HTTP),
  ),
  sensor(
    'connections alone',
    'nothing but records of connections, and who had which address',
    all(hasFlows, ({ logs }) => flowsAlone(logs).size < logs.size),
    (logs) => flowsAlone(logs),
  ),
  sensor('ended connections alone', 'the table is not polled', all(holds(EVENTS), holds(POLLS)), (logs) =>
    without(flowsAlone(logs), POLLS),
  ),
  sensor(
    'polls alone',
    'the table is polled and no event is kept',
    all(holds(EVENTS), holds(POLLS)),
    (logs) => without(flowsAlone(logs), EVENTS),
  ),
  sensor(
    'no inventory',
    'nobody knows who had which address: the address stands for the container',
    all(holds(INVENTORY), hasFlows),
    (logs) => without(without(logs, INVENTORY), ENGINE),
  ),
  sensor(
    'processes and engine alone',
    'nobody looks at the network',
    all(hasProcesses, hasTransfer, holds(NETWORK)),
    (logs) => without(logs, NETWORK),
  ),
  sensor(
    'cut command lines',
    'the sensor keeps the program and its first argument',
    all(hasProcesses, hasCommand),
    (logs) =>
      mapStarts(logs, ({ argv, file }) => [
        { argv: argv.slice(0, 2).map((word) => word.slice(0, 24)), file, complete: false },
      ]),
  ),
  sensor(
    'renamed tool',
    'the program was copied under another name',
    all(hasProcesses, ({ deeds }) => deeds.some(({ command }) => TOOL.test(command))),
    (logs, { deeds }) =>
      mapStarts(
        deeds.reduce(
          (changed, { command }) =>
            replaceCommand(changed, command, command.replaceAll(TOOLS, '/tmp/.cache/upd')),
          logs,
        ),
        ({ argv, file }) =>
          TOOL.test(`${argv[0].split('/').pop()} `)
            ? [{ argv: ['/tmp/.cache/upd', ...argv.slice(1)], file: '/tmp/.cache/upd' }]
            : [{ argv, file }],
      ),
  ),
];

function sensor(name, because, fits, change) {
  return { group: 'sensor', name, because, fits, apply: (attack) => change(attack.logs, attack) };
}

/** The hard ones: the same traffic mutations where only connections are seen. */
const together = [...flows, ...series]
  .filter(({ name }) =>
    [
      'port 8443',
      'inside TLS',
      '16 connections, 5 s apart',
      '24 parts over a day',
      '10 times slower',
      '3 containers',
      'answers as large as the upload',
      'compressed to a fifth',
      'a fifth of the connections',
      'sixteen ports',
      'four targets',
      'many from 3 containers',
    ].includes(name),
  )
  .map((mutation) => ({
    ...mutation,
    group: 'connections alone',
    name: `${mutation.name}, connections alone`,
    fits: all(
      mutation.fits,
      (attack) => hasProcesses(attack) || holds(ENGINE)(attack) || holds(HTTP)(attack),
    ),
    apply: (attack) => mutation.apply({ ...attack, logs: flowsAlone(attack.logs) }),
  }));

export const MUTATIONS = [
  ...forms,
  ...programs,
  ...wrappers,
  ...flows,
  ...series,
  ...questions,
  ...sensors,
  ...together,
  ...TOLD,
];
