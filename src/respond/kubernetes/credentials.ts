import { readPod, readTokenSecret, type TokenSecretFacts } from './facts.js';
import { KubernetesRefusalError, namespaceName, objectName, safeLabel } from './names.js';
import {
  type Change,
  deleteOwn,
  FIELD_MANAGER,
  type KubernetesObject,
  type KubernetesPlan,
  MANAGED_BY,
  RUN,
  type Run,
  runId,
} from './objects.js';

const TOKEN_TYPE = 'kubernetes.io/service-account-token';
const ACCOUNT = 'kubernetes.io/service-account.name';

/**
 * Makes a pod's bound token invalid. The only way is to delete the pod, so it is asked for by name.
 *
 * @throws KubernetesRefusalError unless `deletePod` is true.
 */
export function deletePod(request: { run: Run; pod: unknown; deletePod: boolean }): KubernetesPlan {
  const { metadata } = readPod(request.pod);
  if (!request.deletePod) {
    throw new KubernetesRefusalError(
      'a bound token ends with its pod: say that the pod may be deleted, after its evidence is captured',
    );
  }
  return {
    action: 'delete-pod',
    run: runId(request.run),
    title: `Deletion of pod ${metadata.namespace}/${metadata.name}, which ends its bound token`,
    does: ['Deletes this one pod (checked by uid). The API server refuses its bound token from then on.'],
    cannot: [
      'Everything in the pod is lost: memory, processes, files outside volumes. Capture evidence first.',
      'While the pod is terminating its token may still be accepted: until the pod is gone, at most 60 seconds past its grace period.',
      'Its controller starts a replacement with a token of the same service account, perhaps from the same image. Remove bindings first.',
      'Tokens that were requested without being bound to this pod stay valid until they expire; so do tokens of other pods.',
    ],
    undo: 'Nothing brings the pod back. A controller replaces it; a bare pod is started again from its manifest.',
    approval: 'one',
    changes: [
      {
        verb: 'delete',
        target: { kind: 'Pod', namespace: metadata.namespace, name: metadata.name },
        uid: metadata.uid,
      },
    ],
    revert: [],
  };
}

export interface TokenSecretsRequest {
  run: Run;
  namespace: string;
  serviceAccount: string;
  /** Secrets as the API returns them; their contents are dropped on reading and never reach the plan. */
  secrets: unknown[];
  /** Also create a new, empty token secret for each, which the API server fills. */
  replace?: boolean;
}

/**
 * Rotates the long-lived ("legacy") tokens of a service account, which are valid as long as their secret exists.
 *
 * @throws KubernetesRefusalError when a secret is not a token of exactly this service account, or there is none.
 */
export function rotateTokenSecrets(request: TokenSecretsRequest): KubernetesPlan {
  const namespace = namespaceName(request.namespace);
  const account = objectName(request.serviceAccount);
  const secrets = request.secrets.map(readTokenSecret);
  if (secrets.length === 0) {
    throw new KubernetesRefusalError(`no token secret was given for service account ${account}`);
  }
  for (const secret of secrets) requireTokenOf(secret, namespace, account);
  const successors = request.replace ? secrets.map((secret) => successor(secret, account, request.run)) : [];
  return {
    action: 'delete-token-secrets',
    run: runId(request.run),
    title: `Rotation of ${secrets.length} long-lived token(s) of service account ${namespace}/${account}`,
    does: [
      ...successors.map(
        ({ metadata }) => `Creates the empty token secret ${metadata.name}; the API server fills it.`,
      ),
      ...secrets.map(
        ({ metadata }) =>
          `Deletes secret ${metadata.name} (checked by uid); its token is refused from then on.`,
      ),
    ],
    cannot: [
      'Bound tokens of pods and tokens requested from the TokenRequest API are not touched: they end with their pod or their expiry.',
      'Whatever used the old secret by name fails until it is given the new one.',
      'What the token was already used for stays done, including other credentials it could read.',
    ],
    undo: 'Deletes the new secrets. The old tokens stay revoked: they cannot be restored, and should not be.',
    approval: 'one',
    changes: [
      ...successors.map((object): Change => ({ verb: 'create', object })),
      ...secrets.map(
        ({ metadata: { name, uid } }): Change => ({
          verb: 'delete',
          target: { kind: 'Secret', namespace, name },
          uid,
        }),
      ),
    ],
    revert: successors.map((object) => deleteOwn(object, request.run)),
  };
}

function requireTokenOf(secret: TokenSecretFacts, namespace: string, account: string): void {
  const { metadata, type } = secret;
  const isTheirs =
    type === TOKEN_TYPE && metadata.namespace === namespace && metadata.annotations[ACCOUNT] === account;
  if (!isTheirs) {
    throw new KubernetesRefusalError(
      `secret ${metadata.name} is not a token of service account ${namespace}/${account}`,
    );
  }
}

const successor = (secret: TokenSecretFacts, account: string, run: Run): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: `stowaway-token-${safeLabel(`${secret.metadata.uid}/${runId(run)}`)}`,
    namespace: secret.metadata.namespace,
    labels: { [MANAGED_BY]: FIELD_MANAGER, [RUN]: runId(run) },
    annotations: { [ACCOUNT]: account },
  },
  type: TOKEN_TYPE,
});
