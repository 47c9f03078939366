import type * as k8s from '@kubernetes/client-node';
import {
  type Cluster,
  ClusterError,
  type ClusterReader,
  type Connection,
  type WriteOptions,
} from './cluster.js';
import { KubernetesRefusalError, printable } from './names.js';
import {
  FIELD_MANAGER,
  KINDS,
  type Kind,
  type KubernetesObject,
  type PatchStep,
  type Target,
} from './objects.js';

type Library = typeof k8s;

const ANSWER_WITHIN_MS = 30_000;

export interface ConnectOptions {
  /** Path of a kubeconfig. Default: in a pod its service account, else what the library finds (KUBECONFIG, ~/.kube/config). */
  kubeconfig?: string;
  context?: string;
}

/**
 * Connects to the cluster a kubeconfig names. The client library is loaded here and nowhere else: it is large, and no other command needs it.
 *
 * @throws KubernetesRefusalError when the library is not installed, or the kubeconfig names no cluster.
 */
export async function connect({ kubeconfig, context }: ConnectOptions = {}): Promise<Connection> {
  const library = await loadLibrary();
  const config = new library.KubeConfig();
  if (kubeconfig === undefined) config.loadFromDefault();
  else config.loadFromFile(kubeconfig);
  if (context !== undefined) config.setCurrentContext(context);
  if (!config.getCurrentCluster()) {
    throw new KubernetesRefusalError('the kubeconfig names no cluster for its current context');
  }
  return connectionOf(library, config);
}

async function loadLibrary(): Promise<Library> {
  try {
    return await import('@kubernetes/client-node');
  } catch (cause) {
    throw new KubernetesRefusalError(
      'speaking to Kubernetes needs one more package: npm install @kubernetes/client-node@1 (2.x needs a newer Node.js). Writing manifests does not need it',
      { cause },
    );
  }
}

/** The calls of the library that serve one kind. Kinds lack what no plan does with them. */
interface Calls {
  read?: (target: Named) => Promise<unknown>;
  create?: (request: { namespace: string; body: never } & Write) => Promise<unknown>;
  patch?: (request: Named & { body: unknown } & Write) => Promise<unknown>;
  remove?: (request: Named & { dryRun?: string; body: k8s.V1DeleteOptions }) => Promise<unknown>;
}

interface Named {
  name: string;
  namespace: string;
}

interface Write {
  dryRun?: string;
  fieldManager: string;
  fieldValidation: string;
}

export const connectionOf = (library: Library, config: k8s.KubeConfig): Connection => ({
  reader: readerOf(library, config),
  cluster: clusterOf(library, config),
});

function readerOf(library: Library, config: k8s.KubeConfig): ClusterReader {
  const core = config.makeApiClient(library.CoreV1Api);
  const custom = config.makeApiClient(library.CustomObjectsApi);
  const get = (kind: Kind, namespace: string, name: string) =>
    answered(() => custom.getNamespacedCustomObject({ ...placeOf(kind), namespace, name }));
  return {
    pod: (namespace, name) => answered(() => core.readNamespacedPod({ namespace, name })),
    cronJob: (namespace, name) => get('CronJob', namespace, name),
    roleBinding: (namespace, name) => get('RoleBinding', namespace, name),
    clusterRoleBinding: (name) =>
      answered(() => custom.getClusterCustomObject({ ...placeOf('ClusterRoleBinding'), name })),
    networkPolicies: async (namespace) => {
      const list = await answered(() =>
        custom.listNamespacedCustomObject({ ...placeOf('NetworkPolicy'), namespace }),
      );
      return (list as { items: unknown[] }).items;
    },
  };
}

