import { readCronJob } from './facts.js';
import { KubernetesRefusalError } from './names.js';
import { type KubernetesPlan, type PatchStep, type Run, runId, type Target } from './objects.js';

/**
 * Suspends a CronJob: no further run starts.
 *
 * @throws KubernetesRefusalError when it is suspended already: the inverse would start somebody else's job.
 */
export function suspendCronJob(request: { run: Run; cronJob: unknown }): KubernetesPlan {
  const { metadata, spec, status } = readCronJob(request.cronJob);
  if (spec.suspend) throw new KubernetesRefusalError(`CronJob ${metadata.name} is suspended already`);
  const target: Target = { kind: 'CronJob', namespace: metadata.namespace, name: metadata.name };
  const isSame: PatchStep = { op: 'test', path: '/metadata/uid', value: metadata.uid };
  const running = status.active.map(({ name }) => name).join(', ') || 'none when it was read';
  return {
    action: 'suspend-cronjob',
    run: runId(request.run),
    title: `Suspension of CronJob ${metadata.namespace}/${metadata.name}`,
    does: ['Sets spec.suspend to true on this CronJob (checked by uid). The manifest stays as evidence.'],
    cannot: [
      `Jobs that run already go on: ${running}.`,
      'A tool that keeps the cluster equal to a repository sets it back; suspend it there too.',
      'Whoever may change CronJobs in this namespace can resume it, or create another.',
    ],
    undo:
      spec.startingDeadlineSeconds === undefined
        ? 'Sets spec.suspend back. It has no startingDeadlineSeconds: Kubernetes starts missed runs at once on resuming.'
        : 'Sets spec.suspend back; missed runs older than its startingDeadlineSeconds are not made up.',
    approval: 'one',
    changes: [{ verb: 'patch', target, patch: [isSame, { op: 'add', path: '/spec/suspend', value: true }] }],
    revert: [
      {
        verb: 'patch',
        target,
        patch: [
          isSame,
          { op: 'test', path: '/spec/suspend', value: true },
          { op: 'replace', path: '/spec/suspend', value: false },
        ],
      },
    ],
  };
}
