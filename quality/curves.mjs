// False alerts on a simulated, ordinary fleet, and the smallest, slowest and rarest attack that is still found in it.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { containerOf, fleetOf } from '../dist/simulate/fleet.js';
import { livesOf } from '../dist/simulate/lives.js';
import { engineEvent, inspection, zeekLines } from '../dist/simulate/records.js';
import { DEFAULT_START, simulate } from '../dist/simulate/simulate.js';
import { huntAll } from './hunts.mjs';
import { writeLogs } from './logs.mjs';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const KB = 1000;
const MB = 1_000_000;

/** The first week teaches what is usual and is not judged. Held out: nothing was tuned on these seeds. */
const LEARN = 7;
const BENIGN = { seed: 23, workloads: 50, days: LEARN + 21, start: DEFAULT_START };
const FIELD = { seed: 29, workloads: 80, days: LEARN + 2, start: DEFAULT_START };
/** What comes once a day needs more days, and, since its workloads are not of the fleet, fewer workloads. */
const LONG_FIELD = { seed: 31, workloads: 30, days: LEARN + 7, start: DEFAULT_START };

const dayFolders = (folder, from, until) =>
  Array.from({ length: until - from }, (_, index) =>
    join(folder, `day-${String(from + index + 1).padStart(3, '0')}`),
  );

const huntOf = (folder, days, extra, config) => ({
  paths: [...dayFolders(folder, LEARN, days), ...extra],
  options: { baseline: dayFolders(folder, 0, LEARN), config, containerCidrs: ['10.20.0.0/16'], intel: [] },
});

/** `thresholds`: strategy → [with two kinds of evidence, with one]. */
export async function measureCurves(techniques, thresholds, folder, { onProgress } = {}) {
  rmSync(folder, { recursive: true, force: true });
  const benign = join(folder, 'benign');
  await simulate(BENIGN, benign);
  const fields = new Map([FIELD, LONG_FIELD].map((field, index) => [field, join(folder, `field-${index}`)]));
  for (const [field, at] of fields) await simulate(field, at);
  const attacks = [
    ...attacksIn(FIELD).map((attack) => ({ ...attack, field: FIELD })),
    ...rhythmsIn(LONG_FIELD).map((attack) => ({ ...attack, field: LONG_FIELD })),
  ];
  // A hunt keeps only so many candidates, so each family is hunted alone.
  const families = [...new Set(attacks.map(({ family }) => family))].map((family, index) => ({
    family,
    field: attacks.find((attack) => attack.family === family).field,
    logs: join(folder, `family-${index}`),
  }));
  for (const { family, logs } of families)
    writeLogs(logsOf(attacks.filter((attack) => attack.family === family)), logs);
  const stated = join(benign, 'stowaway.yaml');
  const answers = await huntAll(
    [
      huntOf(benign, BENIGN.days, [], stated),
      huntOf(benign, BENIGN.days, [], null),
      ...families.map(({ field, logs }) =>
        huntOf(fields.get(field), field.days, [logs], join(fields.get(field), 'stowaway.yaml')),
      ),
    ],
    onProgress,
  );
  const failed = answers.find(({ error }) => error);
  if (failed) throw new Error(`a hunt over the simulated fleet failed: ${failed.error}`);
  const unread = answers.flatMap(({ result }) => result.problems).find(({ level }) => level !== 'note');
  if (unread)
    throw new Error(`a hunt over the simulated fleet could not look: ${unread.where}: ${unread.what}`);
  const [quiet, unstated, ...inField] = answers.map(({ result }) => result.report.findings);
  const findingsOf = ({ family }) => inField[families.findIndex((one) => one.family === family)];
  const days = BENIGN.workloads * (BENIGN.days - LEARN);
  return {
    background: { ...BENIGN, judgedDays: BENIGN.days - LEARN, workloadDays: days },
    field: FIELD,
    longField: LONG_FIELD,
    falseAlerts: { stated: alerts(quiet, days), nothingStated: alerts(unstated, days) },
    attacks: attacks.map((attack) => found(attack, findingsOf(attack), techniques, thresholds)),
    tradeOff: tradeOff(attacks, quiet, findingsOf, thresholds, days),
  };
}

