import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { ConfigSchema } from '../src/model/config.js';
import type { KubernetesAction } from '../src/respond/kubernetes/objects.js';
import { rbacForAction, STANDING_ACTIONS } from '../src/respond/kubernetes/rbac.js';
import { schemaErrors } from '../src/respond/kubernetes/testing/schema.js';
import { root } from './recorded.js';

/** What is under deploy/, read by the tools it is for. */

const deploy = (...names: string[]): string => join(root, 'deploy', ...names);
const read = (...names: string[]): string => readFileSync(deploy(...names), 'utf8');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-deploy-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Says aloud why a tool's part is skipped; in CI, where everything can be had, that is a failure. */
function tool(name: string, find: () => string | null): string | null {
  const path = find();
  if (path !== null) return path;
  if (process.env.CI && process.getuid?.() === 0) throw new Error(`${name} is not here, in CI`);
  console.log(`SKIP: what needs ${name}`);
  return null;
}

const isHere = (program: string): string | null =>
  spawnSync(program, ['--version']).status === 0 ? program : null;

describe('the image', () => {
  const lines = read('Dockerfile')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line));
  const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
  const given = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));

  test('is given what is there, and nothing that is nobody’s business', () => {
    expect(ignored.find((line) => line !== '' && !line.startsWith('#'))).toBe('*');
    for (const path of given) expect(existsSync(join(root, path)), path).toBe(true);
    const copied = lines
      .filter((line) => /^COPY (?!--from)/.test(line))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    for (const path of copied) expect(['.', ...given]).toContain(path);
  });

  test('is made for an account that is not root, with a check of its health', () => {
    expect(lines.filter((line) => line.startsWith('USER'))).toEqual(['USER 1000:1000']);
    expect(lines.findLast((line) => line.startsWith('ARG BASE'))).toMatch(/^ARG BASE=node:\d+-\w+-slim$/);
    expect(lines.filter((line) => /^(?:HEALTHCHECK|VOLUME|ENTRYPOINT)/.test(line))).toHaveLength(3);
  });

  test('has all that serve needs, and tells when it is ready', async () => {
    const image = join(folder, 'image');
    for (const path of given.filter((name) => !/^(?:src|tsconfig|package-lock)/.test(name)))
      cpSync(join(root, path), join(image, path), {
        recursive: true,
        filter: (from) => !/strategies\/[^/]+\/(?:scenarios|recordings)/.test(from),
      });
    cpSync(join(root, 'dist'), join(image, 'dist'), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(image, 'node_modules'));
    const env = {
      PATH: process.env.PATH,
      STOWAWAY_SERVE_STATE: join(folder, 'state'),
      STOWAWAY_LISTEN: '127.0.0.1:0',
    };
    const health = () => spawnSync(process.execPath, [join(image, 'deploy', 'healthy.mjs')], { env }).status;
    mkdirSync(env.STOWAWAY_SERVE_STATE);
    expect(health()).not.toBe(0);
    const server = spawn(process.execPath, [join(image, 'dist', 'cli', 'main.js'), 'serve', '--no-host'], {
      cwd: folder,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    server.stderr.on('data', (piece) => {
      said += piece;
    });
    const ended = new Promise<number | null>((resolve) => server.on('close', resolve));
    try {
      for (let tries = 0; health() !== 0 && server.exitCode === null && tries < 120; tries += 1)
        await sleep(500);
      expect(health(), said).toBe(0);
    } finally {
      server.kill('SIGTERM');
    }
    expect(await ended, said).toBe(0);
    expect(health()).toBe(1);
  }, 180_000);
});

describe('compose', () => {
  const compose = tool('docker compose', () =>
    spawnSync('docker', ['compose', 'version']).status === 0 ? 'docker' : isHere('docker-compose'),
  );

  test.skipIf(!compose)('takes the file', () => {
    const words = compose === 'docker' ? ['compose'] : [];
    const { status, stdout, stderr } = spawnSync(
      compose!,
      [...words, '-f', deploy('compose', 'compose.yaml'), 'config'],
      {
        encoding: 'utf8',
      },
    );
    expect(status, stderr).toBe(0);
    expect(Object.keys((parse(stdout) as { services: object }).services).sort()).toEqual([
      'clickhouse',
      'stowaway',
    ]);
  });

  interface Service {
    ports?: string[];
    secrets: (string | { source: string })[];
    volumes: string[];
    networks: string[];
    environment: Record<string, string>;
    [key: string]: unknown;
  }
  const file = parse(read('compose', 'compose.yaml')) as {
    services: Record<string, Service>;
    networks: Record<string, { internal?: boolean } | null>;
    secrets: Record<string, { file: string }>;
  };

  test('the server is held to what it needs; only the loopback address is published', () => {
    const { stowaway, clickhouse } = file.services as Record<'stowaway' | 'clickhouse', Service>;
    expect(stowaway).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    expect(stowaway.ports).toEqual(['127.0.0.1:8470:8470']);
    expect(clickhouse.ports).toBeUndefined();
    expect(file.networks[clickhouse.networks[0]!]?.internal).toBe(true);
    for (const { environment, secrets } of Object.values(file.services)) {
      expect(JSON.stringify(environment)).not.toMatch(/password|PASSWORD/);
      for (const secret of secrets)
        expect(file.secrets).toHaveProperty([typeof secret === 'string' ? secret : secret.source]);
    }
  });

  test('what is mounted is there, and the configuration is one', () => {
    const mounted = Object.values(file.services)
      .flatMap(({ volumes }) => volumes)
      .filter((one) => one.startsWith('.'));
    expect(mounted.length).toBeGreaterThan(1);
    for (const one of mounted) expect(existsSync(deploy('compose', one.split(':')[0]!)), one).toBe(true);
    const { serve } = ConfigSchema.parse(parse(read('compose', 'stowaway.yaml')));
    expect(serve).toMatchObject({ listen: '0.0.0.0:8470', insecure: true });
  });
});

