import { removeSubject } from '../bindings.js';
import { deletePod, rotateTokenSecrets } from '../credentials.js';
import { egressPolicy } from '../egress.js';
import { l7EgressPolicy } from '../egress-l7.js';
import type { EgressRequest } from '../egress-request.js';
import type { KubernetesPlan, Run } from '../objects.js';
import { quarantinePod } from '../quarantine.js';
import { suspendCronJob } from '../schedule.js';
import { isolateNamespace } from '../segment.js';

export const RUN_7: Run = {
  id: 'run-7',
  reason: 'bulk upload to a rare host',
  expiresAt: '2026-01-01T04:00:00Z',
};

const UID = '8c2b1c1e-0000-4000-8000-00000000000';

export const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web-5d9c-x2x',
    namespace: 'shop',
    uid: `${UID}1`,
    labels: { app: 'web', tier: 'front' },
  },
  spec: { containers: [{ name: 'web', image: 'web:1' }] },
};

export const CRON_JOB = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'report', namespace: 'shop', uid: `${UID}2` },
  spec: {
    schedule: '*/5 * * * *',
    suspend: false,
    jobTemplate: { spec: { template: { spec: { containers: [{ name: 'report', image: 'report:1' }] } } } },
  },
  status: { active: [{ name: 'report-29000000' }] },
};

const subject = (name: string) => ({ kind: 'ServiceAccount', name, namespace: 'shop' });

export const ROLE_BINDING = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name: 'edit-shop', namespace: 'shop', uid: `${UID}3` },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
  subjects: [subject('builder'), subject('web'), subject('deployer')],
};

export const CLUSTER_ROLE_BINDING = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'helper', uid: `${UID}4` },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [subject('web')],
};

export const TOKEN_SECRET = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: 'web-token-abcde',
    namespace: 'shop',
    uid: `${UID}5`,
    annotations: { 'kubernetes.io/service-account.name': 'web' },
  },
  type: 'kubernetes.io/service-account-token',
  data: { token: 'c2VjcmV0LXRva2Vu' },
};

/** What stands in the cluster before any plan runs. */
export const OBJECTS = [POD, CRON_JOB, ROLE_BINDING, CLUSTER_ROLE_BINDING, TOKEN_SECRET];

export const EGRESS: EgressRequest = {
  run: RUN_7,
  namespace: 'shop',
  workload: 'deployment/web',
  podLabels: { app: 'web' },
  destinations: [
    { cidr: '192.0.2.10', ports: [{ port: 443, protocol: 'TCP' }] },
    {
      cidr: '198.51.100.0/24',
      ports: [
        { port: 80, protocol: 'TCP' },
        { port: 123, protocol: 'UDP' },
      ],
    },
  ],
};

/** One plan of each kind. */
export const PLANS: KubernetesPlan[] = [
  quarantinePod({ run: RUN_7, pod: POD, enforcedBy: 'networkpolicy', policies: [] }),
  quarantinePod({ run: RUN_7, pod: POD, enforcedBy: 'cilium' }),
  deletePod({ run: RUN_7, pod: POD, deletePod: true }),
  rotateTokenSecrets({
    run: RUN_7,
    namespace: 'shop',
    serviceAccount: 'web',
    secrets: [TOKEN_SECRET],
    replace: true,
  }),
  removeSubject({ run: RUN_7, binding: ROLE_BINDING, subject: subject('web') }),
  removeSubject({ run: RUN_7, binding: CLUSTER_ROLE_BINDING, subject: subject('web') }),
  egressPolicy(EGRESS),
  l7EgressPolicy({ ...EGRESS, sanctionedNames: ['backup.example.com'], reads: 'anywhere' }),
  isolateNamespace({ run: RUN_7, namespace: 'shop', enforcedBy: 'networkpolicy' }),
  isolateNamespace({ run: RUN_7, namespace: 'shop', enforcedBy: 'cilium' }),
  suspendCronJob({ run: RUN_7, cronJob: CRON_JOB }),
];

/** A name for a test: two plans of one action differ in what they touch. */
export const planName = (plan: KubernetesPlan): string =>
  `${plan.action} of ${plan.changes.map((change) => (change.verb === 'create' ? change.object.kind : change.target.kind)).join(' and ')}`;
