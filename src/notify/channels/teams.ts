import type { ConfigOf } from '../../model/notify-config.js';
import type { Channel } from '../channel.js';
import { safeJson } from '../clean.js';
import { endpointOf } from '../endpoint.js';
import { digestTitle, type Message, type Parcel } from '../message.js';
import { post } from '../post.js';
import type { Surroundings } from '../surroundings.js';

/** Messages of a digest that are listed; a card over 28 kB is not shown. */
const MOST_LISTED = 20;

/** An Adaptive Card through a workflow's webhook, which knows no ids: what is sent twice stands there twice. */
export function openTeams(config: ConfigOf<'teams'>, surroundings: Surroundings): Channel {
  const endpoint = endpointOf(config, surroundings);
  return {
    grouping: 'hold',
    canJoin: true,
    send: (parcel) => post(endpoint, () => ({ body: safeJson(bodyOf(parcel)) }), surroundings),
  };
}

/** Runs of rich text are shown as they are; a TextBlock would read markdown and links out of them. */
const line = (...runs: { text: string; [style: string]: unknown }[]): object => ({
  type: 'RichTextBlock',
  inlines: runs.map((run) => ({ type: 'TextRun', ...run })),
});

function bodyOf(parcel: Parcel): object {
  const { messages, id, isRepeat } = parcel;
  const first = messages[0]!;
  const title = messages.length === 1 ? first.title : digestTitle(messages);
  const foot = `Stowaway ${id}${isRepeat ? ' (may repeat an earlier message of this id)' : ''}`;
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          fallbackText: 'Stowaway: the card cannot be shown here',
          msteams: { width: 'Full' },
          body: [
            line({ text: title, weight: 'Bolder', size: 'Medium', color: colorOf(messages) }),
            ...(messages.length === 1 ? partsOf(first) : listOf(messages)),
            line({ text: foot, isSubtle: true, size: 'Small' }),
          ],
        },
      },
    ],
  };
}

const colorOf = (messages: readonly Message[]): string =>
  messages.some(({ severity, what }) => what !== 'closed' && (severity === 'critical' || severity === 'high'))
    ? 'Attention'
    : 'Default';

const partsOf = ({ why, facts, next }: Message): object[] => [
  line({ text: why }),
  ...facts.map(({ label, value }) => line({ text: `${label}: `, weight: 'Bolder' }, { text: value })),
  ...(next === '' ? [] : [line({ text: next, fontType: 'Monospace' })]),
];

function listOf(messages: readonly Message[]): object[] {
  const more = messages.length - MOST_LISTED;
  return [
    ...messages.slice(0, MOST_LISTED).map(({ title }) => line({ text: title })),
    ...(more > 0 ? [line({ text: `and ${more} more: stowaway findings list` })] : []),
  ];
}
