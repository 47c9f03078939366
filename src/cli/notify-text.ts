import type { ChannelStatus, FailedDelivery, Retried } from '../notify/outbox-state.js';
import { clip, forTerminal } from '../output/escape.js';
import { columns } from './columns.js';

/** What `/notifications` gives. */
export interface Notifications {
  channels: ChannelStatus[];
  failed: FailedDelivery[];
}

const minute = (time: string | null, none: string): string => time?.slice(0, 16) ?? none;
const SAID = 120;

/** @param only the channel whose failed ones were asked for; default: all */
export function describeNotifications({ channels, failed }: Notifications, only?: string): string {
  if (channels.length === 0) return 'nobody is told: there is nothing under notify.channels\n';
  const rows = channels.map((channel) => [
    channel.name,
    channel.type ?? 'not configured any more',
    String(channel.counts.waiting + channel.counts.sending),
    String(channel.counts.failed),
    String(channel.counts.sent),
    minute(channel.last_sent, 'never'),
    minute(channel.rests_until, '-'),
    clip(channel.last_answer, SAID),
  ]);
  const headings = [
    'CHANNEL',
    'TYPE',
    'WAIT',
    'FAILED',
    'SENT',
    'LAST SENT (UTC)',
    'RESTS UNTIL',
    'SAID LAST',
  ];
  const asked = channels.filter(({ name }) => name === (only ?? name));
  const total = asked.reduce((sum, { counts }) => sum + counts.failed, 0);
  return `${columns(headings, rows)}${describeFailed(failed, total)}`;
}

function describeFailed(failed: readonly FailedDelivery[], total: number): string {
  if (failed.length === 0) return '';
  const rows = failed.map((each) => [
    idOf(each),
    each.what,
    each.severity,
    minute(each.offered, ''),
    String(each.attempts),
    clip(each.answer, SAID) + (each.final === null ? '' : `; final: ${each.final}`),
  ]);
  const more = total > failed.length ? `${failed.length} of ${total} are shown; --limit shows more.\n` : '';
  return `\nGiven up:\n${columns(['ID', 'WHAT', 'SEVERITY', 'SINCE (UTC)', 'TRIES', 'WHY'], rows)}${more}
\`stowaway notify retry ID\` tries one again, \`stowaway notify retry CHANNEL\` all of a channel.\n`;
}

/** No name of a channel has a slash. */
const idOf = ({ channel, notice }: FailedDelivery): string => `${channel}/${notice}`;

export function notificationOf(id: string): { channel: string; notice?: string } {
  const slash = id.indexOf('/');
  return slash < 0 ? { channel: id } : { channel: id.slice(0, slash), notice: id.slice(slash + 1) };
}

export const describeRetried = (id: string, { again, left_out, why }: Retried): string =>
  `${forTerminal(`${id}: ${again} wait again${left_out > 0 ? `; ${left_out} left out: ${why}` : ''}`)}\n`;
