import { createHmac } from 'node:crypto';
import type { ConfigOf } from '../../model/notify-config.js';
import { recordOf } from '../alert-record.js';
import { authorizationOf } from '../bearer.js';
import type { Channel } from '../channel.js';
import { safeJson } from '../clean.js';
import { endpointOf } from '../endpoint.js';
import { digestTitle, type Parcel } from '../message.js';
import { post } from '../post.js';
import type { Surroundings } from '../surroundings.js';

/** Receivers often take no more than a megabyte. */
const MOST_DIGEST_BYTES = 800_000;

/** JSON to a program of the user's, signed, with an Idempotency-Key that stays the same on each attempt. */
export function openWebhook(config: ConfigOf<'webhook'>, surroundings: Surroundings): Channel {
  const endpoint = endpointOf(config, surroundings);
  const write = async (parcel: Parcel) => {
    const body = safeJson(bodyOf(parcel));
    const key = await endpoint.secret();
    const timestamp = String(Math.floor(surroundings.now() / 1000));
    const headers = {
      'idempotency-key': parcel.id,
      ...(await authorizationOf(endpoint.token)),
      ...(key !== null && {
        'stowaway-timestamp': timestamp,
        'stowaway-signature': `v1=${signatureOf(key, timestamp, body)}`,
      }),
    };
    return { body, headers };
  };
  return {
    grouping: 'each',
    canJoin: true,
    send: (parcel) => post(endpoint, () => write(parcel), surroundings),
  };
}

/** HMAC-SHA256 over timestamp, a dot, and the body as it was sent; in hex. */
const signatureOf = (key: string, timestamp: string, body: string): string =>
  createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex');

function bodyOf({ id, isRepeat, messages }: Parcel): object {
  const first = messages[0]!;
  const repeat = { may_repeat: isRepeat };
  if (messages.length === 1) return { ...recordOf(first), ...repeat };
  return {
    version: 1,
    id,
    what: 'digest',
    title: digestTitle(messages),
    messages: messages.map((message) => recordOf(message, MOST_DIGEST_BYTES / messages.length)),
    ...repeat,
  };
}
