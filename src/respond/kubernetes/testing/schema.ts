// @ts-expect-error the package declares no types for its validators
import { validate as cilium } from '@kubernetes-models/cilium/_schemas/ComGithubCiliumCiliumPkgK8sApisCiliumIoV2CiliumNetworkPolicy';
import { validate as statefulSet } from 'kubernetes-models/_schemas/IoK8sApiAppsV1StatefulSet';
import { validate as cronJob } from 'kubernetes-models/_schemas/IoK8sApiBatchV1CronJob';
import { validate as configMap } from 'kubernetes-models/_schemas/IoK8sApiCoreV1ConfigMap';
import { validate as pod } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Pod';
import { validate as secret } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Secret';
import { validate as service } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Service';
import { validate as serviceAccount } from 'kubernetes-models/_schemas/IoK8sApiCoreV1ServiceAccount';
import { validate as networkPolicy } from 'kubernetes-models/_schemas/IoK8sApiNetworkingV1NetworkPolicy';
import { validate as clusterRole } from 'kubernetes-models/_schemas/IoK8sApiRbacV1ClusterRole';
import { validate as clusterRoleBinding } from 'kubernetes-models/_schemas/IoK8sApiRbacV1ClusterRoleBinding';
import { validate as role } from 'kubernetes-models/_schemas/IoK8sApiRbacV1Role';
import { validate as roleBinding } from 'kubernetes-models/_schemas/IoK8sApiRbacV1RoleBinding';

/** Validators compiled from the OpenAPI schema of Kubernetes and from Cilium's own types. */
const VALIDATORS = {
  CiliumNetworkPolicy: cilium,
  ConfigMap: configMap,
  CronJob: cronJob,
  Pod: pod,
  Secret: secret,
  Service: service,
  ServiceAccount: serviceAccount,
  StatefulSet: statefulSet,
  NetworkPolicy: networkPolicy,
  ClusterRole: clusterRole,
  ClusterRoleBinding: clusterRoleBinding,
  Role: role,
  RoleBinding: roleBinding,
} as unknown as Record<string, Validator>;

type Validator = ((data: unknown) => boolean) & {
  errors?: { instancePath: string; message?: string }[] | null;
};

/**
 * What is wrong with an object by the published schema, unknown fields included. The schema itself allows any further field, so unknown
 * ones are found by what its validator never read; maps such as labels it reads whole.
 */
export function schemaErrors(object: { kind: string }): string[] {
  const validate = VALIDATORS[object.kind];
  if (!validate) return [`no schema for kind ${object.kind}`];
  const unread = new Map<string, Set<string>>();
  const isValid = validate(watch(object, '', unread));
  const errors = isValid
    ? []
    : (validate.errors ?? []).map((each) => `${each.instancePath} ${each.message ?? ''}`);
  const unknown = [...unread].flatMap(([path, keys]) => [...keys].map((key) => `${path}/${key} is no field`));
  return [...errors, ...unknown];
}

function watch<T>(value: T, path: string, unread: Map<string, Set<string>>): T {
  if (value === null || typeof value !== 'object') return value;
  const left = new Set(Array.isArray(value) ? [] : Object.keys(value));
  unread.set(path, left);
  const seen = new Map<PropertyKey, unknown>();
  return new Proxy(value, {
    get(target, key) {
      left.delete(String(key));
      if (!seen.has(key)) seen.set(key, watch(Reflect.get(target, key), `${path}/${String(key)}`, unread));
      return seen.get(key);
    },
    ownKeys(target) {
      left.clear();
      return Reflect.ownKeys(target);
    },
  });
}
