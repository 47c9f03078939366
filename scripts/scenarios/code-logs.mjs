// Written inputs of T1567.001 that registries and code hosts write; scripts/make-scenarios.mjs gives the tools.
const CODE = 'T1567.001-exfiltration-to-code-repository';

export function codeLogs(tools) {
  const { DAY_0, HOUR, DAY, KB, MB, drawing, range, write, writeLines, conn, containerUid, inspectOf } =
    tools;
  const lines = (scenario, name, rows) => writeLines(CODE, scenario, name, rows);

  /** What a registry posts: a push of one layer and its manifest a day, then the last one. */
  function registry() {
    const event = (draw, at, target, agent = 'docker/27.3.1 go/go1.22.7') => ({
      events: [
        {
          id: draw.uid(),
          timestamp: new Date(at * 1000).toISOString(),
          action: 'push',
          target: { mediaType: 'application/octet-stream', repository: 'shop/app', ...target },
          request: {
            id: draw.uid(),
            addr: '192.0.2.20:41000',
            host: 'registry.example',
            method: 'PUT',
            useragent: agent,
          },
          actor: { name: 'ci' },
          source: { addr: 'registry:5000' },
        },
      ],
    });
    const blob = (draw, bytes, repository = 'shop/app') => ({
      size: bytes,
      length: bytes,
      digest: `sha256:${draw.uid()}`,
      repository,
      url: `https://registry.example/v2/${repository}/blobs/sha256:${draw.uid()}`,
    });
    const manifest = (draw, referred) => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      size: 900,
      length: 900,
      digest: `sha256:${draw.uid()}`,
      url: 'https://registry.example/v2/shop/app/manifests/1',
      ...(referred && { references: [{ mediaType: 'application/octet-stream', size: 1, digest: referred }] }),
    });
    const days = (draw) =>
      range(8).flatMap((day) => [
        event(draw, DAY_0 + day * DAY + 2 * HOUR, blob(draw, Math.round(draw.around(3 * MB, 0.3)))),
        event(draw, DAY_0 + day * DAY + 2 * HOUR + 2, manifest(draw)),
      ]);
    const at = DAY_0 + 8 * DAY + 2 * HOUR;
    /** A dead drop, and ten minutes later the manifest of something else. */
    const beside = (draw, referred) => {
      const drop = event(draw, at, blob(draw, 70 * MB, 'tmp/cache'), 'curl/8.5.0');
      return [
        drop,
        event(draw, at + 600, { ...manifest(draw, referred), repository: 'tmp/cache' }, 'curl/8.5.0'),
      ];
    };
    const sets = {
      'fires-on-data-in-an-image-layer': (draw) => [
        event(draw, at, blob(draw, 300 * MB)),
        event(draw, at + 5, manifest(draw)),
      ],
      'quiet-usual-pushes-of-a-registry': (draw) => [
        event(draw, at, blob(draw, 24 * MB)),
        event(draw, at + 5, manifest(draw)),
      ],
      'fires-on-a-blob-without-manifest': (draw) => [
        event(draw, at, blob(draw, 70 * MB, 'tmp/cache'), 'curl/8.5.0'),
      ],
      'quiet-small-blob-without-manifest': (draw) => [
        event(draw, at, blob(draw, 250 * KB, 'tmp/cache'), 'curl/8.5.0'),
      ],
      'quiet-manifest-after-the-turn-of-the-hour': (draw) => [
        event(draw, at + HOUR - 5, blob(draw, 70 * MB, 'tmp/cache')),
        event(draw, at + HOUR + 2, { ...manifest(draw), repository: 'tmp/cache' }),
      ],
      'fires-on-a-blob-beside-another-manifest': (draw) => beside(draw, `sha256:${draw.uid()}`),
      'misses-blob-beside-another-manifest': (draw) => beside(draw),
    };
    for (const [scenario, end] of Object.entries(sets)) {
      const draw = drawing(scenario);
      lines(scenario, 'notifications.ndjson', [...days(draw), ...end(draw)]);
    }
    behindNat('fires-on-a-blob-from-a-shared-port', (draw) => [
      event(draw, DAY_0 + 7, blob(draw, 70 * MB, 'tmp/cache'), 'curl/8.5.0'),
    ]);
    runners('quiet-runners-without-an-account', (draw, at, client) =>
      [event(draw, at, blob(draw, 70 * MB)), event(draw, at + 2, manifest(draw))].map((told) => {
        const [only] = told.events;
        return {
          events: [{ ...only, actor: {}, request: { ...only.request, addr: `${client}:41000` } }],
        };
      }),
    );
    write(
      CODE,
      'quiet-refused-upload',
      'access.log',
      '192.0.2.20 - - [10/Nov/2026:01:00:00 +0000] "PATCH /v2/tmp/x/blobs/uploads/7c HTTP/1.1" 401 0 "-" "curl/8.5.0" 70000000\n',
    );
  }

  /** Two containers whose connections to different servers have one port behind NAT; the first uploads. */
  function behindNat(scenario, events) {
    const draw = drawing(scenario);
    const flow = (at, from, to, port, bytes, id) => {
      const out = `src=${from} dst=${to} sport=40000 dport=${port}`;
      const back = `src=${to} dst=192.0.2.20 sport=${port} dport=41000`;
      const stamp = (seconds) => `[${(at + seconds).toFixed(6)}]`;
      return [
        `${stamp(0)}\t    [NEW] ipv4     2 tcp      6 120 SYN_SENT ${out} [UNREPLIED] ${back} id=${id}`,
        `${stamp(8)}\t[DESTROY] ipv4     2 tcp      6 ${out} packets=60000 bytes=${bytes} ${back} packets=100 bytes=5000 [ASSURED] id=${id}`,
      ];
    };
    const rows = [
      ...flow(DAY_0, '10.20.0.85', '203.0.113.36', 5000, 100 * KB, 111),
      ...flow(DAY_0 + 3, '10.20.0.86', '203.0.113.37', 8443, 5 * KB, 222),
    ];
    write(CODE, scenario, 'conntrack-events.txt', `${rows.join('\n')}\n`);
    lines(scenario, 'notifications.ndjson', events(draw));
  }

  /** A runner a day, each with an address of its own, that pushes to a registry which asks for no account. */
  function runners(scenario, pushes) {
    const draw = drawing(scenario);
    const days = range(10).map((day) => ({ at: DAY_0 + day * DAY + 2 * HOUR, ip: `10.20.0.${100 + day}` }));
    const labels = { 'com.docker.compose.project': 'ci', 'com.docker.compose.service': 'build' };
    const jobs = days.map(({ at, ip }, day) => ({
      ...{ uid: containerUid(draw), name: `ci-build-${day}`, image: 'shop/builder:4', labels, ip },
      ...{ startedAt: at - 60, command: ['sleep', 'infinity'] },
    }));
    write(CODE, scenario, 'inspect.json', `${JSON.stringify(jobs.map(inspectOf), null, 1)}\n`);
    const sent = { to: '203.0.113.36', fromPort: 41000, sent: 80 * MB, received: 90 * KB, seconds: 12 };
    lines(
      scenario,
      'conn.log',
      days.map(({ at, ip }) => conn(draw, { ...sent, at: at - 6, from: ip })),
    );
    lines(
      scenario,
      'notifications.ndjson',
      days.flatMap(({ at, ip }) => pushes(draw, at, ip)),
    );
  }

  function codeHost() {
    const event = (at, action, more) => ({
      '@timestamp': (DAY_0 + at) * 1000,
      _document_id: `d${at}`,
      action,
      actor: 'dev7',
      actor_ip: '192.0.2.20',
      org: 'shop',
      repo: 'shop/backup',
      user_agent: 'git/2.45.2',
      ...more,
    });
    lines('fires-on-repository-made-public', 'audit.ndjson', [
      event(100, 'git.push', { repo: 'shop/app' }),
      event(3600, 'repo.access', { previous_visibility: 'private', visibility: 'public' }),
    ]);
    lines('quiet-repository-made-and-kept-private', 'audit.ndjson', [
      event(100, 'git.push', { repo: 'shop/app' }),
      event(3600, 'repo.create', { visibility: 'private' }),
      event(3700, 'git.fetch', {}),
    ]);
    lines('quiet-open-repository-handed-over', 'audit.ndjson', [
      event(100, 'git.push', { repo: 'shop/app' }),
      event(3600, 'repo.transfer', { public_repo: true, visibility: 'public' }),
    ]);
    const made = (visibility) => [
      event(100, 'git.push', { repo: 'shop/app' }),
      event(3600, 'repo.create', { visibility }),
      event(3700, 'git.push', {}),
    ];
    lines('fires-on-push-to-a-new-public-repository', 'audit.ndjson', made('public'));
    lines('quiet-push-to-a-new-private-repository', 'audit.ndjson', made('private'));
  }

  registry();
  codeHost();
}
