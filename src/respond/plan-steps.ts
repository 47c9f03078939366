import type { Playbook } from '../ads/playbook.js';
import { formatDuration } from '../model/duration.js';
import { type Change, describeChange, inverseOf } from './change.js';
import { credentialChecklist } from './credentials.js';
import { EVIDENCE_FILES } from './evidence.js';
import type { ObservedContainer } from './inspect.js';
import type { Action, PlanRequest } from './plan.js';

export interface PlanStep {
  id: string;
  title: string;
  preconditions: string[];
  action: string[];
  verification: string;
  revert: string[];
}

const VERIFIED: Record<Action, string> = {
  pause:
    'conntrack: what the container sends and what it is answered stay as they are for two seconds, while a control flow moves.',
  disconnect: 'conntrack: nothing of it moves for two seconds, while a control flow moves.',
  'firewall-drop':
    'conntrack: nothing of it moves for two seconds, while a control flow moves; the rule counts what it drops.',
  'block-destination':
    'conntrack: nothing of it to these addresses moves for two seconds, while another flow moves; the rule counts what it drops.',
  'stop-restarts':
    'The engine shows restart policy no. A run under way goes on: this stops the next one. Schedules outside of the engine (cron or a timer on the host, a loop in the container) are out of its reach and go on.',
  'isolate-segment':
    'conntrack: nothing of its members moves out for two seconds, while a control flow moves.',
};

const TITLE: Record<Action, string> = {
  pause: 'Freeze the container',
  disconnect: 'Take the container off its networks',
  'firewall-drop': 'Drop everything the container sends, on its host interface or by its control group',
  'block-destination': 'Drop what the container sends to the finding’s destinations',
  'stop-restarts': 'Keep the engine from starting it again',
  'isolate-segment': 'Drop everything that leaves the network segment',
};

/** The playbook's own words for an action, where it has any. */
export const titleOf = (playbook: Playbook | null, action: Action): string =>
  playbookStep(playbook, action)?.title ?? TITLE[action];

/** What people read: what is done when, how one sees that it worked, and the way back. */
export function stepsOf(
  request: PlanRequest,
  playbook: Playbook | null,
  changes: Change[],
  container: ObservedContainer,
): PlanStep[] {
  const { action, expires_seconds } = request;
  const step = playbookStep(playbook, action);
  const captured = changes.filter((change) => change.kind === 'commit-image');
  const contained = changes.filter((change) => change.kind !== 'commit-image');
  return [
    {
      id: 'capture-evidence',
      title: 'Keep what will be gone',
      preconditions: ['The container exists'],
      action: [`write ${EVIDENCE_FILES.join(', ')}`, ...captured.map(describeChange)],
      verification: 'The SHA-256 of each file stands in the ledger; what could not be captured is told.',
      revert: ['Nothing to undo: evidence is kept.'],
    },
    {
      id: action,
      title: titleOf(playbook, action),
      preconditions: [
        'This plan is approved and younger than one hour',
        'A new look at the engine gives the same plan',
        ...(step?.preconditions ?? []),
      ],
      action: contained.map(describeChange),
      verification: VERIFIED[action],
      revert: contained
        .map(inverseOf)
        .reverse()
        .flatMap((change) => (change ? [describeChange(change)] : [])),
    },
    {
      id: 'revoke-credentials',
      title: 'Revoke what it could read: by hand, Stowaway revokes nothing here',
      preconditions: [],
      action: credentialChecklist(container),
      verification: 'Use of each old value is refused where it was issued.',
      revert: ['Old values stay revoked.'],
    },
    {
      id: 'expire',
      title: 'End the containment',
      preconditions: [],
      action: [
        `${formatDuration(expires_seconds)} after it began, or when \`respond revert\` says so: undo the step above`,
      ],
      verification: 'The engine shows the state from before.',
      revert: [],
    },
  ];
}

/** Kind and target by which a playbook names an action. */
const PLAYBOOK_NAMES: Record<Action, [kind: string, target: string]> = {
  pause: ['pause', 'container'],
  disconnect: ['disconnect', 'container'],
  'firewall-drop': ['firewall-drop', 'container'],
  'block-destination': ['firewall-drop', 'destination'],
  'stop-restarts': ['pause', 'schedule'],
  'isolate-segment': ['firewall-drop', 'segment'],
};

/** The step of the strategy's playbook that is about this action on one container (or its schedule, a destination, a segment). */
export function playbookStep(playbook: Playbook | null, action: Action): Playbook['steps'][number] | null {
  const [kind, target] = PLAYBOOK_NAMES[action];
  return (
    playbook?.steps.find(
      (step) => step.action.kind === kind && 'target' in step.action && step.action.target === target,
    ) ?? null
  );
}
