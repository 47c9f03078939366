import type { ConfigOf } from '../../model/notify-config.js';
import { clip } from '../../output/escape.js';
import type { Channel } from '../channel.js';
import { safeJson } from '../clean.js';
import { endpointOf } from '../endpoint.js';
import { digestTitle, type Message, type Parcel } from '../message.js';
import { post } from '../post.js';
import type { Surroundings } from '../surroundings.js';

/** Messages of a digest that are listed; the others are counted. */
const MOST_LISTED = 20;

/** Slack's incoming webhook, which knows neither ids nor threads: what is sent twice stands there twice. */
export function openSlack(config: ConfigOf<'slack'>, surroundings: Surroundings): Channel {
  const endpoint = endpointOf(config, surroundings);
  return {
    grouping: 'hold',
    canJoin: true,
    send: (parcel) => post(endpoint, () => ({ body: safeJson(bodyOf(parcel)) }), surroundings),
  };
}

/** Slack reads mentions and links out of `<…>` and entities out of `&…;`, also in plain text. */
const escapeText = (text: string, limit: number): string => {
  const escaped = text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  if (escaped.length <= limit) return escaped;
  // Neither half an entity nor half a character stays at the end.
  const start = escaped.slice(0, limit - 1).replace(/&[a-z]{0,3}$|[\ud800-\udbff]$/, '');
  return `${start}…`;
};

const plain = (text: string, limit: number): object => ({
  // Plain text has no markup, no mentions, no links.
  type: 'plain_text',
  text: escapeText(text, limit),
  emoji: false,
});

function bodyOf(parcel: Parcel): object {
  const { messages } = parcel;
  const title = messages.length === 1 ? messages[0]!.title : digestTitle(messages);
  return {
    // What notifications show; Slack would link names and addresses in it.
    text: escapeText(title, 300),
    mrkdwn: false,
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: plain(title, 150) },
      ...(messages.length === 1
        ? blocksOf(messages[0]!)
        : [{ type: 'section', text: plain(listOf(messages), 2900) }]),
      { type: 'context', elements: [plain(footOf(parcel), 300)] },
    ],
  };
}

function blocksOf({ why, facts, next }: Message): object[] {
  return [
    { type: 'section', text: plain(why, 1000) },
    // Ten fields are allowed.
    {
      type: 'section',
      fields: facts.slice(0, 10).map(({ label, value }) => plain(`${label}\n${value}`, 500)),
    },
    // The command is ours: its only foreign part is an id of letters, digits, dots and dashes.
    ...(next === ''
      ? []
      : [{ type: 'section', text: { type: 'mrkdwn', text: `\`${next}\``, verbatim: true } }]),
  ];
}

function listOf(messages: readonly Message[]): string {
  const lines = messages.slice(0, MOST_LISTED).map(({ title }) => `• ${clip(title, 130)}`);
  const more = messages.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more: stowaway findings list`] : [])].join('\n');
}

const footOf = ({ id, isRepeat }: Parcel): string =>
  `Stowaway ${id}${isRepeat ? ' (may repeat an earlier message of this id)' : ''}`;