describe('systemd', () => {
  const analyze = tool('systemd-analyze', () => isHere('systemd-analyze'));
  const units = readdirSync(deploy('systemd'));

  let machine: string;
  beforeAll(() => {
    machine = join(folder, 'machine');
    for (const path of ['etc/systemd/system', 'usr/local/bin', 'usr/lib/systemd'])
      mkdirSync(join(machine, path), { recursive: true });
    writeFileSync(join(machine, 'usr', 'local', 'bin', 'stowaway'), '#!/bin/sh\n', { mode: 0o755 });
    // The targets that every service hangs on.
    if (analyze)
      cpSync('/usr/lib/systemd/system', join(machine, 'usr', 'lib', 'systemd', 'system'), {
        recursive: true,
        verbatimSymlinks: true,
      });
    cpSync(deploy('systemd'), join(machine, 'etc', 'systemd', 'system'), { recursive: true });
  });

  test.skipIf(!analyze).each(units)('%s has no word that systemd does not know', (unit) => {
    const verify = () =>
      spawnSync('systemd-analyze', ['verify', '--man=no', `--root=${machine}`, unit], { encoding: 'utf8' });
    expect(verify()).toMatchObject({ status: 0, stderr: '' });
    // It would have told.
    const place = join(machine, 'etc', 'systemd', 'system', unit);
    writeFileSync(place, read('systemd', unit).replace('ProtectSystem=', 'ProtectSystems='));
    expect(verify().stderr).toMatch(/Unknown key.* 'ProtectSystems'/);
    writeFileSync(place, read('systemd', unit));
  });

  test.skipIf(!analyze)('the server without sensors is exposed as little as systemd can tell', () => {
    const { stdout } = spawnSync(
      'systemd-analyze',
      ['security', '--offline=true', '--no-pager', deploy('systemd', 'stowaway.service')],
      { encoding: 'utf8' },
    );
    expect(Number(/exposure level for stowaway.service: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThan(2);
  });
});

describe('helm', () => {
  const helm = tool('helm', () => {
    const cached = existsSync(join(root, 'node_modules', '.cache', 'stowaway'));
    if (!process.env.CI && !cached && isHere('helm') === null) return null;
    const { status, stdout } = spawnSync(process.execPath, [join(root, 'scripts', 'fetch-helm.mjs')], {
      encoding: 'utf8',
    });
    return status === 0 ? stdout.trim() : null;
  });
  const chart = deploy('helm', 'stowaway');

  interface Rendered {
    kind: string;
    metadata: { name: string; namespace?: string };
    data: Record<string, string>;
    spec: Record<string, unknown>;
    rules: unknown;
  }

  function template(values: object) {
    const file = join(folder, 'values.json');
    writeFileSync(file, JSON.stringify(values));
    const { status, stdout, stderr } = spawnSync(
      helm!,
      ['template', 'x', chart, '--namespace', 'here', '--values', file],
      { encoding: 'utf8' },
    );
    return {
      status,
      stderr,
      objects: parseAllDocuments(stdout)
        .map((one) => one.toJS() as Rendered)
        .filter((one) => one !== null),
    };
  }
  const rendered = (values: object): Rendered[] => {
    const { status, stderr, objects } = template(values);
    expect(status, stderr).toBe(0);
    return objects;
  };
  const one = (objects: Rendered[], kind: string): Rendered =>
    objects.find((object) => object.kind === kind)!;

  const FULL = {
    config: { serve: { tick_seconds: 2, journal_bytes: 2147483648 }, sanctioned: [] },
    tls: { secretName: 'cert' },
    clickhouse: { secretName: 'tables' },
    storage: { className: 'fast' },
    imagePullSecrets: [{ name: 'pull' }],
    podAnnotations: { a: 'b' },
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'a', operator: 'Exists' }],
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
    networkPolicy: {
      from: [{ namespaceSelector: {} }],
      egress: [{ to: [{ ipBlock: { cidr: '192.0.2.0/24' } }] }],
    },
    serviceMonitor: { enabled: true, tokenSecret: { name: 'scrape' } },
    respond: {
      actions: STANDING_ACTIONS,
      namespaces: ['shop', 'till'],
      subjects: [{ kind: 'ServiceAccount', name: 'responder', namespace: 'soc' }],
    },
  };

  test.skipIf(!helm)('lints', () => {
    const { status, stdout } = spawnSync(helm!, ['lint', '--strict', chart], { encoding: 'utf8' });
    expect(stdout).toContain('0 chart(s) failed');
    expect(status).toBe(0);
  });

  test.skipIf(!helm).each([
    ['as it comes', {}],
    ['with everything', FULL],
  ])('%s, every object is valid for Kubernetes', (_, values) => {
    const objects = rendered(values).filter(({ kind }) => kind !== 'ServiceMonitor');
    expect(objects.length).toBeGreaterThan(4);
    expect(
      objects.flatMap((object) =>
        schemaErrors(object).map((error) => `${object.kind} ${object.metadata.name} ${error}`),
      ),
    ).toEqual([]);
  });

  test.skipIf(!helm)('the pod has no right that it does not need', () => {
    for (const values of [{}, FULL]) {
      const { spec } = one(rendered(values), 'StatefulSet') as unknown as {
        spec: {
          replicas: number;
          template: { spec: Record<string, unknown> & { containers: Record<string, unknown>[] } };
        };
      };
      expect(spec.replicas).toBe(1);
      const pod = spec.template.spec;
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(pod.containers).toMatchObject([
        {
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ]);
      expect(JSON.stringify(pod)).not.toMatch(/hostPath|hostNetwork|hostPID|privileged/);
    }
  });

  test.skipIf(!helm)(
    'the configuration is one that serve takes, with TLS where a certificate is named',
    () => {
      const configOf = (values: object) =>
        ConfigSchema.parse(parse(one(rendered(values), 'ConfigMap').data['stowaway.yaml']!)).serve;
      expect(configOf({})).toMatchObject({ listen: '0.0.0.0:8470', insecure: true });
      expect(configOf(FULL)).toMatchObject({
        ...{ listen: '0.0.0.0:8470', insecure: false, tick_seconds: 2, journal_bytes: 2147483648 },
        tls: { cert: '/run/secrets/tls/tls.crt', key: '/run/secrets/tls/tls.key' },
      });
    },
  );

  test.skipIf(!helm)('nobody gets in unless named; names are met in the policy', () => {
    expect(one(rendered({}), 'NetworkPolicy').spec.ingress).toEqual([]);
    expect(one(rendered(FULL), 'NetworkPolicy').spec).toMatchObject({
      ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ port: 'api' }] }],
      egress: [{ ports: [{ port: 53 }, { port: 53 }] }, { to: [{ ipBlock: { cidr: '192.0.2.0/24' } }] }],
    });
  });

  test.skipIf(!helm)('rights to respond are those that `respond rbac` prints, and none by default', () => {
    expect(rendered({}).filter(({ kind }) => kind.startsWith('Role'))).toEqual([]);
    const roles = rendered(FULL).filter(({ kind }) => kind === 'Role');
    expect(roles).toHaveLength(2 * STANDING_ACTIONS.length);
    for (const { metadata, rules } of roles) {
      const action = metadata.name.replace('x-stowaway-respond-', '') as KubernetesAction;
      const subject = { kind: 'ServiceAccount', name: 'responder', namespace: 'soc' } as const;
      const printed = rbacForAction(action, { subject, namespace: metadata.namespace! }).find(
        ({ kind }) => kind === 'Role',
      );
      expect(rules, action).toEqual((printed as unknown as Rendered).rules);
    }
  });

  test.skipIf(!helm).each([
    ['a key it does not know', { replicas: 3 }, 'replicas'],
    ['what is the chart’s', { config: { serve: { listen: '127.0.0.1:1' } } }, 'listen'],
    ['a database that is no name', { clickhouse: { database: 'a b' } }, 'database'],
    ['metrics without a token', { serviceMonitor: { enabled: true } }, 'tokenSecret'],
    ['rights for nobody', { respond: { actions: ['delete-pod'], namespaces: ['a'] } }, 'name who responds'],
    ['rights that are too wide to stand', { respond: { actions: ['remove-subject'] } }, 'actions'],
  ])('refuses %s', (_, values, said) => {
    const { status, stderr } = template(values);
    expect(status).not.toBe(0);
    expect(stderr).toContain(said);
  });
});
