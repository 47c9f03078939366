import { costOf } from './cost.js';
import { refuseCap } from './guard.js';
import { observe } from './observe.js';
import { ACTIONS, type Action, blockable, makePlan } from './plan.js';
import { titleOf } from './plan-steps.js';
import { type Proposal, playbookFor, refusePlan, requestOf, usualAction } from './propose.js';
import { responsesOf } from './responses.js';
import type { Surroundings } from './surroundings.js';

export interface ActionOption {
  action: Action;
  title: string;
  expires_seconds: number;
  cost: string[];
  /** Why it must not be done; empty when it may. */
  refused: string[];
}

/** What can be done about a finding, before a plan is made. */
export interface ActionOptions {
  container: { id: string; name: string; image: string } | null;
  /** What the playbook begins with. */
  usual: Action;
  /** Its networks, of which one may be isolated. */
  networks: string[];
  actions: ActionOption[];
  /** Why nothing may begin now, whatever it is. */
  refused: string[];
}

/**
 * Looks at the engine once and keeps nothing.
 *
 * @throws RefusedError when this finding leads to no response
 */
export async function optionsFor(
  proposal: Pick<Proposal, 'finding' | 'netns' | 'engineSocket'>,
  world: Surroundings,
): Promise<ActionOptions> {
  const { finding, netns, engineSocket } = proposal;
  const playbook = await playbookFor(finding, world);
  const engine = world.connect(engineSocket);
  const uid = finding.entity.container_uid;
  const observation = await observe({ engine, uid, netns, segment: null }, world);
  const { container } = observation;
  const networks = container?.networks.map(({ network }) => network) ?? [];
  const rest = { findings: [], action: null, expiresSeconds: null, commitImage: false, network: null };
  const optionOf = (action: Action): ActionOption => {
    const request = requestOf({ ...proposal, ...rest }, { action, playbook }, world);
    const plan = makePlan(request, playbook, observation);
    const { expires_seconds, commit_image } = request;
    const destinations = blockable(finding);
    return {
      action,
      title: titleOf(playbook, action),
      expires_seconds,
      cost: costOf({ action, commit_image, networks, destinations, members: [] }),
      refused: refusePlan(request, { observation, plan }, world),
    };
  };
  return {
    container: container && { id: container.id, name: container.name, image: container.image },
    usual: usualAction(playbook),
    networks,
    actions: ACTIONS.map(optionOf),
    refused: refuseCap(responsesOf(await world.ledger.read()), world.now(), world.config),
  };
}
