import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { removeSubject } from './bindings.js';
import { selects, stillAllow } from './conflicts.js';
import { deletePod, rotateTokenSecrets } from './credentials.js';
import { egressPolicy } from './egress.js';
import { l7EgressPolicy } from './egress-l7.js';
import { KubernetesRefusalError } from './names.js';
import type { KubernetesPlan } from './objects.js';
import { quarantinePod } from './quarantine.js';
import { suspendCronJob } from './schedule.js';
import { isolateNamespace } from './segment.js';
import { applyJsonPatch } from './testing/json-patch.js';
import {
  CLUSTER_ROLE_BINDING,
  CRON_JOB,
  EGRESS,
  PLANS,
  POD,
  planName,
  ROLE_BINDING,
  RUN_7,
  TOKEN_SECRET,
} from './testing/samples.js';

const refusal = KubernetesRefusalError;
const WEB = { kind: 'ServiceAccount', name: 'web', namespace: 'shop' };

/** The object after the plan's patches, then after those of its revert. */
function thereAndBack<T extends object>(
  object: T,
  { changes, revert }: KubernetesPlan,
): { there: T; back: T } {
  const run = (from: T, steps: KubernetesPlan['changes']) =>
    steps.reduce((at, change) => (change.verb === 'patch' ? applyJsonPatch(at, change.patch) : at), from);
  const there = run(object, changes);
  return { there, back: run(there, revert) };
}

const createdBy = (plan: KubernetesPlan) => {
  const change = plan.changes.find(({ verb }) => verb === 'create');
  return change?.verb === 'create' ? change.object : undefined;
};

describe.each(PLANS.map((plan) => [planName(plan), plan] as const))('every plan: %s', (_, plan) => {
  test('says its limits and how it is undone', () => {
    expect(plan.cannot.length).toBeGreaterThan(1);
    expect(plan.undo).not.toBe('');
  });

  test('deletes again what it creates, and only as its own', () => {
    const created = plan.changes.filter(({ verb }) => verb === 'create').length;
    expect(plan.revert.filter(({ verb }) => verb === 'delete-own')).toHaveLength(created);
    expect(plan.revert.filter(({ verb }) => verb === 'delete')).toEqual([]);
  });
});

describe('quarantine', () => {
  test('adds one label to one pod and removes none', () => {
    const plan = quarantinePod({ run: RUN_7, pod: POD, enforcedBy: 'networkpolicy', policies: [] });
    const { there, back } = thereAndBack(POD, plan);
    expect(there.metadata.labels).toEqual({ ...POD.metadata.labels, 'stowaway.dev/quarantine': 'run-7' });
    expect(back).toEqual(POD);
    expect(plan.approval).toBe('one');
  });

  test('a pod without labels gets its first', () => {
    const { labels: _, ...metadata } = POD.metadata;
    const plan = quarantinePod({ run: RUN_7, pod: { ...POD, metadata }, enforcedBy: 'cilium' });
    const { there } = thereAndBack({ ...POD, metadata }, plan);
    expect(there.metadata).toEqual({ ...metadata, labels: { 'stowaway.dev/quarantine': 'run-7' } });
  });

  test('another pod of the same name is not touched', () => {
    const successor = { ...POD, metadata: { ...POD.metadata, uid: 'another' } };
    const plan = quarantinePod({ run: RUN_7, pod: POD, enforcedBy: 'cilium' });
    expect(() => thereAndBack(successor, plan)).toThrow('/metadata/uid: test failed');
  });

  test('the policy comes before the label and goes after it', () => {
    for (const enforcedBy of ['networkpolicy', 'cilium'] as const) {
      const { changes, revert } = quarantinePod({ run: RUN_7, pod: POD, enforcedBy });
      expect(changes.map(({ verb }) => verb)).toEqual(['create', 'patch']);
      expect(revert.map(({ verb }) => verb)).toEqual(['patch', 'delete-own']);
    }
  });

  test('the policy selects the label alone, allows nothing; the Cilium variant denies all', () => {
    const plain = createdBy(quarantinePod({ run: RUN_7, pod: POD, enforcedBy: 'networkpolicy' }))!;
    expect(plain.spec).toEqual({
      podSelector: { matchLabels: { 'stowaway.dev/quarantine': 'run-7' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [],
      egress: [],
    });
    const cilium = createdBy(quarantinePod({ run: RUN_7, pod: POD, enforcedBy: 'cilium' }))!;
    expect(cilium.spec).toEqual({
      endpointSelector: { matchLabels: { 'stowaway.dev/quarantine': 'run-7' } },
      ingressDeny: [{ fromEntities: ['all'] }],
      egressDeny: [{ toEntities: ['all'] }],
    });
  });

  test('refuses a pod on the host network and one in another quarantine', () => {
    const onHost = { ...POD, spec: { hostNetwork: true } };
    expect(() => quarantinePod({ run: RUN_7, pod: onHost, enforcedBy: 'cilium' })).toThrow(/host network/);
    const labels = { 'stowaway.dev/quarantine': 'run-6' };
    const taken = { ...POD, metadata: { ...POD.metadata, labels } };
    expect(() => quarantinePod({ run: RUN_7, pod: taken, enforcedBy: 'cilium' })).toThrow(
      /already in quarantine run-6/,
    );
  });

  test('names the policies that still allow, and says so when nobody looked', () => {
    const allowAll = {
      metadata: { name: 'allow-all', namespace: 'shop' },
      spec: { podSelector: {}, egress: [{}] },
    };
    const said = (policies?: unknown[]) =>
      quarantinePod({
        run: RUN_7,
        pod: POD,
        enforcedBy: 'networkpolicy',
        ...(policies && { policies }),
      }).cannot.join(' ');
    expect(said([allowAll])).toContain('STILL ALLOW what they allow: allow-all (egress)');
    expect(said([])).toContain('none allows this pod anything');
    expect(said()).toContain('Nobody listed the other policies');
  });

  test('refuses an object that is no pod, and never copies what else it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const pod = { ...POD, metadata: { ...POD.metadata, name } };
        try {
          const plan = quarantinePod({ run: RUN_7, pod, enforcedBy: 'cilium' });
          expect(plan.title).toMatch(/^Quarantine of pod shop\/[a-z0-9.-]+$/);
        } catch (error) {
          expect(error).toBeInstanceOf(refusal);
        }
      }),
    );
    expect(() => quarantinePod({ run: RUN_7, pod: {}, enforcedBy: 'cilium' })).toThrow(refusal);
  });
});