const open = (findings) => findings.filter(({ status }) => status === 'open');

const alerts = (findings, days) => ({
  alerts: open(findings).length,
  per1000WorkloadDays: Number(((open(findings).length * 1000) / days).toFixed(2)),
  list: open(findings).map(
    ({ technique, entity, score, why }) =>
      `${technique} ${entity.name} ${score.toFixed(2)}: ${why.slice(0, 160)}`,
  ),
});

/** How far above its strategy's threshold a finding is: 1 opens it. */
function margin(finding, thresholds) {
  const [two, one] = thresholds[finding.strategy] ?? [0.6, 0.85];
  const kinds = new Set(finding.terms.filter(({ counted }) => counted).map((term) => term.class));
  return finding.score / (kinds.size >= 2 ? two : one);
}

const about = (attack, findings) =>
  findings.filter(
    ({ entity, technique }) =>
      attack.entities.includes(entity.name) && attack.techniques.some((one) => technique === one),
  );

function found(attack, findings, techniques, thresholds) {
  const { family, label, size } = attack;
  if (!attack.techniques.some((one) => techniques.includes(one)))
    return { family, label, size, skipped: `no strategy for ${attack.techniques.join(' or ')} yet` };
  const mine = about(attack, findings);
  const best = [...mine].sort((a, b) => margin(b, thresholds) - margin(a, thresholds))[0];
  return {
    family,
    label,
    size,
    found: open(mine).length > 0,
    margin: best ? Number(margin(best, thresholds).toFixed(2)) : 0,
    by: best ? best.terms.filter(({ counted }) => counted).map(({ analytic }) => analytic) : [],
  };
}

/** Of which attacks the weakest that is still found is told, how it is named, and which is weaker. */
const WEAKEST = [
  { what: 'smallest upload', family: 'upload', weaker: (a, b) => a.size - b.size },
  ...['one container', 'a new container each run'].map((how) => ({
    what: `longest interval of six, ${how}`,
    family: `periodic, ${how}`,
    isMeant: ({ size }) => size === 6,
    weaker: (a, b) => b.period - a.period || a.bytes - b.bytes,
  })),
  { what: 'slowest flood', family: 'flood', weaker: (a, b) => a.size - b.size },
  ...['the packing is seen', 'connections alone'].map((how) => ({
    what: `smallest fan-in, ${how}`,
    family: `fan-in, ${how}`,
    weaker: (a, b) => a.size - b.size,
  })),
];

const FACTORS = Array.from({ length: 15 }, (_, index) => (50 + 5 * index) / 100);

/** What moving every threshold by a factor would cost in false alerts, and the weakest attacks it would find. */
function tradeOff(attacks, quiet, findingsOf, thresholds, days) {
  const curves = WEAKEST.map(({ what, family, isMeant = () => true, weaker }) => ({
    what,
    attacks: attacks.filter((attack) => attack.family === family && isMeant(attack)).sort(weaker),
  }));
  return FACTORS.map((factor) => {
    const isOpen = (finding) => finding.status !== 'suppressed' && margin(finding, thresholds) >= factor;
    return {
      factor,
      falsePer1000: Number(((quiet.filter(isOpen).length * 1000) / days).toFixed(2)),
      weakest: Object.fromEntries(
        curves.map((curve) => [
          curve.what,
          curve.attacks.find((attack) => about(attack, findingsOf(attack)).some(isOpen))?.label ?? null,
        ]),
      ),
    };
  });
}

const SENDING = ['T1567', 'T1020', 'T1567.001'];

/** A connection over TLS that carries `sent` bytes; times in seconds. */
const flow = (at, from, to, sent, more = {}) => ({
  at,
  from,
  to,
  port: 443,
  service: 'ssl',
  sent: sent + 700,
  received: 4000,
  seconds: Math.max(0.3, sent / (8 * MB)),
  ...more,
});

