import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { ConfigSchema } from '../src/model/config.js';
import type { KubernetesAction } from '../src/respond/kubernetes/objects.js';
import { rbacForAction, STANDING_ACTIONS } from '../src/respond/kubernetes/rbac.js';
import { schemaErrors } from '../src/respond/kubernetes/testing/schema.js';
import { deploy, isHere, tool } from './deploy-tools.js';
import { root } from './recorded.js';

/** The chart, rendered by helm. */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-helm-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

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
    config: {
      serve: { tick_seconds: 2, journal_bytes: 2147483648 },
      sanctioned: [],
      intel: ['/run/stowaway/config/lists/bad.txt'],
      inputs: { syslog: { udp: '0.0.0.0:5514', tcp: '[::]:5515' } },
      notify: {
        channels: [
          { name: 'soc', type: 'slack', url_file: '/run/stowaway/secrets/channels/slack' },
          { name: 'oncall', type: 'pagerduty', secret_env: 'PAGER_KEY' },
        ],
      },
    },
    tls: { secretName: 'cert' },
    clickhouse: { secretName: 'tables' },
    extraSecrets: [{ name: 'channels' }, { name: 'kafka', items: [{ key: 'ca.crt', path: 'ca.pem' }] }],
    secretEnv: [{ name: 'PAGER_KEY', secretName: 'pager', key: 'key' }],
    extraConfigMaps: [
      { name: 'lists' },
      { name: 'own', items: [{ key: 'strategy', path: 'all/T1041-ours/strategy.md' }] },
    ],
    sources: ['/run/stowaway/config/lists/acme.source.yaml'],
    strategies: ['/run/stowaway/config/own/all'],
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

  interface Pod {
    containers: {
      args: string[];
      env?: object[];
      ports: object[];
      volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
    }[];
    volumes: { name: string; secret?: object; configMap?: object }[];
  }
  const podOf = (objects: Rendered[]): Pod =>
    (one(objects, 'StatefulSet').spec as { template: { spec: Pod } }).template.spec;

  test.skipIf(!helm)(
    'secrets of channels, lists and strategies are where the configuration names them',
    () => {
      const { containers, volumes } = podOf(rendered(FULL));
      const { args, env, volumeMounts } = containers[0]!;
      const mountOf = (path: string) => volumeMounts.find(({ mountPath }) => mountPath === path)!;
      const volumeAt = (path: string) => volumes.find(({ name }) => name === mountOf(path).name);
      for (const path of ['secrets/channels', 'secrets/kafka', 'config/lists', 'config/own'])
        expect(mountOf(`/run/stowaway/${path}`)).toMatchObject({ readOnly: true });
      expect(volumeAt('/run/stowaway/secrets/channels')).toMatchObject({
        secret: { secretName: 'channels', defaultMode: 0o440 },
      });
      expect(volumeAt('/run/stowaway/secrets/kafka')).toMatchObject({
        secret: { items: [{ key: 'ca.crt', path: 'ca.pem' }] },
      });
      expect(volumeAt('/run/stowaway/config/own')).toMatchObject({
        configMap: { name: 'own', items: [{ path: 'all/T1041-ours/strategy.md' }] },
      });
      expect(env).toContainEqual({
        name: 'PAGER_KEY',
        valueFrom: { secretKeyRef: { name: 'pager', key: 'key' } },
      });
      expect(args.slice(4)).toEqual(['--sources', FULL.sources[0], '--strategies', FULL.strategies[0]]);
    },
  );

  test.skipIf(!helm)(
    'who listens for syslog is reached by it through the Service, and nobody else is',
    () => {
      const ports = (objects: Rendered[]) => one(objects, 'Service').spec.ports as { name: string }[];
      expect(ports(rendered({})).map(({ name }) => name)).toEqual(['http']);
      expect(ports(rendered(FULL))).toMatchObject([
        { name: 'https', port: 8470, targetPort: 'api' },
        { name: 'syslog-tcp', port: 5515, targetPort: 'syslog-tcp', protocol: 'TCP' },
        { name: 'syslog-udp', port: 5514, targetPort: 'syslog-udp', protocol: 'UDP' },
      ]);
      expect(podOf(rendered(FULL)).containers[0]!.ports.slice(1)).toEqual([
        { name: 'syslog-tcp', containerPort: 5515, protocol: 'TCP' },
        { name: 'syslog-udp', containerPort: 5514, protocol: 'UDP' },
      ]);
    },
  );

  test.skipIf(!helm)('a release has the part in a cluster that it is given, else all of it', () => {
    const roleOf = (values: object) => podOf(rendered(values)).containers[0]!.args.slice(0, 4);
    expect(roleOf({})).toEqual(['serve', '--no-host', '--role', 'all']);
    const shared = { config: { serve: { cluster: { name: 'soc' } } }, clickhouse: { secretName: 'tables' } };
    for (const role of ['all', 'ingest', 'schedule'])
      expect(roleOf({ ...shared, role })).toEqual(['serve', '--no-host', '--role', role]);
  });

  test.skipIf(!helm)('nobody gets in unless named; names are met in the policy', () => {
    expect(one(rendered({}), 'NetworkPolicy').spec.ingress).toEqual([]);
    expect(one(rendered(FULL), 'NetworkPolicy').spec).toMatchObject({
      ingress: [
        {
          from: [{ namespaceSelector: {} }],
          ports: [{ port: 'api' }, { port: 'syslog-tcp' }, { port: 'syslog-udp' }],
        },
      ],
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
    ['syslog that nobody reaches', { config: { inputs: { syslog: { udp: '127.0.0.1:5514' } } } }, 'syslog'],
    [
      'a variable that is its own',
      { secretEnv: [{ name: 'STOWAWAY_ROLE', secretName: 'a', key: 'b' }] },
      'secretEnv',
    ],
    [
      'a file outside its folder',
      { extraSecrets: [{ name: 'a', items: [{ key: 'b', path: 'c/../../d' }] }] },
      'extraSecrets',
    ],
    ['strategies without a place', { strategies: ['own'] }, 'strategies'],
    ['a part in what is not shared', { role: 'ingest', clickhouse: { secretName: 'a' } }, 'serve.cluster'],
    ['a cluster without a node', { config: { serve: { cluster: { name: 'a' } } } }, 'clickhouse.secretName'],
    ['metrics without a token', { serviceMonitor: { enabled: true } }, 'tokenSecret'],
    ['rights for nobody', { respond: { actions: ['delete-pod'], namespaces: ['a'] } }, 'name who responds'],
    ['rights that are too wide to stand', { respond: { actions: ['remove-subject'] } }, 'actions'],
  ])('refuses %s', (_, values, said) => {
    const { status, stderr } = template(values);
    expect(status).not.toBe(0);
    expect(stderr).toContain(said);
  });
});
