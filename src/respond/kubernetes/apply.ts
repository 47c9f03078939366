import { isDeepStrictEqual } from 'node:util';
import { type Cluster, ClusterError, type WriteOptions } from './cluster.js';
import { KubernetesRefusalError, objectUid } from './names.js';
import {
  type Change,
  FIELD_MANAGER,
  type KubernetesObject,
  type KubernetesPlan,
  MANAGED_BY,
  RUN,
  type Target,
  targetOf,
} from './objects.js';

/** `already`: it was as wanted before. `gone`: the object is no longer there, so nothing is left to undo. */
export type Result = 'done' | 'already' | 'gone';

export interface Outcome {
  change: Change;
  result: Result;
}

/** Written by the ledger: `intent` before each effect, `outcome` after it. A failure to record stops the effect. */
export interface LedgerEntry {
  phase: 'intent' | 'outcome';
  change: Change;
  /** Only in outcomes. */
  result?: Result;
  error?: string;
}

export type Recorder = (entry: LedgerEntry) => void | Promise<void>;

/** Some effects happened before one failed. `done` says which; `revertPlan` undoes them. */
export class PartlyAppliedError extends Error {
  override name = 'PartlyAppliedError';

  constructor(
    readonly done: Outcome[],
    readonly failed: { change: Change; error: string }[],
    options?: ErrorOptions,
  ) {
    super(failed.map(({ change, error }) => `${describeChange(change)}: ${error}`).join('; '), options);
  }
}

const ignore: Recorder = () => {};

/**
 * Asks the API server to try every change without keeping it (dryRun=All), then makes them in order. When the trial of one change is
 * refused, none is made.
 *
 * @throws KubernetesRefusalError when an object of that name is not ours from this run; ClusterError when a trial fails; PartlyAppliedError later.
 */
export async function applyPlan(
  plan: KubernetesPlan,
  cluster: Cluster,
  record: Recorder = ignore,
): Promise<Outcome[]> {
  await tryPlan(plan, cluster);
  const done: Outcome[] = [];
  for (const change of plan.changes) {
    try {
      done.push({ change, result: await recorded(change, cluster, record) });
    } catch (error) {
      throw new PartlyAppliedError(done, [{ change, error: messageOf(error) }], { cause: error });
    }
  }
  return done;
}

/** Only the trial: the API server checks rights, schema, names and `test` steps, and keeps nothing. */
export async function tryPlan(plan: KubernetesPlan, cluster: Cluster): Promise<void> {
  for (const change of plan.changes) await make(change, cluster, { dryRun: true });
}

/**
 * Undoes a plan. Every step is tried even when one fails, since a pod that cannot be unlabelled must not keep its policy alive.
 *
 * @throws PartlyAppliedError naming each step that failed.
 */
export async function revertPlan(
  plan: KubernetesPlan,
  cluster: Cluster,
  record: Recorder = ignore,
): Promise<Outcome[]> {
  const done: Outcome[] = [];
  const failed: { change: Change; error: string }[] = [];
  for (const change of plan.revert) {
    try {
      done.push({ change, result: await recorded(change, cluster, record) });
    } catch (error) {
      const isGone = change.verb === 'patch' && error instanceof ClusterError && error.status === 404;
      if (isGone) done.push({ change, result: 'gone' });
      else failed.push({ change, error: messageOf(error) });
    }
  }
  if (failed.length > 0) throw new PartlyAppliedError(done, failed);
  return done;
}

/** An effect counts as done only when its outcome is recorded too. */
async function recorded(change: Change, cluster: Cluster, record: Recorder): Promise<Result> {
  await record({ phase: 'intent', change });
  let result: Result;
  try {
    result = await make(change, cluster, { dryRun: false });
  } catch (error) {
    await record({ phase: 'outcome', change, error: messageOf(error) });
    throw error;
  }
  await record({ phase: 'outcome', change, result });
  return result;
}

async function make(change: Change, cluster: Cluster, options: WriteOptions): Promise<Result> {
  switch (change.verb) {
    case 'create':
      return create(change.object, cluster, options);
    case 'patch':
      await cluster.patch(change.target, change.patch, options);
      return 'done';
    case 'delete':
      await cluster.remove(change.target, change.uid, options);
      return 'done';
    case 'delete-own':
      return removeOwn(change, cluster, options);
  }
}

/** Creates or refuses; what is there already counts only if it is ours, from this run, and says the same. */
async function create(object: KubernetesObject, cluster: Cluster, options: WriteOptions): Promise<Result> {
  try {
    await cluster.create(object, options);
    return 'done';
  } catch (error) {
    if (!(error instanceof ClusterError) || error.status !== 409) throw error;
    const target = targetOf(object);
    const present = await cluster.read(target);
    if (!present) throw error;
    requireOwn(present, target, object.metadata.labels?.[RUN] ?? '');
    if (!isDeepStrictEqual(withoutEmpty(present.spec), withoutEmpty(object.spec))) {
      throw new KubernetesRefusalError(
        `${describeTarget(target)} is ours but was changed since; it is left as it is`,
      );
    }
    return 'already';
  }
}

/** An API server leaves out empty lists; a policy without rules says the same as one with none. */
function withoutEmpty(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([, each]) => !(Array.isArray(each) && each.length === 0)),
  );
}

async function removeOwn(
  change: Extract<Change, { verb: 'delete-own' }>,
  cluster: Cluster,
  options: WriteOptions,
): Promise<Result> {
  const present = await cluster.read(change.target);
  if (!present) return 'gone';
  requireOwn(present, change.target, change.run);
  await cluster.remove(change.target, objectUid(present.metadata.uid ?? ''), options);
  return 'done';
}

function requireOwn({ metadata }: KubernetesObject, target: Target, run: string): void {
  const isOwn = metadata.labels?.[MANAGED_BY] === FIELD_MANAGER && metadata.labels[RUN] === run;
  if (!isOwn) {
    throw new KubernetesRefusalError(
      `${describeTarget(target)} was not created by this response (${MANAGED_BY}, ${RUN}); it is left as it is`,
    );
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const describeTarget = ({ kind, namespace, name }: Target): string =>
  `${kind} ${namespace === null ? '' : `${namespace}/`}${name}`;

const describeChange = (change: Change): string =>
  `${change.verb} ${describeTarget(change.verb === 'create' ? targetOf(change.object) : change.target)}`;
