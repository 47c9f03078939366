import * as library from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { applyPlan, type LedgerEntry, PartlyAppliedError, revertPlan, tryPlan } from './apply.js';
import { removeSubject } from './bindings.js';
import { connect, connectionOf } from './client.js';
import type { Cluster, Connection } from './cluster.js';
import { KubernetesRefusalError } from './names.js';
import type { KubernetesObject } from './objects.js';
import { quarantinePod } from './quarantine.js';
import { rulesForPlan } from './rbac.js';
import { suspendCronJob } from './schedule.js';
import { startFakeApiServer } from './testing/fake-api-server.js';
import {
  CLUSTER_ROLE_BINDING,
  OBJECTS,
  PLANS,
  POD,
  planName,
  ROLE_BINDING,
  RUN_7,
} from './testing/samples.js';

/** The official client, pointed at the fake. */
function clientFor(url: string): Connection {
  const config = new library.KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'fake', server: url, skipTLSVerify: true },
    { name: 'nobody', token: 'fake' },
  );
  return connectionOf(library, config);
}

async function setUp(objects: object[] = OBJECTS) {
  const fake = await startFakeApiServer(objects);
  return { fake, ...clientFor(fake.url), before: structuredClone(fake.objects) };
}

const named = PLANS.map((plan) => [planName(plan), plan] as const);
const quarantine = PLANS[0]!;
const POLICY = '/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/stowaway-quarantine-run-7';
const POD_PATH = `/api/v1/namespaces/shop/pods/${POD.metadata.name}`;

const foreignPolicy = (labels: Record<string, string>): KubernetesObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'stowaway-quarantine-run-7', namespace: 'shop', uid: 'foreign', labels },
  spec: { podSelector: {} },
});

