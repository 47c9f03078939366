// The written inputs of the strategy on direct network floods; for scripts/make-scenarios.mjs.
const FLOOD = 'T1498.001-direct-network-flood';
/** 2026-11-10 00:00:00 UTC, a Tuesday. */
const DAY_0 = 1_794_268_800;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
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
  download: { state: 'SF', out: [11_000, 573_000], back: [41_500, 62_200_000], seconds: 9 },
};

export function makeFloodScenarios({ drawing, write, writeLines, http }) {
  /** `perMinute` connections a minute from `from` to `to`, spread over `minutes`, a little unevenly. */
  const stream = (draw, { at, minutes, perMinute, from, to, port = 80, kind = 'empty', proto = 'tcp' }) => {
    const { state, out, back, seconds } = KINDS[kind];
    return Array.from({ length: Math.round(minutes * perMinute) }, (_, index) => ({
      ts: at + ((index + 0.8 * draw.random()) * MINUTE) / perMinute,
      line: [
        ...['', draw.uid().slice(0, 9), from, draw.port(), to, port, proto, seconds, state],
        ...[...out, ...back],
      ],
    }));
  };
  const writeConn = (scenario, rows, name = 'conn.log') => {
    const lines = [...rows]
      .sort((a, b) => a.ts - b.ts)
      .map(({ ts, line }) => [ts.toFixed(3), ...line.slice(1)].join('\t'));
    const head = ['#separator \\x09', '#path\tconn', `#fields\t${ZEEK_FIELDS.join('\t')}`];
    write(FLOOD, scenario, name, `${[...head, ...lines].join('\n')}\n`);
  };
  const range = (count) => Array.from({ length: count }, (_, index) => index);

  const synBetweenContainers = () => {
    const draw = drawing('syn-inside');
    const at = DAY_0 + 9 * HOUR;
    writeConn('fires-on-syn-flood-between-containers', [
      ...stream(draw, {
        at: at - 600,
        minutes: 20,
        perMinute: 6,
        from: '10.20.0.21',
        to: '10.20.0.40',
        kind: 'request',
      }),
      ...stream(draw, {
        at,
        minutes: 1,
        perMinute: 2900,
        from: '10.20.0.22',
        to: '10.20.0.40',
        kind: 'unanswered',
      }),
    ]);
  };
  const spikeAboveOwnDays = () => {
    const draw = drawing('own-days');
    const usual = { from: '10.20.0.23', to: '203.0.113.20', port: 443, kind: 'request' };
    writeConn('fires-on-spike-above-own-days', [
      ...range(5).flatMap((day) =>
        stream(draw, { ...usual, at: DAY_0 + day * DAY + 10 * HOUR, minutes: 4, perMinute: 45 }),
      ),
      ...stream(draw, { ...usual, at: DAY_0 + 4 * DAY + 11 * HOUR, minutes: 1, perMinute: 1500 }),
    ]);
  };
  const slowLoop = (scenario, { perMinute, minutes, from }) => {
    const draw = drawing(scenario);
    writeConn(scenario, stream(draw, { at: DAY_0 + 9 * HOUR, minutes, perMinute, from, to: '203.0.113.30' }));
  };
  const slowGrowth = () => {
    const draw = drawing('slow-growth');
    const from = '10.20.0.25';
    writeConn('fires-on-slow-growth-over-own-days', [
      ...range(3).flatMap((day) =>
        stream(draw, {
          at: DAY_0 + day * DAY + 9 * HOUR,
          minutes: 60,
          perMinute: 8,
          from,
          to: '203.0.113.31',
          port: 443,
          kind: 'request',
        }),
      ),
      ...stream(draw, {
        at: DAY_0 + 2 * DAY + 9.2 * HOUR,
        minutes: 40,
        perMinute: 40,
        from,
        to: '203.0.113.31',
        port: 443,
      }),
    ]);
  };
  const sprawl = (scenario, { members, perMinute, first }) => {
    const draw = drawing(scenario);
    writeConn(
      scenario,
      range(members).flatMap((index) =>
        stream(draw, {
          at: DAY_0 + 9 * HOUR + 7,
          minutes: 4.8,
          perMinute,
          from: `10.20.0.${first + index}`,
          to: '203.0.113.32',
        }),
      ),
    );
  };
  /** Requests over four connections that stay open, as http.log tells them; an engine event where there is a command. */
  const keepAlive = (scenario, { perMinute, command }) => {
    const draw = drawing(scenario);
    const at = DAY_0 + 9 * HOUR;
    const from = '10.20.0.60';
    const connections = range(4).map((index) => ({
      uid: draw.uid(),
      'id.orig_h': from,
      'id.orig_p': 40_000 + index,
      'id.resp_h': '203.0.113.33',
      'id.resp_p': 80,
    }));
    const requests = range(perMinute * 2).map((index) => ({
      ...http(
        { ...connections[index % 4], ts: at + (index * MINUTE) / perMinute },
        { method: 'GET', host: 'shop.example.net', uri: '/search', sent: 0, received: 900, agent: '' },
      ),
    }));
    writeLines(FLOOD, scenario, 'http.log', requests);
    writeConn(
      scenario,
      connections.map((each) => ({
        ts: at,
        line: [
          '',
          each.uid,
          from,
          each['id.orig_p'],
          '203.0.113.33',
          80,
          'tcp',
          120,
          'SF',
          perMinute,
          perMinute * 150,
          perMinute,
          perMinute * 400,
        ],
      })),
    );
    if (command)
      writeContainer(scenario, {
        name: 'app9',
        ip: from,
        at: at - HOUR,
        command: ['sleep', 'infinity'],
        exec: { at: at - 2, command },
      });
  };
  /** inspect.json of one container, and its exec as an engine event. */
  const writeContainer = (scenario, { name, ip, at, command, labels = {}, exec }) => {
    const id = name
      .padEnd(64, '0')
      .replace(/[^0-9a-f]/g, 'a')
      .slice(0, 64);
    const time = (seconds) => new Date(seconds * 1000).toISOString();
    const inspect = {
      Id: id,
      Name: `/${name}`,
      Created: time(at),
      Path: command[0],
      Args: command.slice(1),
      Image: `sha256:${'1'.repeat(64)}`,
      State: { Running: true, StartedAt: time(at), FinishedAt: '0001-01-01T00:00:00Z' },
      Config: { Image: 'registry.example/tools:1', Labels: labels, Env: [] },
      HostConfig: {
        NetworkMode: 'workloads',
        Privileged: false,
        CapAdd: exec?.capabilities ?? null,
        CapDrop: null,
      },
      Mounts: [],
      NetworkSettings: { Networks: { workloads: { IPAddress: ip } } },
    };
    write(FLOOD, scenario, 'inspect.json', `${JSON.stringify([inspect])}\n`);
    if (!exec) return;
    const action = `exec_create: ${exec.command}`;
    const event = {
      status: action,
      id,
      from: 'registry.example/tools:1',
      Type: 'container',
      Action: action,
      Actor: { ID: id, Attributes: { image: 'registry.example/tools:1', name } },
      scope: 'local',
      time: Math.floor(exec.at),
      timeNano: Math.floor(exec.at) * 1_000_000_000,
    };
    write(FLOOD, scenario, 'engine-events.ndjson', `${JSON.stringify(event)}\n`);
  };
  const kubectlRun = () => {
    const scenario = 'fires-on-kubectl-run-loop';
    const draw = drawing(scenario);
    const at = DAY_0 + 9 * HOUR;
    const loop = 'while true; do wget -q -O /dev/null http://203.0.113.34/; done';
    const pod = {
      kind: 'Pod',
      metadata: { name: 'web-test', namespace: 'default' },
      spec: { containers: [{ name: 'web-test', image: 'busybox:1', command: ['sh', '-c', loop] }] },
    };
    const audit = {
      ...{
        kind: 'Event',
        apiVersion: 'audit.k8s.io/v1',
        level: 'Request',
        auditID: '00000000-0000-4000-8000-0000000000f1',
      },
      ...{ stage: 'ResponseComplete', requestURI: '/api/v1/namespaces/default/pods', verb: 'create' },
      user: { username: 'alice@example.com' },
      sourceIPs: ['192.0.2.7'],
      objectRef: { resource: 'pods', namespace: 'default', name: 'web-test', apiVersion: 'v1' },
      responseStatus: { code: 201 },
      requestReceivedTimestamp: new Date((at - 3) * 1000).toISOString(),
      stageTimestamp: new Date((at - 3) * 1000).toISOString(),
      requestObject: pod,
    };
    write(FLOOD, scenario, 'audit.ndjson', `${JSON.stringify(audit)}\n`);
    writeContainer(scenario, {
      ...{ name: 'k8s_web-test', ip: '10.20.0.61', at: at - 2, command: ['sh', '-c', loop] },
      labels: { 'io.kubernetes.pod.name': 'web-test', 'io.kubernetes.pod.namespace': 'default' },
    });
    writeConn(
      scenario,
      stream(draw, {
        at,
        minutes: 1.5,
        perMinute: 900,
        from: '10.20.0.61',
        to: '203.0.113.34',
        kind: 'request',
      }),
    );
  };

  const deploy = () => {
    const draw = drawing('deploy');
    const at = DAY_0 + 9 * HOUR;
    writeConn(
      'quiet-deploy-with-updates',
      range(20).flatMap((index) => [
        ...stream(draw, {
          at,
          minutes: 0.8,
          perMinute: 25,
          from: `10.20.1.${10 + index}`,
          to: '10.20.0.5',
          port: 8500,
          kind: 'request',
        }),
        ...stream(draw, {
          at: at + 5,
          minutes: 0.05,
          perMinute: 20,
          from: `10.20.1.${10 + index}`,
          to: '203.0.113.80',
          port: 443,
          kind: 'download',
        }),
      ]),
    );
  };
  const nightlySpike = () => {
    const draw = drawing('nightly-spike');
    writeConn(
      'quiet-nightly-spike',
      range(5).flatMap((day) =>
        stream(draw, {
          at: DAY_0 + day * DAY + 2 * HOUR + 600 * draw.random(),
          minutes: 1.5,
          perMinute: 800 + (day === 4 ? 150 : 0),
          from: '10.20.0.70',
          to: '203.0.113.40',
          port: 443,
          kind: 'request',
        }),
      ),
    );
  };
  const churn = () => {
    const draw = drawing('churn');
    writeConn(
      'quiet-connection-churn-to-a-database',
      stream(draw, {
        at: DAY_0 + 9 * HOUR,
        minutes: 4,
        perMinute: 900,
        from: '10.20.0.71',
        to: '10.20.0.6',
        port: 5432,
        kind: 'query',
      }),
    );
  };
  const healthChecks = () => {
    const draw = drawing('health-checks');
    writeConn(
      'quiet-health-checks-of-forty-backends',
      range(40).flatMap((index) =>
        stream(draw, {
          at: DAY_0 + 9 * HOUR + index / 40,
          minutes: 3,
          perMinute: 30,
          from: '10.20.0.72',
          to: `10.20.2.${10 + index}`,
          port: 8080,
        }),
      ),
    );
  };
  const crawler = () => {
    const draw = drawing('crawler');
    const at = DAY_0 + 9 * HOUR;
    const target = (index) => `${['198.51.100', '203.0.113'][index % 2]}.${1 + ((index * 7) % 250)}`;
    writeConn(
      'quiet-crawler',
      range(500).flatMap((index) => [
        ...stream(draw, {
          at,
          minutes: 2,
          perMinute: 2.5,
          from: '10.20.0.73',
          to: target(index),
          port: 443,
          kind: index % 9 === 0 ? 'unanswered' : 'request',
        }),
      ]),
    );
  };
  const outage = () => {
    const draw = drawing('outage');
    const at = DAY_0 + 9 * HOUR;
    const client = (index) => ({ from: `10.20.0.${80 + index}`, to: '10.20.0.7', port: 5432 });
    writeConn(
      'quiet-outage-of-a-known-database',
      range(6).flatMap((index) => [
        ...stream(draw, { ...client(index), at: at - 40 * MINUTE, minutes: 40, perMinute: 4, kind: 'query' }),
        ...stream(draw, { ...client(index), at, minutes: 1.5, perMinute: 400, kind: 'refused' }),
      ]),
    );
  };
  const meshSidecar = () => {
    const scenario = 'quiet-mesh-sidecar';
    const draw = drawing(scenario);
    const at = DAY_0 + 9 * HOUR;
    const command =
      'sh -c iptables -t nat -N PROXY_REDIRECT; iptables -t nat -A PROXY_REDIRECT -p tcp -j REDIRECT --to-ports 15001; iptables -t nat -A OUTPUT -p tcp -j PROXY_REDIRECT; ip route show';
    writeContainer(scenario, {
      name: 'mesh-init',
      ip: '10.20.0.62',
      at: at - 60,
      command: ['sleep', '60'],
      exec: { at: at - 2, command, capabilities: ['NET_ADMIN'] },
    });
    writeConn(
      scenario,
      stream(draw, {
        at,
        minutes: 3,
        perMinute: 40,
        from: '10.20.0.62',
        to: '203.0.113.41',
        port: 443,
        kind: 'request',
      }),
    );
  };

  const answeredOnly = () => {
    const draw = drawing('answered-only');
    writeConn(
      'misses-answered-requests-of-a-new-container',
      stream(draw, {
        at: DAY_0 + 9 * HOUR,
        minutes: 1,
        perMinute: 3000,
        from: '10.20.0.90',
        to: '203.0.113.50',
        kind: 'request',
      }),
    );
  };
  const forged = () => {
    const draw = drawing('forged');
    const rows = stream(draw, {
      at: DAY_0 + 9 * HOUR,
      minutes: 1,
      perMinute: 1500,
      from: '',
      to: '203.0.113.51',
      kind: 'unanswered',
    });
    for (const row of rows) row.line[2] = `198.51.100.${1 + Math.floor(draw.random() * 254)}`;
    writeConn('misses-forged-source-addresses', rows);
  };
  const longFlow = () => {
    const at = DAY_0 + 9 * HOUR;
    // 60,000 packets in twenty seconds of ten hours.
    const line = [
      '',
      'Clongflow',
      '10.20.0.91',
      40_123,
      '203.0.113.52',
      9999,
      'udp',
      10 * HOUR,
      'S0',
      66_000,
      9_768_000,
      0,
      0,
    ];
    writeConn('misses-flood-inside-a-long-lived-flow', [{ ts: at, line }]);
  };

  for (const make of [
    synBetweenContainers,
    spikeAboveOwnDays,
    () =>
      slowLoop('fires-on-slow-loop-of-a-new-container', { perMinute: 118, minutes: 5, from: '10.20.0.24' }),
    slowGrowth,
    () => sprawl('fires-on-sprawl-of-silent-connections', { members: 12, perMinute: 50, first: 30 }),
    () =>
      keepAlive('fires-on-keep-alive-request-flood', {
        perMinute: 1200,
        command: 'wrk -t4 -c4 -d120s http://shop.example.net/search',
      }),
    kubectlRun,
    deploy,
    nightlySpike,
    churn,
    healthChecks,
    crawler,
    () => slowLoop('quiet-waiting-for-a-database', { perMinute: 59, minutes: 30, from: '10.20.0.74' }),
    outage,
    meshSidecar,
    () => slowLoop('misses-flood-as-slow-as-who-waits', { perMinute: 64, minutes: 30, from: '10.20.0.92' }),
    answeredOnly,
    forged,
    longFlow,
    () => sprawl('misses-four-modest-workloads', { members: 4, perMinute: 60, first: 95 }),
    () => keepAlive('misses-requests-below-the-ceiling', { perMinute: 550 }),
  ])
    make();
}
