import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isDnsLabel,
  KubernetesRefusalError,
  labels,
  namespaceName,
  objectName,
  printable,
  rbacName,
  safeLabel,
} from './names.js';

const HOSTILE = [
  '',
  '-a',
  'a-',
  'A',
  'a b',
  'a\nb',
  'a/b',
  '../x',
  'a;rm',
  '$(id)',
  'ａ',
  'a'.repeat(254),
  'a..b',
  '{{x}}',
];

describe('names', () => {
  test.each([namespaceName, objectName])('%o refuses what is no Kubernetes name', (check) => {
    for (const name of HOSTILE) expect(() => check(name)).toThrow(KubernetesRefusalError);
  });

  test('accept what is one', () => {
    expect(namespaceName('kube-system')).toBe('kube-system');
    expect(objectName('web-5d9c.x2x')).toBe('web-5d9c.x2x');
    expect(rbacName('system:serviceaccounts:shop')).toBe('system:serviceaccounts:shop');
    expect(() => namespaceName('a.b')).toThrow();
  });

  test('a role or subject never holds what a shell or a URL would read', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          expect(rbacName(text)).toMatch(/^[A-Za-z0-9:@._-]+$/);
        } catch (error) {
          expect(error).toBeInstanceOf(KubernetesRefusalError);
        }
      }),
    );
  });

  test('any text becomes a label; labels of up to 40 characters stay; others do not meet', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
        expect(isDnsLabel(`stowaway-quarantine-${safeLabel(one)}`)).toBe(true);
        if (one !== other) expect(safeLabel(one)).not.toBe(safeLabel(other));
      }),
    );
    expect(safeLabel('run-7')).toBe('run-7');
  });

  test('labels that are none are refused, also with a second slash or a line end', () => {
    for (const key of ['a/b/c', '/a', 'a/', 'a\n', '__proto__', 'x'.repeat(64)]) {
      expect(() => labels({ [key]: 'v' })).toThrow(KubernetesRefusalError);
    }
    expect(() => labels({ a: 'v\n' })).toThrow();
    expect(labels({ 'app.kubernetes.io/name': 'web', empty: '' })).toBeDefined();
  });

  test('a message never moves the cursor', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });
});
