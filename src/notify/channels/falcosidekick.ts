import { hostname } from 'node:os';
import type { Severity } from '../../model/hunt-result.js';
import type { ConfigOf } from '../../model/notify-config.js';
import { clip } from '../../output/escape.js';
import { authorizationOf } from '../bearer.js';
import type { Channel } from '../channel.js';
import { clean, safeJson } from '../clean.js';
import { endpointOf } from '../endpoint.js';
import { digestTitle, type Parcel } from '../message.js';
import { post } from '../post.js';
import type { Surroundings } from '../surroundings.js';

const PRIORITY: Record<Severity, string> = {
  critical: 'Critical',
  high: 'Error',
  medium: 'Warning',
  low: 'Notice',
  informational: 'Informational',
};

/** Outputs behind falcosidekick cut or refuse what is longer. */
const MOST_BYTES = 4000;

/** An event in the shape of Falco's JSON output: falcosidekick forwards it to whatever it is connected to. It knows no ids. */
export function openFalcosidekick(config: ConfigOf<'falcosidekick'>, surroundings: Surroundings): Channel {
  const endpoint = endpointOf(config, surroundings);
  return {
    grouping: 'each',
    canJoin: true,
    send: (parcel) =>
      post(
        endpoint,
        async () => ({ body: eventOf(parcel), headers: await authorizationOf(endpoint.token) }),
        surroundings,
      ),
  };
}

function eventOf(parcel: Parcel): string {
  const { messages, id } = parcel;
  const worst = messages[0]!;
  const isOne = messages.length === 1;
  const finding = worst.alert?.finding;
  const event = {
    output: isOne ? `${worst.title}: ${worst.why}` : `${digestTitle(messages)}; first ${worst.title}`,
    priority: PRIORITY[worst.severity],
    rule: isOne ? (finding ? clean(finding.title, 100) : `Stowaway ${worst.what}`) : 'Stowaway digest',
    time: worst.at,
    output_fields: fieldsOf(parcel),
    source: 'stowaway',
    tags: ['stowaway', worst.what, ...(finding ? [clean(finding.technique, 40)] : [])],
    hostname: clean(hostname(), 100) || 'stowaway',
  };
  for (const limit of [400, 200, 100, 50, 20]) {
    const fields = Object.fromEntries(
      Object.entries(event.output_fields).map(([name, value]) => [name, clip(value, limit)]),
    );
    const body = safeJson({ ...event, output: clip(event.output, 3 * limit), output_fields: fields });
    if (Buffer.byteLength(body) <= MOST_BYTES) return body;
  }
  return safeJson({
    ...event,
    output: `Stowaway ${worst.what}`,
    output_fields: { 'stowaway.id': id.slice(0, 100) },
  });
}

/** Strings that are not empty: nothing else is understood everywhere behind it. */
function fieldsOf({ id, isRepeat, messages }: Parcel): Record<string, string> {
  const first = messages[0]!;
  const finding = messages.length === 1 ? first.alert?.finding : undefined;
  const fields: Record<string, string | undefined | null> = {
    'stowaway.id': id,
    'stowaway.what': messages.length === 1 ? first.what : 'digest',
    'stowaway.may_repeat': isRepeat ? 'true' : undefined,
    'stowaway.uid': finding?.uid,
    'stowaway.strategy': finding?.strategy,
    'stowaway.incident': finding?.incident,
    'stowaway.score': finding?.score.toFixed(2),
    'stowaway.severity': first.severity,
    'container.id': finding?.entity.container_uid?.slice(0, 12),
    'container.image': finding?.entity.image,
    'stowaway.entity': finding?.entity.name,
    'stowaway.destinations': first.facts.find(({ label }) => label === 'Sent to')?.value,
    'stowaway.next': first.next,
  };
  const strings = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined || value === null || value === '' ? [] : [[name, clean(value, 400)] as const],
  );
  return Object.fromEntries(strings);
}
