import type { Action } from './plan.js';

/** What an action takes from those who rely on the container. */
export interface Costly {
  action: Action;
  commit_image: boolean;
  /** Names of the networks it is on. */
  networks: string[];
  /** Addresses a rule would name; only of block-destination. */
  destinations: string[];
  /** Names of everybody on the segment; only of isolate-segment. */
  members: string[];
}

/** In sentences, the worst first. Names are as they are. */
export function costOf(costly: Costly): string[] {
  const { action, commit_image } = costly;
  return [
    ...COSTS[action](costly),
    ...(commit_image ? ['It stands still while its file system is copied, and the image takes room.'] : []),
  ];
}

const COSTS: Record<Action, (costly: Costly) => string[]> = {
  pause: () => [
    'It does no work at all: who calls it waits, health checks fail, an orchestrator may put another in its place.',
    'Memory, files and connections stay; connections go on afterwards if the other side still waits.',
  ],
  disconnect: ({ networks }) => [
    `It reaches nobody and nobody reaches it on ${listOf(networks)}; its processes go on.`,
    'Its connections break. On a network without a subnet of its own it may come back with another address.',
  ],
  'firewall-drop': () => [
    'Nothing it sends arrives, answers to its own callers included; its processes go on.',
  ],
  'block-destination': ({ destinations }) => [
    `It does not reach ${listOf(destinations)}, whatever else is served there; everything else goes on.`,
  ],
  'stop-restarts': () => ['Nothing at this moment: what runs goes on. If it ends meanwhile, it stays down.'],
  'isolate-segment': ({ members }) => [
    `EVERYBODY on the network is cut off, ${members.length} containers: ${members.join(', ')}.`,
  ],
};

const MOST_NAMED = 8;

const listOf = (names: string[]): string => {
  const rest = names.length - MOST_NAMED;
  return [...names.slice(0, MOST_NAMED), ...(rest > 0 ? [`${rest} more`] : [])].join(', ') || 'any network';
};