describe('policies that still allow', () => {
  const policy = (spec: object) => [{ metadata: { name: 'p', namespace: 'shop' }, spec }];
  const pod = { namespace: 'shop', labels: { app: 'web' } };

  test('without policyTypes it is about ingress, and about egress when it has such rules', () => {
    expect(stillAllow(pod, policy({ podSelector: {}, ingress: [{}] }))).toEqual([
      { name: 'p', allows: ['ingress'] },
    ]);
    expect(stillAllow(pod, policy({ podSelector: {} }))).toEqual([]);
    expect(stillAllow(pod, policy({ podSelector: {}, policyTypes: ['Ingress'], egress: [{}] }))).toEqual([]);
  });

  test('not those of another namespace or another pod', () => {
    expect(stillAllow({ ...pod, namespace: 'other' }, policy({ podSelector: {}, egress: [{}] }))).toEqual([]);
    const other = { podSelector: { matchLabels: { app: 'db' } }, egress: [{}] };
    expect(stillAllow(pod, policy(other))).toEqual([]);
  });

  test.each([
    [{ key: 'app', operator: 'In' as const, values: ['web', 'db'] }, true],
    [{ key: 'app', operator: 'NotIn' as const, values: ['web'] }, false],
    [{ key: 'none', operator: 'NotIn' as const, values: ['web'] }, true],
    [{ key: 'app', operator: 'Exists' as const, values: [] }, true],
    [{ key: 'none', operator: 'Exists' as const, values: [] }, false],
    [{ key: 'none', operator: 'DoesNotExist' as const, values: [] }, true],
    [{ key: 'toString', operator: 'Exists' as const, values: [] }, false],
  ])('%o', (expression, expected) => {
    expect(selects({ matchLabels: {}, matchExpressions: [expression] }, pod.labels)).toBe(expected);
  });
});

describe('credentials', () => {
  test('a pod is deleted only when that is asked for, and by uid', () => {
    expect(() => deletePod({ run: RUN_7, pod: POD, deletePod: false })).toThrow(refusal);
    const plan = deletePod({ run: RUN_7, pod: POD, deletePod: true });
    expect(plan.changes).toEqual([expect.objectContaining({ verb: 'delete', uid: POD.metadata.uid })]);
    expect(plan.revert).toEqual([]);
  });

  test('only token secrets of that service account, and never what they hold', () => {
    const request = { run: RUN_7, namespace: 'shop', serviceAccount: 'web', secrets: [TOKEN_SECRET] };
    expect(JSON.stringify(rotateTokenSecrets({ ...request, replace: true }))).not.toContain(
      TOKEN_SECRET.data.token,
    );
    expect(() => rotateTokenSecrets({ ...request, serviceAccount: 'db' })).toThrow(/not a token of/);
    expect(() => rotateTokenSecrets({ ...request, secrets: [{ ...TOKEN_SECRET, type: 'Opaque' }] })).toThrow(
      refusal,
    );
    expect(() => rotateTokenSecrets({ ...request, secrets: [] })).toThrow(refusal);
  });
});

