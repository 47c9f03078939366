import { createHash } from 'node:crypto';
import type { ConfigOf } from '../../model/notify-config.js';
import { authorizationOf } from '../bearer.js';
import type { Channel } from '../channel.js';
import { endpointOf } from '../endpoint.js';
import { formatRecord } from '../formats.js';
import type { Message } from '../message.js';
import { post } from '../post.js';
import type { Surroundings } from '../surroundings.js';

/** Each alert as one JSON document, to a lake or a SIEM. */
export function openExport(config: ConfigOf<'export'>, surroundings: Surroundings): Channel {
  const endpoint = endpointOf(config, surroundings);
  // As it stands in a parsed URL.
  const hasId = /\{id\}|%7Bid%7D/i.test(config.url);
  const write = async (message: Message) => ({
    body: formatRecord(message, config.format, surroundings.version),
    headers: {
      'idempotency-key': message.id,
      ...(await authorizationOf(endpoint.token, config.authorization)),
    },
    at: (url: URL) => withId(url, message.id),
    // Whoever creates by id and has it answers with a conflict.
    alsoTaken: hasId ? [409] : [],
  });
  return {
    grouping: 'each',
    canJoin: false,
    send: ({ messages }) => post(endpoint, () => write(messages[0]!), surroundings),
  };
}

/** The hash of the id, in the path only: neither a log's word nor its length decides where something is sent to. */
function withId(url: URL, id: string): URL {
  const named = new URL(url);
  named.pathname = named.pathname.replace(
    /%7Bid%7D/gi,
    createHash('sha256').update(id).digest('hex').slice(0, 32),
  );
  return named;
}
