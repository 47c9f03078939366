import { type Change, type Endpoint, inverseOf, type RestartPolicy } from './change.js';
import { dropOutputRuleset, dropRuleset } from './drop-rules.js';

/** One change as a difference: lines that go, lines that come. */
export interface Difference {
  where: string;
  before: string[];
  after: string[];
}

/** What a change makes of what is there, to the letter: of rules, the text that nft is given. Names are as they are. */
export function differenceOf(change: Change): Difference {
  switch (change.kind) {
    case 'pause':
      return of(change, { before: ['state: running'], after: ['state: paused'] });
    case 'disconnect':
      return of(change, { before: [endpointText(change.endpoint)], after: [] });
    case 'drop':
      return rules(change.netns, dropRuleset(change));
    case 'drop-output':
      return rules(change.netns, dropOutputRuleset(change));
    case 'stop-restarts':
      return of(change, { before: [policyText(change.previous)], after: [policyText(NEVER)] });
    case 'commit-image':
      return { where: 'images', before: [], after: [`${change.repository}:${change.tag}`] };
    default: {
      const { where, before, after } = differenceOf(inverseOf(change)!);
      return { where, before: after, after: before };
    }
  }
}

const NEVER: RestartPolicy = { name: 'no', retries: 0 };

const of = (
  { container }: { container: string },
  lines: Pick<Difference, 'before' | 'after'>,
): Difference => ({ where: `container ${container.slice(0, 12)}`, ...lines });

const rules = (netns: string | null, ruleset: string): Difference => ({
  where: netns === null ? 'nftables of this host' : `nftables of network namespace ${netns}`,
  before: [],
  after: ruleset.trimEnd().split('\n'),
});

const policyText = ({ name, retries }: RestartPolicy): string =>
  `restart policy: ${name}${retries > 0 ? `:${retries}` : ''}`;

const endpointText = ({ network, ipv4, ipv6, aliases }: Endpoint): string =>
  [
    `network: ${network}`,
    [ipv4, ipv6].filter((each) => each !== '').join(', ') || 'no address',
    ...(aliases.length > 0 ? [`aliases ${aliases.join(', ')}`] : []),
  ].join(', ');
