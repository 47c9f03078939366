import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from './objects.js';
import { type PolicyRule, rbacForAction, rbacForPlan, STANDING_ACTIONS } from './rbac.js';
import { applyJsonPatch } from './testing/json-patch.js';
import { CLUSTER_ROLE_BINDING, OBJECTS, PLANS, planName } from './testing/samples.js';
import { schemaErrors } from './testing/schema.js';

const ACCOUNT = { kind: 'ServiceAccount' as const, name: 'stowaway', namespace: 'stowaway' };

const created = PLANS.flatMap((plan) =>
  plan.changes.flatMap((change) =>
    change.verb === 'create' ? [[planName(plan), change.object] as const] : [],
  ),
);
const granted = [
  ...PLANS.flatMap((plan) =>
    rbacForPlan(plan, ACCOUNT).map((object) => [`rights for ${planName(plan)}`, object] as const),
  ),
  ...STANDING_ACTIONS.flatMap((action) =>
    [null, 'shop'].flatMap((namespace) =>
      rbacForAction(action, { subject: ACCOUNT, namespace }).map(
        (object) => [`standing ${action}`, object] as const,
      ),
    ),
  ),
];

/** Maps whose keys anybody may choose: no schema can know a misspelling there. */
const MAPS = new Set(['labels', 'annotations', 'matchLabels']);

/** The object once for each of its fields, with that field misspelt. */
function misspelt(
  value: unknown,
  root = value,
  path: (string | number)[] = [],
): [string, KubernetesObject][] {
  if (value === null || typeof value !== 'object') return [];
  const inner = Object.entries(value).flatMap(([key, child]) =>
    MAPS.has(key) ? [] : misspelt(child, root, [...path, key]),
  );
  if (Array.isArray(value)) return inner;
  const here = Object.keys(value)
    .filter((key) => path.length > 0 || (key !== 'kind' && key !== 'apiVersion'))
    .map((key): [string, KubernetesObject] => {
      const copy = structuredClone(root) as KubernetesObject;
      const parent = path.reduce<Record<string, unknown>>(
        (at, part) => at[part] as Record<string, unknown>,
        copy,
      );
      parent[`${key}z`] = parent[key];
      delete parent[key];
      return [[...path, key].join('.'), copy];
    });
  return [...here, ...inner];
}

describe('published schemas of Kubernetes and Cilium', () => {
  test.each([...created, ...granted])('accept what is created: %s', (_, object) => {
    expect(schemaErrors(object)).toEqual([]);
  });

  test.each(PLANS.map((plan) => [planName(plan), plan] as const))('accept what is patched: %s', (_, plan) => {
    for (const change of plan.changes) {
      if (change.verb !== 'patch') continue;
      const object = OBJECTS.find(
        ({ kind, metadata }) => kind === change.target.kind && metadata.name === change.target.name,
      )!;
      expect(schemaErrors(applyJsonPatch(object, change.patch))).toEqual([]);
    }
  });

  test.each([...created, ...granted])('reject any misspelt field: %s', (_, object) => {
    const mutants = misspelt(object);
    expect(mutants.length).toBeGreaterThan(4);
    expect(mutants.filter(([, mutant]) => schemaErrors(mutant).length === 0).map(([field]) => field)).toEqual(
      [],
    );
  });

  test('reject a wrong type and an unknown choice', () => {
    const [, policy] = created.find(([, { kind }]) => kind === 'NetworkPolicy')!;
    const spec = policy.spec as object;
    expect(
      schemaErrors({ ...policy, spec: { ...spec, policyTypes: ['Egres'] } } as KubernetesObject),
    ).not.toEqual([]);
    expect(schemaErrors({ ...policy, spec: { ...spec, podSelector: [] } } as KubernetesObject)).not.toEqual(
      [],
    );
    const nameless = { ...CLUSTER_ROLE_BINDING, subjects: [{ kind: 'User' }] };
    expect(schemaErrors(nameless)).not.toEqual([]);
  });
});

describe('standing rights', () => {
  test.each(['remove-subject', 'delete-token-secrets'] as const)(
    '%s has none: they would cover all',
    (action) => {
      expect(STANDING_ACTIONS).not.toContain(action);
      expect(() => rbacForAction(action, { subject: ACCOUNT, namespace: 'shop' })).toThrow(/for one plan/);
    },
  );

  test('never a wildcard, and never a look into secrets', () => {
    const rules = granted.flatMap(([, { rules: each }]) => (each ?? []) as PolicyRule[]);
    expect(JSON.stringify(rules)).not.toContain('*');
    for (const { resources, verbs, resourceNames } of rules.filter((rule) =>
      rule.resources.includes('secrets'),
    )) {
      expect(resources).toEqual(['secrets']);
      expect(resourceNames !== undefined || verbs.every((verb) => verb === 'create')).toBe(true);
    }
  });
});
