import type { KubernetesObject, PatchStep, Target } from './objects.js';

/** How a request ends that the API server refused. */
export class ClusterError extends Error {
  override name = 'ClusterError';

  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface WriteOptions {
  /** The server does everything but keep the result (dryRun=All). */
  dryRun: boolean;
}

/** What a response needs of an API server. Each method throws ClusterError; nothing is retried. */
export interface Cluster {
  /** Called only for objects of ours. Undefined when there is none. */
  read(target: Target): Promise<KubernetesObject | undefined>;
  /** Must fail with 409 when an object of this name exists: never overwrites. */
  create(object: KubernetesObject, options: WriteOptions): Promise<void>;
  /** JSON patch: all steps or none; a failing `test` leaves the object as it was. */
  patch(target: Target, patch: PatchStep[], options: WriteOptions): Promise<void>;
  /** Must fail with 409 when the object of this name has another uid. */
  remove(target: Target, uid: string, options: WriteOptions): Promise<void>;
}

/** What a plan is made from. Reads only; each method throws ClusterError, with status 404 where there is no such object. */
export interface ClusterReader {
  pod(namespace: string, name: string): Promise<unknown>;
  cronJob(namespace: string, name: string): Promise<unknown>;
  roleBinding(namespace: string, name: string): Promise<unknown>;
  clusterRoleBinding(name: string): Promise<unknown>;
  /** All plain NetworkPolicies of a namespace: what `stillAllow` compares with. */
  networkPolicies(namespace: string): Promise<unknown[]>;
}

/** One API server, to plan from and to act on. */
export interface Connection {
  reader: ClusterReader;
  cluster: Cluster;
}