describe('removal of a subject', () => {
  const names = (binding: { subjects?: { name: string }[] }) => binding.subjects?.map(({ name }) => name);

  test('leaves the others, and the inverse restores the order', () => {
    const plan = removeSubject({ run: RUN_7, binding: ROLE_BINDING, subject: WEB });
    const { there, back } = thereAndBack(ROLE_BINDING, plan);
    expect(names(there)).toEqual(['builder', 'deployer']);
    expect(back).toEqual(ROLE_BINDING);
  });

  test('the last subject goes with its list and comes back with it', () => {
    const plan = removeSubject({ run: RUN_7, binding: CLUSTER_ROLE_BINDING, subject: WEB });
    const { there, back } = thereAndBack(CLUSTER_ROLE_BINDING, plan);
    expect('subjects' in there).toBe(false);
    expect(back).toEqual(CLUSTER_ROLE_BINDING);
  });

  test('for any binding: exactly one subject less, and back', () => {
    const account = fc.record({
      kind: fc.constant('ServiceAccount'),
      name: fc.stringMatching(/^[a-z]{1,3}$/),
      namespace: fc.constant('shop'),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(account, { minLength: 1, maxLength: 6, selector: ({ name }) => name }),
        fc.nat(),
        (subjects, at) => {
          const binding = { ...ROLE_BINDING, subjects };
          const subject = subjects[at % subjects.length]!;
          const { there, back } = thereAndBack(binding, removeSubject({ run: RUN_7, binding, subject }));
          expect(there.subjects ?? []).toEqual(subjects.filter((each) => each !== subject));
          expect(back).toEqual(binding);
        },
      ),
    );
  });

  test('nothing changes when somebody changed the subjects meanwhile', () => {
    for (const binding of [ROLE_BINDING, CLUSTER_ROLE_BINDING]) {
      const plan = removeSubject({ run: RUN_7, binding, subject: WEB });
      const more = { ...binding, subjects: [...binding.subjects, { ...WEB, name: 'late' }] };
      expect(() => thereAndBack(more, plan)).toThrow('/subjects: test failed');
      const { there } = thereAndBack(binding, plan);
      const since = { ...there, subjects: [{ ...WEB, name: 'late' }] };
      expect(() => thereAndBack(since, { ...plan, changes: plan.revert, revert: [] })).toThrow(
        '/subjects: test failed',
      );
    }
  });

  test('refuses bindings of the system, missing subjects and namesakes elsewhere', () => {
    const named = (name: string) => ({ ...ROLE_BINDING, metadata: { ...ROLE_BINDING.metadata, name } });
    const bootstrap = {
      ...CLUSTER_ROLE_BINDING,
      metadata: {
        ...CLUSTER_ROLE_BINDING.metadata,
        labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
      },
    };
    for (const binding of [named('system:controller:x'), bootstrap]) {
      expect(() => removeSubject({ run: RUN_7, binding, subject: WEB })).toThrow(/Kubernetes itself keeps/);
    }
    const elsewhere = { ...WEB, namespace: 'other' };
    expect(() => removeSubject({ run: RUN_7, binding: ROLE_BINDING, subject: elsewhere })).toThrow(/0 times/);
  });
});

