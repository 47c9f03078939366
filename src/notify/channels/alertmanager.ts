import type { Severity } from '../../model/hunt-result.js';
import type { ConfigOf } from '../../model/notify-config.js';
import { SEVERITIES } from '../../output/summary.js';
import { authorizationOf } from '../bearer.js';
import type { Channel } from '../channel.js';
import { clean, safeJson } from '../clean.js';
import { endpointOf } from '../endpoint.js';
import type { Message } from '../message.js';
import { post } from '../post.js';
import type { Surroundings } from '../surroundings.js';

/** Alertmanager ends by itself what has no end; ours end when they close, and a lost Stowaway holds none forever. */
const HOLD_MS = 7 * 86_400_000;
const TEST_MS = 60_000;

/** Alertmanager's API v2, which knows an alert by its labels: those of one alert are always the same but for its severity. */
export function openAlertmanager(config: ConfigOf<'alertmanager'>, surroundings: Surroundings): Channel {
  const endpoint = endpointOf(config, surroundings);
  const write = async (messages: readonly Message[]) => ({
    body: safeJson(messages.flatMap((message) => alertsOf(message, config.labels, surroundings.now()))),
    headers: await authorizationOf(endpoint.token),
    at: apiOf,
  });
  return {
    grouping: 'each',
    canJoin: true,
    send: ({ messages }) => post(endpoint, () => write(messages), surroundings),
  };
}

function apiOf(root: URL): URL {
  const url = new URL(root);
  url.pathname = `${url.pathname.replace(/\/+$/, '').replace(/\/api\/v2\/alerts$/, '')}/api/v2/alerts`;
  return url;
}

/** The alert under its severity, and its end under every severity that it does not have (any more). */
function alertsOf(message: Message, extra: Record<string, string>, now: number): object[] {
  const { what, severity, at, alert } = message;
  const startsAt = alert?.opened_at ?? at;
  const one = (of: Severity, endsAt: number): object => ({
    labels: { ...extra, ...labelsOf(message), severity: of },
    annotations: annotationsOf(message),
    startsAt,
    endsAt: new Date(endsAt).toISOString(),
  });
  // An end before the beginning is refused.
  const end = Math.max(Date.parse(at), Date.parse(startsAt));
  if (what === 'test') return [one(severity, now + TEST_MS)];
  const isOver = what === 'closed' || (what === 'state' && message.severity === 'informational');
  const older = what === 'opened' ? [] : SEVERITIES.filter((each) => each !== severity);
  const ended = [...(isOver ? [severity] : []), ...older].map((each) => one(each, end));
  return isOver ? ended : [one(severity, now + HOLD_MS), ...ended];
}

function labelsOf({ what, alert, strategy }: Message): Record<string, string> {
  if (what === 'test') return { alertname: 'StowawayTest' };
  const id = alert?.finding.strategy ?? strategy?.id ?? '';
  const common = {
    strategy: label(id),
    technique: label(alert?.finding.technique ?? strategy?.technique ?? ''),
  };
  if (alert === null) return { alertname: 'StowawaySight', ...common };
  const { entity } = alert.finding;
  return {
    alertname: 'StowawayFinding',
    ...common,
    entity: label(entity.name),
    entity_kind: label(entity.kind),
    uid: label(alert.uid),
  };
}

/** An empty label is as none. */
const label = (text: string): string => clean(text, 200) || 'unknown';

const annotationsOf = ({ title, why, facts, next, id }: Message): Record<string, string> => ({
  summary: title,
  description: why,
  ...Object.fromEntries(
    facts.map(({ label: name, value }) => [name.toLowerCase().replace(/\W/g, '_'), value]),
  ),
  ...(next !== '' && { next }),
  id,
});
