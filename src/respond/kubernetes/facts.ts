import { z } from 'zod';
import {
  KubernetesRefusalError,
  labels,
  namespaceName,
  objectName,
  objectUid,
  printable,
  rbacName,
} from './names.js';

/** Objects as the API server returns them, reduced to what a plan needs. Whatever else they hold, such as the contents of a secret, is dropped here. */
const labelMap = z
  .record(z.string(), z.string())
  .optional()
  .transform((map) => labels(map ?? {}));
const uid = z.string().transform(objectUid);

const metadata = z.object({
  name: z.string().transform(objectName),
  namespace: z.string().transform(namespaceName),
  uid,
});

const pod = z.object({
  metadata: metadata.extend({ labels: labelMap }),
  spec: z.object({ hostNetwork: z.boolean().default(false) }),
});

const cronJob = z.object({
  metadata,
  spec: z.object({ suspend: z.boolean().optional(), startingDeadlineSeconds: z.number().optional() }),
  status: z
    .object({ active: z.array(z.object({ name: z.string().transform(objectName) })).default([]) })
    .default({ active: [] }),
});

const tokenSecret = z.object({
  metadata: metadata.extend({ annotations: z.record(z.string(), z.string()).default({}) }),
  type: z.string(),
});

const subject = z.object({
  kind: z.enum(['ServiceAccount', 'User', 'Group']),
  apiGroup: z.string().optional(),
  name: z.string().transform(rbacName),
  namespace: z.string().transform(namespaceName).optional(),
});

const binding = z.object({
  kind: z.enum(['RoleBinding', 'ClusterRoleBinding']),
  metadata: z.object({
    name: z.string().transform(rbacName),
    namespace: z.string().transform(namespaceName).optional(),
    uid,
    labels: z.record(z.string(), z.string()).default({}),
  }),
  roleRef: z.object({ kind: z.enum(['Role', 'ClusterRole']), name: z.string().transform(rbacName) }),
  subjects: z.array(subject).default([]),
});

const selector = z.object({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z
    .array(
      z.object({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).default([]),
      }),
    )
    .default([]),
});

const networkPolicy = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    podSelector: selector.default({ matchLabels: {}, matchExpressions: [] }),
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])).optional(),
    ingress: z.array(z.unknown()).default([]),
    egress: z.array(z.unknown()).default([]),
  }),
});

export type PodFacts = z.infer<typeof pod>;
export type CronJobFacts = z.infer<typeof cronJob>;
export type TokenSecretFacts = z.infer<typeof tokenSecret>;
export type Subject = z.infer<typeof subject>;
export type BindingFacts = z.infer<typeof binding>;
export type Selector = z.infer<typeof selector>;
export type NetworkPolicyFacts = z.infer<typeof networkPolicy>;

function read<T>(what: string, schema: z.ZodType<T>, object: unknown): T {
  const parsed = schema.safeParse(object);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new KubernetesRefusalError(
    `not a ${what}: ${printable(`${issue.path.join('.')}: ${issue.message}`)}`,
  );
}

export const readPod = (object: unknown): PodFacts => read('Pod', pod, object);
export const readCronJob = (object: unknown): CronJobFacts => read('CronJob', cronJob, object);
export const readTokenSecret = (object: unknown): TokenSecretFacts => read('Secret', tokenSecret, object);
export const readBinding = (object: unknown): BindingFacts => read('binding', binding, object);
export const readSubject = (object: unknown): Subject => read('subject', subject, object);
export const readNetworkPolicy = (object: unknown): NetworkPolicyFacts =>
  read('NetworkPolicy', networkPolicy, object);
