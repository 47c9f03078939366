import { type BindingFacts, readBinding, readSubject, type Subject } from './facts.js';
import { KubernetesRefusalError } from './names.js';
import { type KubernetesPlan, type PatchStep, type Run, runId, type Target } from './objects.js';

const BOOTSTRAP = 'kubernetes.io/bootstrapping';

/**
 * Takes one subject out of a RoleBinding or ClusterRoleBinding; every other subject stays.
 *
 * @param request.binding the binding as the API returns it: the patch holds only while its subjects are exactly these.
 * @throws KubernetesRefusalError for bindings Kubernetes itself keeps (`system:` names, bootstrap label), and when the subject is not in it exactly once.
 */
export function removeSubject(request: { run: Run; binding: unknown; subject: unknown }): KubernetesPlan {
  const binding = readBinding(request.binding);
  const wanted = readSubject(request.subject);
  refuseSystem(binding);
  const index = indexOfSubject(binding, wanted);
  const target = targetOfBinding(binding);
  const binds = { kind: binding.roleRef.kind, name: binding.roleRef.name };
  const others = binding.subjects.length - 1;
  return {
    action: 'remove-subject',
    run: runId(request.run),
    title: `Removal of ${describe(wanted)} from ${binding.kind} ${path(binding)}`,
    does: [
      `Removes this one subject; ${others} other subject(s) stay. It loses what ${binds.kind} ${binds.name} grants through this binding.`,
      'Works only while uid and subjects are those that were read; otherwise the API server refuses and nothing changes.',
    ],
    cannot: [
      'Other bindings may grant the same or more; list them all before calling it revoked.',
      'A token stays valid as an identity: it only has fewer rights.',
      `The API server lets a binding be changed only by one who holds every right of ${binds.kind} ${binds.name} or the bind right on it; who has that can give the role to anybody.`,
      'A tool that keeps the cluster equal to a repository puts the subject back.',
    ],
    undo: 'Puts the subject back in its place, only while nobody else has changed the subjects meanwhile.',
    approval: 'one',
    changes: [{ verb: 'patch', target, binds, patch: removal(binding, index) }],
    revert: [{ verb: 'patch', target, binds, patch: restoration(binding, index) }],
  };
}

function refuseSystem({ metadata, roleRef }: BindingFacts): void {
  if (metadata.name.startsWith('system:') || Object.hasOwn(metadata.labels, BOOTSTRAP)) {
    throw new KubernetesRefusalError(
      `${metadata.name} is a binding Kubernetes itself keeps (role ${roleRef.name}): changing it can lock everybody out`,
    );
  }
}

function indexOfSubject({ metadata, subjects }: BindingFacts, wanted: Subject): number {
  const found = subjects.flatMap((each, index) => (isSame(each, wanted) ? [index] : []));
  if (found.length !== 1) {
    throw new KubernetesRefusalError(
      `${describe(wanted)} stands ${found.length} times in ${metadata.name}, not once`,
    );
  }
  return found[0]!;
}

const isSame = (one: Subject, other: Subject): boolean =>
  one.kind === other.kind && one.name === other.name && one.namespace === other.namespace;

const sameBinding = ({ metadata }: BindingFacts): PatchStep => ({
  op: 'test',
  path: '/metadata/uid',
  value: metadata.uid,
});

/** The API leaves an empty list out of what it returns, so the last subject goes and comes with its list. */
function removal(binding: BindingFacts, index: number): PatchStep[] {
  const isLast = binding.subjects.length === 1;
  return [
    sameBinding(binding),
    { op: 'test', path: '/subjects', value: binding.subjects },
    { op: 'remove', path: isLast ? '/subjects' : `/subjects/${index}` },
  ];
}

function restoration(binding: BindingFacts, index: number): PatchStep[] {
  const { subjects } = binding;
  if (subjects.length === 1) {
    // The API server's JSON patch library takes a missing path for null. Without this test, subjects added since would be overwritten.
    return [
      sameBinding(binding),
      { op: 'test', path: '/subjects', value: null },
      { op: 'add', path: '/subjects', value: subjects },
    ];
  }
  return [
    sameBinding(binding),
    { op: 'test', path: '/subjects', value: subjects.filter((_, at) => at !== index) },
    { op: 'add', path: `/subjects/${index}`, value: subjects[index] },
  ];
}

const describe = ({ kind, namespace, name }: Subject): string =>
  `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;

const path = ({ metadata }: BindingFacts): string =>
  metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;

const targetOfBinding = ({ kind, metadata }: BindingFacts): Target => ({
  kind,
  namespace: metadata.namespace ?? null,
  name: metadata.name,
});