describe('against a fake server that records requests (no real API server ran this)', () => {
  test.each(named)('%s: a trial of every change, then the changes in order', async (_, plan) => {
    const { fake, cluster } = await setUp();
    await using _fake = fake;
    await applyPlan(plan, cluster);
    const count = plan.changes.length;
    expect(fake.requests.map(({ query }) => query.dryRun)).toEqual([
      ...Array(count).fill('All'),
      ...Array(count).fill(undefined),
    ]);
    const sent = fake.requests.flatMap(({ method, body }) => (method === 'DELETE' ? [] : [body]));
    const meant = plan.changes.flatMap((change): unknown[] =>
      change.verb === 'create' ? [change.object] : change.verb === 'patch' ? [change.patch] : [],
    );
    expect(sent).toEqual([...meant, ...meant]);
    for (const { method, query, contentType } of fake.requests) {
      if (method !== 'DELETE')
        expect(query).toMatchObject({ fieldManager: 'stowaway', fieldValidation: 'Strict' });
      if (method === 'PATCH') expect(contentType).toBe('application/json-patch+json');
    }
  });

  test.each(named)('%s: what can be undone is as it was after the revert', async (_, plan) => {
    const { fake, cluster, before } = await setUp();
    await using _fake = fake;
    await applyPlan(plan, cluster);
    expect(fake.objects).not.toEqual(before);
    await revertPlan(plan, cluster);
    const deleted = plan.changes.flatMap((change) => (change.verb === 'delete' ? [change.target.name] : []));
    expect([...fake.objects]).toEqual(
      [...before].filter(([, { metadata }]) => !deleted.includes(metadata.name)),
    );
  });

  test.each(named)('%s: the printed rights are enough, and none is spare', async (_, plan) => {
    const rules = rulesForPlan(plan);
    const run = async (granted: typeof rules) => {
      const { fake, cluster } = await setUp();
      await using _fake = fake;
      fake.rules = granted;
      await applyPlan(plan, cluster);
      // A second attempt meets its own object and has to read it.
      if (plan.changes.some(({ verb }) => verb === 'create')) {
        await tryPlan({ ...plan, changes: plan.changes.filter(({ verb }) => verb === 'create') }, cluster);
      }
      await revertPlan(plan, cluster);
    };
    await expect(run(rules)).resolves.toBeUndefined();
    const fewer = rules.flatMap((rule, at) =>
      rule.verbs.map((verb) =>
        rules.with(at, { ...rule, verbs: rule.verbs.filter((each) => each !== verb) }),
      ),
    );
    for (const granted of fewer) await expect(run(granted)).rejects.toThrow();
  });

  test('a trial that is refused changes nothing', async () => {
    const { fake, cluster, before } = await setUp([
      { ...POD, metadata: { ...POD.metadata, uid: 'successor' } },
    ]);
    await using _fake = fake;
    await expect(applyPlan(quarantine, cluster)).rejects.toThrow(/422.*test failed/);
    expect(fake.objects).toEqual(before);
    expect(fake.requests.every(({ query }) => query.dryRun === 'All')).toBe(true);
  });

  test('only a trial keeps nothing', async () => {
    const { fake, cluster, before } = await setUp();
    await using _fake = fake;
    await tryPlan(quarantine, cluster);
    expect(fake.objects).toEqual(before);
  });

  test.each([
    ['of somebody else', {}],
    ['of another run', { 'app.kubernetes.io/managed-by': 'stowaway', 'stowaway.dev/run': 'run-6' }],
    [
      'of another tool with our run id',
      { 'app.kubernetes.io/managed-by': 'helm', 'stowaway.dev/run': 'run-7' },
    ],
  ])('a policy %s is neither overwritten nor deleted', async (_, labels) => {
    const { fake, cluster, before } = await setUp([...OBJECTS, foreignPolicy(labels)]);
    await using _fake = fake;
    await expect(applyPlan(quarantine, cluster)).rejects.toThrow(KubernetesRefusalError);
    await expect(revertPlan(quarantine, cluster)).rejects.toThrow(/was not created by this response/);
    expect(fake.objects).toEqual(before);
  });

  test('our own policy of this run is left if somebody changed it', async () => {
    const own = { 'app.kubernetes.io/managed-by': 'stowaway', 'stowaway.dev/run': 'run-7' };
    const { fake, cluster } = await setUp([...OBJECTS, foreignPolicy(own)]);
    await using _fake = fake;
    await expect(applyPlan(quarantine, cluster)).rejects.toThrow(/was changed since/);
  });

  test('applying twice is as applying once', async () => {
    const { fake, cluster } = await setUp();
    await using _fake = fake;
    await applyPlan(quarantine, cluster);
    const after = structuredClone(fake.objects);
    const outcomes = await applyPlan(quarantine, cluster);
    expect(outcomes.map(({ result }) => result)).toEqual(['already', 'done']);
    expect(fake.objects).toEqual(after);
  });

  test('reverting without the pod, or twice, is no failure', async () => {
    const { fake, cluster } = await setUp();
    await using _fake = fake;
    await applyPlan(quarantine, cluster);
    fake.objects.delete(POD_PATH);
    expect((await revertPlan(quarantine, cluster)).map(({ result }) => result)).toEqual(['gone', 'done']);
    expect((await revertPlan(quarantine, cluster)).map(({ result }) => result)).toEqual(['gone', 'gone']);
    expect(fake.objects.has(POLICY)).toBe(false);
  });

  test('a revert that fails at one step still does the others and names it', async () => {
    const { fake, cluster } = await setUp();
    await using _fake = fake;
    await applyPlan(quarantine, cluster);
    fake.objects.get(POD_PATH)!.metadata.labels!['stowaway.dev/quarantine'] = 'somebody-elses';
    const failure = await revertPlan(quarantine, cluster).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PartlyAppliedError);
    expect((failure as PartlyAppliedError).failed).toHaveLength(1);
    expect(fake.objects.has(POLICY)).toBe(false);
  });

  test('the ledger sees the intent before each effect and its outcome after it', async () => {
    const { fake, cluster } = await setUp();
    await using _fake = fake;
    const entries: (Omit<LedgerEntry, 'change'> & { effects: number })[] = [];
    await applyPlan(quarantine, cluster, ({ change: _, ...entry }) => {
      entries.push({ ...entry, effects: fake.requests.filter(({ query }) => !query.dryRun).length });
    });
    expect(entries).toEqual([
      { phase: 'intent', effects: 0 },
      { phase: 'outcome', result: 'done', effects: 1 },
      { phase: 'intent', effects: 1 },
      { phase: 'outcome', result: 'done', effects: 2 },
    ]);
  });

  test('what cannot be recorded is not done', async () => {
    const { fake, cluster, before } = await setUp();
    await using _fake = fake;
    const full = () => Promise.reject(new Error('disk is full'));
    await expect(applyPlan(quarantine, cluster, full)).rejects.toThrow('disk is full');
    expect(fake.objects).toEqual(before);
  });

  test('what was done before a failure is told', async () => {
    const { fake, cluster } = await setUp();
    await using _fake = fake;
    let effects = 0;
    const failing: Cluster = {
      ...cluster,
      patch: (target, patch, options) =>
        options.dryRun || effects++ > 0
          ? cluster.patch(target, patch, options)
          : Promise.reject(new Error('connection lost')),
    };
    const failure = (await applyPlan(quarantine, failing).catch(
      (error: unknown) => error,
    )) as PartlyAppliedError;
    expect(failure.done.map(({ change }) => change.verb)).toEqual(['create']);
    await revertPlan({ ...quarantine, revert: quarantine.revert.slice(1) }, failing);
    expect(fake.objects.has(POLICY)).toBe(false);
  });

  test('plans made from what the reader returns are those made from the objects themselves', async () => {
    const allow: KubernetesObject = {
      ...foreignPolicy({}),
      metadata: { name: 'allow-in', namespace: 'shop' },
      spec: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] },
    };
    const { fake, reader, cluster } = await setUp([...OBJECTS, allow]);
    await using _fake = fake;
    const run = RUN_7;
    const policies = await reader.networkPolicies('shop');
    expect(policies).toEqual([allow]);
    const pod = await reader.pod('shop', POD.metadata.name);
    expect(quarantinePod({ run, pod, policies, enforcedBy: 'networkpolicy' })).toEqual(
      quarantinePod({ run, pod: POD, policies: [allow], enforcedBy: 'networkpolicy' }),
    );
    const subject = { kind: 'ServiceAccount', name: 'web', namespace: 'shop' };
    for (const [read, meant] of [
      [await reader.roleBinding('shop', 'edit-shop'), ROLE_BINDING],
      [await reader.clusterRoleBinding('helper'), CLUSTER_ROLE_BINDING],
    ]) {
      expect(removeSubject({ run, binding: read, subject })).toEqual(
        removeSubject({ run, binding: meant, subject }),
      );
    }
    await applyPlan(suspendCronJob({ run, cronJob: await reader.cronJob('shop', 'report') }), cluster);
    await expect(reader.pod('shop', 'none')).rejects.toThrow(/answered 404/);
  });

  test('reading a secret does not hand out what it holds', async () => {
    const { fake, cluster } = await setUp();
    await using _fake = fake;
    const secret = await cluster.read({ kind: 'Secret', namespace: 'shop', name: 'web-token-abcde' });
    expect(JSON.stringify(secret)).not.toContain('c2VjcmV0');
  });
});

describe('connecting', () => {
  test('a server that is not there is said in one line, without token or headers', async () => {
    const { cluster } = clientFor('http://127.0.0.1:9');
    await expect(tryPlan(quarantine, cluster)).rejects.toThrow(
      /^the API server was not reached: [\x20-\x7e]*$/,
    );
  });

  test('a refusal is said in the words of the server', async () => {
    const fake = await startFakeApiServer(OBJECTS);
    await using _fake = fake;
    fake.rules = [];
    const failure = await tryPlan(quarantine, clientFor(fake.url).cluster).catch(
      (error: Error) => error.message,
    );
    expect(failure).toBe('the API server answered 403: may not create networkpolicies ');
  });

  test('a kubeconfig that is not there', async () => {
    await expect(connect({ kubeconfig: '/nonexistent/config' })).rejects.toThrow(/ENOENT/);
  });
});