/** The attacks on the fleet's workloads: each on one of its own, spread over the judged days. */
function attacksIn({ seed, workloads, start }) {
  const fleet = fleetOf(seed, workloads).filter(
    (workload) => workload.kind === 'web' || workload.kind === 'worker',
  );
  const judged = start + LEARN * DAY;
  let taken = 0;
  const victim = (at) => {
    while (taken < fleet.length) {
      const workload = fleet[taken++];
      const lives = [...livesOf(seed, workload, start, FIELD.days)];
      const container = lives.find(({ from, until }) => from <= at && until > at + HOUR);
      if (container) return { workload, container };
    }
    throw new Error('the simulated fleet is too small for so many attacks');
  };
  let place = 0;
  const target = () => `198.51.100.${100 + (place++ % 150)}`;
  const slot = () => judged + 2 * HOUR + (place % 40) * HOUR + 300;
  const uploads = [64 * KB, 256 * KB, 512 * KB, MB, 2 * MB, 4 * MB, 8 * MB, 16 * MB, 64 * MB, 256 * MB].map(
    (size) => {
      const at = slot();
      const { workload, container } = victim(at);
      return {
        family: 'upload',
        label: bytes(size),
        size,
        techniques: SENDING,
        entities: [`fleet/${workload.name}`],
        flows: [flow(at, container.address, target(), size)],
      };
    },
  );

  const floods = [0.2, 0.5, 1, 2, 5, 20].map((rate) => {
    const at = slot();
    const { workload, container } = victim(at);
    const to = target();
    const count = Math.round(rate * 5 * MINUTE);
    const empty = { service: '', port: 80, sent: 0, received: 0, seconds: 0, isRefused: true };
    return {
      family: 'flood',
      label: `${rate} connections/s for 5 min`,
      size: rate,
      techniques: ['T1498.001'],
      entities: [`fleet/${workload.name}`],
      flows: Array.from({ length: count }, (_, index) =>
        flow(at + index / rate, container.address, to, 0, empty),
      ),
    };
  });

  const fanIns = [false, true].flatMap((packs) =>
    [2, 3, 4, 6].map((sources) => {
      const at = slot();
      const sink = outsider((packs ? 180 : 190) + sources, `${packs ? 'store' : 'sink'}-${sources}`);
      const container = containerOf(seed, sink, 0, at - 60, at + HOUR);
      const victims = Array.from({ length: sources }, () => victim(at));
      return {
        family: packs ? 'fan-in, the packing is seen' : 'fan-in, connections alone',
        label: `${sources} workloads, 20 MB each`,
        size: sources,
        techniques: ['T1074.002'],
        entities: [`fleet/${sink.name}`],
        containers: [{ workload: sink, container }],
        commands: packs
          ? victims.map(({ container: from }, index) =>
              executed(from, at + 20 * index - 10, ['tar', 'czf', '/tmp/.c.tgz', '/srv/data']),
            )
          : [],
        flows: victims.map(({ container: from }, index) =>
          flow(at + 20 * index, from.address, container.address, 20 * MB, { port: 9000, service: '' }),
        ),
      };
    }),
  );
  return [...uploads, ...floods, ...fanIns];
}