function clusterOf(library: Library, config: k8s.KubeConfig): Cluster {
  const calls = callsOf(library, config);
  const callOf = <V extends keyof Calls>(kind: Kind, verb: V): NonNullable<Calls[V]> => {
    const call = calls[kind][verb];
    if (!call) throw new KubernetesRefusalError(`no plan may ${verb} a ${kind}`);
    return call;
  };
  const write = ({ dryRun }: WriteOptions): Write => ({
    ...(dryRun ? { dryRun: 'All' } : {}),
    fieldManager: FIELD_MANAGER,
    fieldValidation: 'Strict',
  });
  return {
    read: async (target) => {
      try {
        return (await answered(() => callOf(target.kind, 'read')(named(target)))) as KubernetesObject;
      } catch (error) {
        if (error instanceof ClusterError && error.status === 404) return undefined;
        throw error;
      }
    },
    create: async (object, options) => {
      const namespace = object.metadata.namespace ?? '';
      const request = { namespace, body: object as never, ...write(options) };
      await answered(() => callOf(object.kind as Kind, 'create')(request));
    },
    patch: async (target: Target, body: PatchStep[], options) => {
      await answered(() => callOf(target.kind, 'patch')({ ...named(target), body, ...write(options) }));
    },
    remove: async (target, uid, { dryRun }) => {
      const body = { preconditions: { uid } };
      await answered(() =>
        callOf(target.kind, 'remove')({ ...named(target), ...(dryRun ? { dryRun: 'All' } : {}), body }),
      );
    },
  };
}

const named = ({ name, namespace }: Target): Named => ({ name, namespace: namespace ?? '' });

function callsOf(library: Library, config: k8s.KubeConfig): Record<Kind, Calls> {
  const core = config.makeApiClient(library.CoreV1Api);
  const batch = config.makeApiClient(library.BatchV1Api);
  const rbac = config.makeApiClient(library.RbacAuthorizationV1Api);
  return {
    Pod: {
      patch: (request) => core.patchNamespacedPod(request),
      remove: (request) => core.deleteNamespacedPod(request),
    },
    Secret: {
      // What a secret holds is dropped before anything else sees it.
      read: async (target) => {
        const { apiVersion, kind, metadata, type } = await core.readNamespacedSecret(target);
        return { apiVersion, kind, metadata, type };
      },
      create: (request) => core.createNamespacedSecret(request),
      remove: (request) => core.deleteNamespacedSecret(request),
    },
    CronJob: { patch: (request) => batch.patchNamespacedCronJob(request) },
    NetworkPolicy: untyped(library, config, 'NetworkPolicy'),
    CiliumNetworkPolicy: untyped(library, config, 'CiliumNetworkPolicy'),
    RoleBinding: { patch: (request) => rbac.patchNamespacedRoleBinding(request) },
    ClusterRoleBinding: { patch: (request) => rbac.patchClusterRoleBinding(request) },
  };
}

function placeOf(kind: Kind): { group: string; version: string; plural: string } {
  const { apiVersion, group, plural } = KINDS[kind];
  return { group, version: apiVersion.slice(apiVersion.indexOf('/') + 1), plural };
}

/** The calls that send and return an object as it is: the typed ones rename fields and drop what they do not know. */
function untyped(library: Library, config: k8s.KubeConfig, kind: Kind): Calls {
  const custom = config.makeApiClient(library.CustomObjectsApi);
  const place = placeOf(kind);
  return {
    read: (target) => custom.getNamespacedCustomObject({ ...place, ...target }),
    create: (request) => custom.createNamespacedCustomObject({ ...place, ...request }),
    remove: (request) => custom.deleteNamespacedCustomObject({ ...place, ...request }),
  };
}

/** One request with a limit, its failure as one kind of error. The library's own message holds headers and is not shown. */
async function answered<T>(request: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new ClusterError(
            0,
            `no answer within ${ANSWER_WITHIN_MS / 1000} s; it is not known whether it was done`,
          ),
        ),
      ANSWER_WITHIN_MS,
    );
  });
  try {
    return await Promise.race([request(), limit]);
  } catch (cause) {
    if (cause instanceof ClusterError || cause instanceof KubernetesRefusalError) throw cause;
    throw asClusterError(cause);
  } finally {
    clearTimeout(timer);
  }
}

function asClusterError(cause: unknown): ClusterError {
  const { code, body } = cause as { code?: unknown; body?: unknown };
  if (typeof code !== 'number') {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new ClusterError(0, `the API server was not reached: ${printable(reason.slice(0, 300))}`, {
      cause,
    });
  }
  return new ClusterError(
    code,
    `the API server answered ${code}: ${printable(statusMessage(body).slice(0, 300))}`,
    {
      cause,
    },
  );
}

/** `message` of the Status object the API server explains itself with. */
function statusMessage(body: unknown): string {
  try {
    const status = typeof body === 'string' ? JSON.parse(body) : body;
    return typeof status?.message === 'string' ? status.message : 'no reason given';
  } catch {
    return 'no reason given';
  }
}
