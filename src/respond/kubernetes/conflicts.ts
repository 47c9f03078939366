import { type NetworkPolicyFacts, readNetworkPolicy, type Selector } from './facts.js';
import { printable } from './names.js';

/** A policy that goes on allowing traffic of a pod beside ours, since plain policies add up. */
export interface Conflict {
  name: string;
  allows: ('ingress' | 'egress')[];
}

export function selects(
  { matchLabels, matchExpressions }: Selector,
  labels: Record<string, string>,
): boolean {
  const has = (key: string) => Object.hasOwn(labels, key);
  return (
    Object.entries(matchLabels).every(([key, value]) => has(key) && labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      if (operator === 'Exists') return has(key);
      if (operator === 'DoesNotExist') return !has(key);
      const isListed = has(key) && values.includes(labels[key]!);
      return operator === 'In' ? isListed : !isListed;
    })
  );
}

/** Directions in which a policy has a rule. Without policyTypes it is about ingress, and about egress when it has such rules. */
function allowedBy({ spec }: NetworkPolicyFacts): Conflict['allows'] {
  const types = spec.policyTypes ?? ['Ingress', ...(spec.egress.length > 0 ? ['Egress' as const] : [])];
  return [
    ...(types.includes('Ingress') && spec.ingress.length > 0 ? ['ingress' as const] : []),
    ...(types.includes('Egress') && spec.egress.length > 0 ? ['egress' as const] : []),
  ];
}

/**
 * Which of these NetworkPolicies still allow something to a pod with these labels.
 *
 * @param policies NetworkPolicies as the API returns them; other kinds (AdminNetworkPolicy, CiliumNetworkPolicy, Calico's) can allow too and are not read here.
 */
export function stillAllow(
  pod: { namespace: string; labels: Record<string, string> },
  policies: unknown[],
): Conflict[] {
  return policies
    .map(readNetworkPolicy)
    .filter(
      (policy) => policy.metadata.namespace === pod.namespace && selects(policy.spec.podSelector, pod.labels),
    )
    .map((policy) => ({ name: policy.metadata.name, allows: allowedBy(policy) }))
    .filter(({ allows }) => allows.length > 0);
}

/** What a plan says about them. `policies` undefined: nobody looked. */
export function describeConflicts(conflicts: Conflict[] | undefined): string {
  if (conflicts === undefined)
    return 'Nobody listed the other policies of the namespace: any of them may still allow.';
  if (conflicts.length === 0) return 'Of the NetworkPolicies listed, none allows this pod anything.';
  const list = conflicts.map(({ name, allows }) => `${printable(name)} (${allows.join(', ')})`).join(', ');
  return `These policies select the pod and STILL ALLOW what they allow: ${list}. Change them, or use Cilium's deny rules.`;
}