/** Uploads at equal intervals by workloads that are not of the fleet: each interval and size as often as the judged days have room for. */
function rhythmsIn({ seed, start, days }) {
  const judged = start + LEARN * DAY;
  const rhythms = [
    [30, 20 * KB],
    [10 * MINUTE, 20 * KB],
    [HOUR, 20 * KB],
    [6 * HOUR, 20 * KB],
    [DAY, 20 * KB],
    [10 * MINUTE, 200 * KB],
    [HOUR, 200 * KB],
    [6 * HOUR, 200 * KB],
    [DAY, 200 * KB],
  ].flatMap(([period, size]) =>
    [4, 6, 8, 12, 24]
      .filter((count) => (count - 1) * 1.1 * period < (days - LEARN) * DAY - 12 * HOUR)
      .map((count) => ({ period, bytes: size, size: count })),
  );
  const begun = rhythms.map((rhythm, index) => ({
    ...rhythm,
    label: `${bytes(rhythm.bytes)} every ${span(rhythm.period)}, ${rhythm.size} times`,
    techniques: SENDING,
    to: `198.51.100.${100 + index}`,
    at: judged + HOUR + (index % 10) * HOUR,
    delays: beat(rhythm.size, rhythm.period),
  }));
  const oneContainer = begun.map(({ to, at, delays, ...rhythm }, index) => {
    const workload = outsider(100 + index, `helper-${index}`);
    const container = containerOf(seed, workload, 0, at - 20, at + delays.at(-1) + 60);
    return {
      ...rhythm,
      family: 'periodic, one container',
      entities: [`fleet/${workload.name}`],
      containers: [{ workload, container }],
      flows: delays.map((delay) => flow(at + delay, container.address, to, rhythm.bytes)),
    };
  });
  const newEachRun = begun.map(({ to, at, delays, ...rhythm }, index) => {
    const workload = outsider(150 + index, `report-${index}`);
    const containers = delays.map((delay, run) => ({
      workload,
      container: containerOf(seed, workload, run, at + delay - 3, at + delay + 20),
    }));
    return {
      ...rhythm,
      family: 'periodic, a new container each run',
      entities: [`fleet/${workload.name}`],
      containers,
      flows: containers.map(({ container }) => flow(container.from + 3, container.address, to, rhythm.bytes)),
    };
  });
  return [...oneContainer, ...newEachRun];
}

/** What the host's sensor says when a container executes a program. */
const executed = ({ id }, at, argv) => ({
  sensor: 'stowaway',
  record: 'exec',
  time: new Date(at * 1000).toISOString(),
  monotonic_ns: '1',
  pid: 4300,
  ppid: 4242,
  uid: 0,
  name: argv[0],
  parent: 'sh',
  container: id,
  cgroup: '4242',
  file: `/bin/${argv[0]}`,
  file_complete: true,
  argv,
  argv_complete: true,
});

/** Equal intervals, moved by up to a tenth. */
const beat = (count, period) =>
  Array.from({ length: count }, (_, index) => index * period + ((index * 0.618_034) % 1) * 0.1 * period);
const outsider = (index, name) => ({
  index,
  name,
  kind: 'web',
  image: 'registry.example/fleet/tool:1',
  services: [],
  weight: 1,
});
const bytes = (size) => (size >= MB ? `${size / MB} MB` : `${size / KB} kB`);
const span = (seconds) =>
  seconds >= DAY
    ? `${seconds / DAY} d`
    : seconds >= HOUR
      ? `${seconds / HOUR} h`
      : seconds >= MINUTE
        ? `${seconds / MINUTE} min`
        : `${seconds} s`;

function logsOf(attacks) {
  const flows = attacks.flatMap((attack) => attack.flows).sort((a, b) => a.at - b.at);
  const containers = attacks.flatMap((attack) => attack.containers ?? []);
  const commands = attacks.flatMap((attack) => attack.commands ?? []);
  const lines = (rows) => rows.map((row) => `${row}\n`).join('');
  return new Map([
    ['process.ndjson', lines(commands.map((record) => JSON.stringify(record)))],
    ['conn.log', lines(flows.map((one, index) => zeekLines(one, 1e9 + index).conn))],
    ['inspect.ndjson', lines(containers.map(({ workload, container }) => inspection(workload, container)))],
    [
      'engine-events.ndjson',
      lines(
        containers.flatMap(({ workload, container }) => [
          engineEvent(workload, container, 'create', container.from - 0.4),
          engineEvent(workload, container, 'start', container.from),
          engineEvent(workload, container, 'die', container.until),
        ]),
      ),
    ],
  ]);
}
