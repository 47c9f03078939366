import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { renderPlan, renderRbac, toYaml } from './print.js';
import { quarantinePod } from './quarantine.js';
import { rbacForPlan } from './rbac.js';
import { isolateNamespace } from './segment.js';
import { PLANS, POD, planName } from './testing/samples.js';

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'yes',
    'NO',
    'on',
    'null',
    '~',
    'true',
    '1_000',
    '0o17',
    '012',
    '12:30:45',
    '1e3',
    '.inf',
    '=',
    '<<',
    '- a',
    'a: b',
    '# c',
    '!!js/function x',
    '&a',
    '*a',
    '|',
    '>',
    '%YAML 1.1',
    '---',
    '...',
    '{a: b}',
    "'",
    '"',
    '\u0085',
    '\u2028',
    '\ufeff',
    'a\n---\nkind: Secret',
    '\t',
    ' ',
    '2001-01-01',
    'y',
    '\u202e',
    '\u0000',
    '\u001b[2J',
  ),
);
const tree = fc.letrec((tie) => ({
  node: fc.oneof({ depthSize: 'small' }, hostile, fc.integer(), fc.boolean(), tie('list'), tie('map')),
  list: fc.array(tie('node'), { maxLength: 4 }),
  map: fc.dictionary(
    hostile.filter((key) => key !== '<<' && key !== '__proto__'),
    tie('node'),
    { maxKeys: 4 },
  ),
})).node;

describe('YAML', () => {
  test.each(['1.1', '1.2'] as const)('reads back the same by YAML %s, whatever stands in it', (version) => {
    fc.assert(
      fc.property(tree, (value) => {
        const text = toYaml({ value });
        expect(text).toMatch(/^[\n\x20-\x7e]*$/);
        expect(parse(text, { version })).toEqual({ value });
      }),
      { numRuns: 300 },
    );
  });

  test('a merge key stays a key and half a surrogate becomes a replacement', () => {
    expect(toYaml({ '<<': 'a' })).toBe('"<<": "a"\n');
    expect(parse(toYaml({ value: 'a\ud800b' }))).toEqual({ value: 'a\ufffdb' });
  });

  test('stays readable where nothing is odd', () => {
    expect(
      toYaml({ apiVersion: 'networking.k8s.io/v1', port: '53', policyTypes: ['Egress'], suspend: 'yes' }),
    ).toBe('apiVersion: networking.k8s.io/v1\nport: "53"\npolicyTypes:\n  - Egress\nsuspend: "yes"\n');
  });
});

describe('files of a plan', () => {
  test.each(PLANS.map((plan) => [planName(plan), plan] as const))('%s', (_, plan) => {
    const { apply, revert } = renderPlan(plan);
    expect(apply).toHaveLength(plan.changes.length);
    expect(revert).toHaveLength(plan.revert.length);
    for (const { path, text } of [...apply, ...revert]) {
      expect(path).toMatch(/^[a-z0-9-]+\/(?:apply|revert)\/\d-[a-z-]+\.yaml$/);
      expect(text.startsWith(`# ${plan.title}`)).toBe(true);
      expect(text).toContain('# Does:');
      expect(text).toContain('# Cannot:');
      expect(text).toContain('# Revert: ');
      expect(text).toMatch(/# Run: kubectl /);
      expect(text).not.toContain('c2VjcmV0LXRva2Vu');
    }
  });

  test('a quarantine in full', () => {
    const { apply, revert } = renderPlan(PLANS[0]!);
    const body = (text: string) =>
      text
        .split('\n')
        .filter((line) => !line.startsWith('#'))
        .join('\n');
    expect(apply.map(({ text }) => body(text)).join('---\n')).toMatchSnapshot();
    expect(
      revert.map(({ text }) => text.split('\n').find((line) => line.startsWith('# Run:'))),
    ).toMatchSnapshot();
  });

  test('a reason cannot leave its comment or its value', () => {
    fc.assert(
      fc.property(hostile, hostile, (id, reason) => {
        const run = { id, reason };
        const plans = [
          isolateNamespace({ run, namespace: 'shop', enforcedBy: 'networkpolicy' }),
          quarantinePod({ run, pod: POD, enforcedBy: 'cilium' }),
        ];
        for (const plan of plans) {
          const { path, text } = renderPlan(plan).apply[0]!;
          expect(path).toMatch(/^[a-z0-9/-]+\.yaml$/);
          const documents = parseAllDocuments(text);
          expect(documents).toHaveLength(1);
          const change = plan.changes[0]!;
          expect(
            change.verb === 'create' && change.object.metadata.annotations?.['stowaway.dev/reason'],
          ).toBe(reason);
          expect((documents[0] as { toJS(): unknown }).toJS()).toEqual(
            change.verb === 'create' ? change.object : null,
          );
        }
      }),
      { numRuns: 100 },
    );
  });

  test('conflicting policies with hostile names stay in the comment', () => {
    const policies = [
      {
        metadata: { name: 'x\nkind: Secret', namespace: 'shop' },
        spec: { podSelector: {}, policyTypes: ['Egress'], egress: [{}] },
      },
    ];
    const plan = quarantinePod({ run: { id: 'r' }, pod: POD, enforcedBy: 'networkpolicy', policies });
    for (const { text } of renderPlan(plan).apply) expect(text).not.toMatch(/^kind: Secret/m);
  });

  test('rights say what they hand over', () => {
    const account = { kind: 'ServiceAccount' as const, name: 'stowaway', namespace: 'stowaway' };
    const binding = PLANS.find(({ action }) => action === 'remove-subject')!;
    const text = renderRbac(rbacForPlan(binding, account));
    expect(text).toContain('# `bind` lets the holder give the named role to anybody.');
    expect(parseAllDocuments(text)).toHaveLength(2);
  });
});
