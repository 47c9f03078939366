import { createHash } from 'node:crypto';

/** A plan that would hurt somebody else, or names that are not Kubernetes names. Nothing was changed. */
export class KubernetesRefusalError extends Error {
  override name = 'KubernetesRefusalError';
}

const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
/** RBAC objects and subjects allow more than DNS names; a path segment allows all but these. */
const RBAC_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9:@._-]{0,251}[A-Za-z0-9])?$/;
const UID = /^[A-Za-z0-9-]{1,64}$/;

/** Text as it may stand in a message, a comment or a terminal: printable ASCII, the rest as code points. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
}

function refuse(what: string, value: string): never {
  throw new KubernetesRefusalError(`not a ${what}: "${printable(value.slice(0, 80))}"`);
}

export const isDnsLabel = (text: string): boolean => LABEL.test(text);

export const isDnsName = (text: string): boolean => text.length <= 253 && SUBDOMAIN.test(text);

/** A namespace: an RFC 1123 label. */
export function namespaceName(text: string): string {
  return isDnsLabel(text) ? text : refuse('namespace name (RFC 1123 label)', text);
}

/** Name of a pod, policy, secret or job: an RFC 1123 subdomain. */
export function objectName(text: string): string {
  return isDnsName(text) ? text : refuse('Kubernetes object name (RFC 1123 subdomain)', text);
}

/** Name of a role, binding or subject, where Kubernetes also allows capitals, colons and at signs. */
export function rbacName(text: string): string {
  return RBAC_NAME.test(text) ? text : refuse('RBAC name', text);
}

export function objectUid(text: string): string {
  return UID.test(text) ? text : refuse('Kubernetes uid', text);
}

/** Labels somebody else wrote, checked before they become a selector. */
export function labels(map: Record<string, string>): Record<string, string> {
  for (const [key, value] of Object.entries(map)) {
    const [name, prefix, ...more] = key.split('/').reverse();
    const isKey = more.length === 0 && LABEL_NAME.test(name!) && (prefix === undefined || isDnsName(prefix));
    if (!isKey) refuse('label key', key);
    if (value !== '' && !LABEL_NAME.test(value)) refuse('label value', value);
  }
  return map;
}

/**
 * A name made of anything: itself where it is an RFC 1123 label of at most 40 characters (so that a prefix still fits), else a hash.
 * What stands in a log is written by the attacker and never becomes a name as it is.
 */
export function safeLabel(text: string): string {
  if (text.length <= 40 && isDnsLabel(text)) return text;
  return `h${createHash('sha256').update(text).digest('hex').slice(0, 20)}`;
}