describe('egress', () => {
  const withPorts = (cidr: string, ...ports: number[]) => ({
    ...EGRESS,
    destinations: [{ cidr, ports: ports.map((port) => ({ port, protocol: 'TCP' as const })) }],
  });

  test('allows DNS and the usual destinations, nothing else', () => {
    const spec = createdBy(egressPolicy(EGRESS))!.spec as { policyTypes: string[]; egress: object[] };
    expect(spec.policyTypes).toEqual(['Egress']);
    expect(spec.egress).toHaveLength(3);
    expect(spec.egress[1]).toEqual({
      to: [{ ipBlock: { cidr: '192.0.2.10/32' } }],
      ports: [{ protocol: 'TCP', port: 443 }],
    });
    expect(egressPolicy(EGRESS).cannot.join(' ')).toMatch(/PUT or POST to an allowed destination passes/);
  });

  test.each([[20], [21], [990]])('refuses FTP port %i', (port) => {
    expect(() => egressPolicy(withPorts('192.0.2.1', port))).toThrow(/FTP/);
  });

  test('refuses everything, no ports, no selector and what is no network', () => {
    expect(() => egressPolicy(withPorts('0.0.0.0/0', 443))).toThrow(/everywhere/);
    expect(() => egressPolicy(withPorts('::/0', 443))).toThrow(/everywhere/);
    expect(() => egressPolicy(withPorts('192.0.2.1'))).toThrow(/no ports/);
    expect(() => egressPolicy(withPorts('evil.example', 443))).toThrow(/not a network/);
    expect(() => egressPolicy({ ...EGRESS, podLabels: {} })).toThrow(/whole namespace/);
  });

  test('the layer 7 variant: reads from usual places, writes to sanctioned names, FTP denied above all', () => {
    const plan = l7EgressPolicy({
      ...EGRESS,
      sanctionedNames: ['backup.example.com'],
      httpPorts: [80, 8080],
    });
    const spec = createdBy(plan)!.spec as { egress: Record<string, unknown>[]; egressDeny: unknown };
    expect(spec.egressDeny).toEqual([
      {
        toEntities: ['all'],
        toPorts: [{ ports: ['20', '21', '990'].map((port) => ({ port, protocol: 'TCP' })) }],
      },
    ]);
    const methods = JSON.stringify(spec.egress.filter((rule) => !rule.toFQDNs));
    expect(methods).toContain('"method":"GET|HEAD|OPTIONS"');
    expect(methods).not.toMatch(/PUT|POST|world/);
    const sanctioned = spec.egress.filter((rule) => rule.toFQDNs);
    expect(sanctioned).toEqual([
      {
        toFQDNs: [{ matchName: 'backup.example.com' }],
        toPorts: [
          {
            ports: [{ port: '80', protocol: 'TCP' }],
            rules: { http: [{ method: 'GET|HEAD|OPTIONS|PUT|POST', host: 'backup.example.com' }] },
          },
        ],
      },
      {
        toFQDNs: [{ matchName: 'backup.example.com' }],
        toPorts: [
          {
            ports: [{ port: '8080', protocol: 'TCP' }],
            rules: { http: [{ method: 'GET|HEAD|OPTIONS|PUT|POST' }] },
          },
        ],
      },
      {
        toFQDNs: [{ matchName: 'backup.example.com' }],
        toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }],
      },
    ]);
  });

  test('no rule without methods covers an HTTP port: it would allow every method there', () => {
    const plan = l7EgressPolicy({
      ...EGRESS,
      sanctionedNames: ['a.example'],
      httpPorts: [80, 8080],
      reads: 'anywhere',
    });
    const { egress } = createdBy(plan)!.spec as {
      egress: { toPorts: { ports: { port: string }[]; rules?: object }[] }[];
    };
    for (const { ports, rules } of egress.flatMap(({ toPorts }) => toPorts)) {
      if (ports.some(({ port }) => ['80', '8080'].includes(port))) expect(rules).toBeDefined();
    }
  });

  test('refuses wildcards, addresses of no domain and a port that is both', () => {
    for (const name of ['*.example.com', '*', 'localhost', 'a b.example', 'a.example|.*']) {
      expect(() => l7EgressPolicy({ ...EGRESS, sanctionedNames: [name] })).toThrow(refusal);
    }
    expect(() => l7EgressPolicy({ ...EGRESS, sanctionedNames: [], httpPorts: [443] })).toThrow(
      /HTTP and as TLS/,
    );
    expect(() => l7EgressPolicy({ ...EGRESS, sanctionedNames: [], httpPorts: [21] })).toThrow(/FTP/);
  });
});

describe('segment and schedule', () => {
  test('a namespace is isolated only with an approval of its own, which the object says too', () => {
    const plan = isolateNamespace({ run: RUN_7, namespace: 'shop', enforcedBy: 'networkpolicy' });
    expect(plan.approval).toBe('separate');
    expect(createdBy(plan)!.metadata.annotations?.['stowaway.dev/approval']).toBe('separate');
    expect(
      PLANS.filter(({ approval }) => approval === 'separate').every(
        ({ action }) => action === 'isolate-namespace',
      ),
    ).toBe(true);
  });

  test('never the namespaces of the cluster itself', () => {
    expect(() => isolateNamespace({ run: RUN_7, namespace: 'kube-system', enforcedBy: 'cilium' })).toThrow(
      refusal,
    );
  });

  test('a CronJob is suspended and resumed; one that is suspended already is left alone', () => {
    const { there, back } = thereAndBack(CRON_JOB, suspendCronJob({ run: RUN_7, cronJob: CRON_JOB }));
    expect(there.spec.suspend).toBe(true);
    expect(back).toEqual(CRON_JOB);
    expect(() => suspendCronJob({ run: RUN_7, cronJob: there })).toThrow(/already/);
  });

  test('says which jobs go on and that missed runs start at once', () => {
    const plan = suspendCronJob({ run: RUN_7, cronJob: CRON_JOB });
    expect(plan.cannot[0]).toContain('report-29000000');
    expect(plan.undo).toContain('missed runs at once');
  });
});
