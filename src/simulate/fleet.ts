import { createHash } from 'node:crypto';
import { drawing } from './random.js';

/** What a workload does for a living. `habits.ts` says how each talks; docs/simulate.md says why. */
export const KINDS = ['web', 'worker', 'media', 'database', 'batch', 'feed', 'ci', 'agent'] as const;
export type Kind = (typeof KINDS)[number];

/** Of a hundred workloads; the rest of a small fleet is web. */
const SHARES: [Kind, number][] = [
  ['web', 40],
  ['worker', 16],
  ['database', 12],
  ['media', 8],
  ['batch', 8],
  ['agent', 8],
  ['ci', 4],
  ['feed', 4],
];

export interface Workload {
  index: number;
  name: string;
  kind: Kind;
  image: string;
  /** Outside services it always uses. */
  services: string[];
  /** Size of what it stores or ships, as a factor: workloads of one kind differ. */
  weight: number;
}

/** One container of a workload: what the engine would say of it. */
export interface Container {
  id: string;
  name: string;
  address: string;
  from: number;
  until: number;
}

/** Places outside, from the ranges for documentation. */
export const OUTSIDE = {
  bucket: '203.0.113.20',
  registry: '203.0.113.40',
  partner: '203.0.113.60',
  telemetry: '203.0.113.80',
  mirror: '198.51.100.40',
  status: '198.51.100.60',
  /** Interfaces of other companies: payment, mail, maps. */
  services: Array.from({ length: 24 }, (_, index) => `192.0.2.${10 + index}`),
} as const;

/** Inside helpers that every fleet has; they stand beside the workloads counted. */
export const HELPERS = { balancer: '10.20.255.2', metrics: '10.20.255.3', logs: '10.20.255.4' } as const;

export function fleetOf(seed: number, workloads: number): Workload[] {
  const kinds = SHARES.flatMap(([kind, share]) =>
    Array.from({ length: Math.floor((share * workloads) / 100) }, () => kind),
  );
  while (kinds.length < workloads) kinds.push('web');
  return kinds.map((kind, index) => {
    const draw = drawing(seed, `workload ${index}`);
    const name = `${kind}-${index}`;
    return {
      index,
      name,
      kind,
      image: `registry.example/fleet/${kind}:${1 + (index % 5)}`,
      services: Array.from({ length: draw.whole(2, 4) }, () => draw.pick(OUTSIDE.services)),
      weight: draw.size(1, 0.5),
    };
  });
}

/** Id, name and address of the `generation`-th container of a workload; addresses come round again. */
export function containerOf(
  seed: number,
  workload: Workload,
  generation: number,
  from: number,
  until: number,
): Container {
  const id = createHash('sha256').update(`${seed} ${workload.name} ${generation}`).digest('hex');
  const address = `10.20.${workload.index % 250}.${2 + (generation % 240)}`;
  return { id, name: `fleet-${workload.name}-${generation + 1}`, address, from, until };
}
