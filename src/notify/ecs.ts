import type { Severity } from '../model/hunt-result.js';
import type { Message } from './message.js';

/** ECS leaves the scale to the producer; Elastic's own alerts use risk scores of this kind. */
const SEVERITY: Record<Severity, number> = { critical: 99, high: 73, medium: 47, low: 21, informational: 1 };

/** One message as a document of Elastic Common Schema 8.17: an alert of kind `alert`, everything else of kind `event`. */
export function toEcs(message: Message, version: string): object {
  const { id, what, at, why, severity, title, alert, strategy } = message;
  const finding = alert?.finding;
  return {
    '@timestamp': at,
    ecs: { version: '8.17.0' },
    message: finding?.why ?? why,
    event: {
      id,
      kind: finding ? 'alert' : 'event',
      action: what,
      ...(finding && {
        category: ['intrusion_detection'],
        type: ['info'],
        start: finding.window.from,
        end: finding.window.to,
      }),
      dataset: 'stowaway.alert',
      module: 'stowaway',
      severity: SEVERITY[severity],
      reason: title,
      ...(finding && { risk_score: Math.round(finding.score * 100) }),
    },
    observer: { vendor: 'Stowaway', product: 'Stowaway', version },
    rule: {
      id: finding?.strategy ?? strategy?.id ?? 'test',
      name: finding?.title ?? strategy?.title ?? title,
    },
    tags: ['stowaway'],
    ...(finding && factsOf(finding)),
    ...(alert &&
      finding && {
        stowaway: {
          uid: alert.uid,
          state: alert.state,
          version: alert.version,
          incident: finding.incident,
          score: finding.score,
          severity,
          entity_kind: finding.entity.kind,
          entity: finding.entity.name,
        },
      }),
    ...(strategy && {
      stowaway: { strategy: strategy.id, state: strategy.state, reasons: strategy.reasons },
    }),
  };
}

type Finding = NonNullable<Message['alert']>['finding'];

function factsOf(finding: Finding): object {
  const { entity, destinations, technique, title } = finding;
  const to = [...destinations].sort((a, b) => b.bytes_out - a.bytes_out)[0];
  return {
    threat: { framework: 'MITRE ATT&CK', technique: { id: [technique], name: [title] } },
    ...((entity.container_uid !== null || entity.kind === 'container') && {
      container: {
        ...(entity.container_uid !== null && { id: entity.container_uid }),
        name: entity.name,
        ...(entity.image !== null && { image: { name: entity.image } }),
      },
    }),
    ...(entity.ip !== null && { source: { ip: entity.ip } }),
    ...(to && {
      destination: {
        ...(to.ip !== '' && { ip: to.ip, address: to.ip }),
        ...(to.domain !== '' && { domain: to.domain, address: to.domain }),
        ...(to.port > 0 && { port: to.port }),
      },
    }),
    related: {
      ip: [...new Set([entity.ip ?? '', ...destinations.map(({ ip }) => ip)])].filter((ip) => ip !== ''),
      hosts: [...new Set(destinations.map(({ domain }) => domain))].filter((domain) => domain !== ''),
    },
  };
}
