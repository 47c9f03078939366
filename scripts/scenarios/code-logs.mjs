// Written inputs of T1567.001 that registries and code hosts write; scripts/make-scenarios.mjs gives the tools.
const CODE = 'T1567.001-exfiltration-to-code-repository';

export function codeLogs({ DAY_0, HOUR, DAY, KB, MB, drawing, range, writeLines }) {
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
    const manifest = (draw) => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      size: 900,
      length: 900,
      digest: `sha256:${draw.uid()}`,
      url: 'https://registry.example/v2/shop/app/manifests/1',
    });
    const days = (draw) =>
      range(8).flatMap((day) => [
        event(draw, DAY_0 + day * DAY + 2 * HOUR, blob(draw, Math.round(draw.around(3 * MB, 0.3)))),
        event(draw, DAY_0 + day * DAY + 2 * HOUR + 2, manifest(draw)),
      ]);
    const at = DAY_0 + 8 * DAY + 2 * HOUR;
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
    };
    for (const [scenario, end] of Object.entries(sets)) {
      const draw = drawing(scenario);
      lines(scenario, 'notifications.ndjson', [...days(draw), ...end(draw)]);
    }
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
