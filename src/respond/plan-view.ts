import { formatDuration } from '../model/duration.js';
import { costOf } from './cost.js';
import { differenceOf } from './diff.js';
import type { Plan } from './plan.js';

/** What somebody has to see before saying yes. Names are as they are. */
export function planViewOf(plan: Plan) {
  const { request, target, segment, agreement, steps, changes, permissions } = plan;
  const { action, expires_seconds, commit_image, finding } = request;
  return {
    why: finding.why,
    /** Of one container it is the container's name, of a network the network's: typed again before anything is done. */
    confirm: segment?.name ?? target.name,
    expires_seconds,
    commit_image,
    agreement,
    steps,
    differences: changes.map(differenceOf),
    cost: [
      ...costOf({
        ...{ action, commit_image },
        networks: target.networks.map(({ network }) => network),
        destinations: changes.flatMap((change) => ('destinations' in change ? change.destinations : [])),
        members: segment?.members.map(({ name }) => name) ?? [],
      }),
      `It lasts ${formatDuration(expires_seconds)} at most, and is reverted by itself then.`,
    ],
    permissions,
    addresses: target.addresses,
    image_digest: target.image_digest,
    members: segment?.members.map(({ id, name }) => ({ id, name })) ?? [],
  };
}

export type PlanView = ReturnType<typeof planViewOf>;
