import { createHash } from 'node:crypto';
import type { Severity } from '../../model/hunt-result.js';
import type { ConfigOf } from '../../model/notify-config.js';
import { clip } from '../../output/escape.js';
import type { Channel, Receipt } from '../channel.js';
import { clean, safeJson } from '../clean.js';
import { endpointOf } from '../endpoint.js';
import type { Message } from '../message.js';
import { post } from '../post.js';
import type { Surroundings } from '../surroundings.js';

const SEVERITY: Record<Severity, string> = {
  critical: 'critical',
  high: 'error',
  medium: 'warning',
  low: 'info',
  informational: 'info',
};

/**
 * Events API v2. The key is the incident's: its further findings join what is open there and call nobody again, and it is
 * resolved when the last of them closes. A test triggers and resolves itself.
 */
export function openPagerDuty(config: ConfigOf<'pagerduty'>, surroundings: Surroundings): Channel {
  const endpoint = endpointOf(config, surroundings);
  const enqueue = (message: Message, action: 'trigger' | 'resolve'): Promise<Receipt> =>
    post(
      endpoint,
      async () => ({ body: safeJson({ routing_key: await endpoint.secret(), ...eventOf(message, action) }) }),
      surroundings,
    );
  return {
    grouping: 'update',
    // An event stands for one key, and one that stood for several could not be resolved.
    canJoin: false,
    async send({ messages }) {
      const message = messages[0]!;
      if (isOver(message)) return enqueue(message, 'resolve');
      const receipt = await enqueue(message, 'trigger');
      return message.what === 'test' && receipt.outcome === 'taken' ? enqueue(message, 'resolve') : receipt;
    },
  };
}

/** A strategy that sees again resolves what its blindness triggered. */
const isOver = ({ what, strategy }: Message): boolean =>
  what === 'closed' || (what === 'state' && strategy?.sight === 'whole');

/** Keys may have 255 characters, of which an incident's id, if hostile, could have more. */
const dedupKey = (thread: string): string => {
  const key = `stowaway:${thread}`;
  return /^[\x21-\x7e]{1,200}$/.test(key)
    ? key
    : `stowaway:${createHash('sha256').update(thread).digest('hex')}`;
};

function eventOf(message: Message, action: 'trigger' | 'resolve'): object {
  const { thread, title, severity, at, alert } = message;
  const dedup_key = dedupKey(thread);
  if (action === 'resolve') return { event_action: action, dedup_key };
  const finding = alert?.finding;
  return {
    event_action: action,
    dedup_key,
    client: 'Stowaway',
    payload: {
      summary: clip(title, 1000),
      source: message.facts.find(({ label }) => label === 'Entity')?.value ?? 'stowaway',
      severity: SEVERITY[severity],
      timestamp: at,
      ...(finding && {
        class: clean(finding.technique, 100),
        component: clean(finding.strategy, 200),
        group: dedup_key,
      }),
      custom_details: {
        why: message.why,
        ...Object.fromEntries(message.facts.map(({ label, value }) => [label, value])),
        next: message.next,
        id: message.id,
      },
    },
  };
}
