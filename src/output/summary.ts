import type { Entity, Finding, HuntResult, Severity, StrategyState } from '../model/hunt-result.js';
import { countOf, formatBytes } from './format.js';

/** Worst first. */
export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'informational'];

/** Worst first, then by score; ties fall to strategy, entity, time and uid: two runs can be compared. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) =>
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      b.score - a.score ||
      compare(a.strategy, b.strategy) ||
      compare(a.entity.name, b.entity.name) ||
      compare(a.window.from, b.window.from) ||
      compare(a.uid, b.uid),
  );
}

/** The findings of one status, sorted. */
export function findingsOf(result: HuntResult, status: Finding['status']): Finding[] {
  return sortFindings(result.report.findings.filter((finding) => finding.status === status));
}

/** What happened, in one sentence a reader can repeat. */
export function headline(result: HuntResult): string {
  const open = findingsOf(result, 'open');
  const parts = [found(open)];
  for (const state of ['degraded', 'blind', 'quiet'] as const) {
    const names = result.report.strategies.filter((s) => s.state === state).map((s) => s.technique);
    if (names.length > 0) parts.push(`${[...new Set(names)].sort().join(', ')} ${state}`);
  }
  if (result.partial) parts.push('stopped before the end');
  return `${parts.join('; ')}.`;
}

/** Bytes to each entity's destinations, a destination named by two findings counted once. */
export function bytesSent(findings: readonly Finding[]): number {
  const largest = new Map<string, number>();
  for (const finding of findings) {
    for (const to of finding.destinations) {
      const key = JSON.stringify([finding.entity.name, to.ip, to.port, to.domain]);
      largest.set(key, Math.max(largest.get(key) ?? 0, to.bytes_out));
    }
  }
  return [...largest.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** `files.example.org (203.0.113.44:443)`, or the address alone. */
export function describeDestination(to: { ip: string; port: number; domain: string }): string {
  const address = to.ip.includes(':') ? `[${to.ip}]:${to.port}` : `${to.ip}:${to.port}`;
  if (to.domain === '') return address;
  return to.ip === '' ? `${to.domain}:${to.port}` : `${to.domain} (${address})`;
}

/** How the entity was named, and how sure that is. */
export function describeAttribution(finding: Finding): string {
  const { method, confidence } = finding.attribution;
  if (method === 'ambiguous') return 'ambiguous: several containers held the address, none is named';
  if (method === 'none') return 'none: no container is known for the address';
  return `${method}, confidence ${confidence.toFixed(2)}`;
}

/** Strategies that could not look fully: what they did not find says little. */
export function impaired(result: HuntResult): StrategyState[] {
  return result.report.strategies.filter((s) => s.state === 'blind' || s.state === 'degraded');
}

function found(open: readonly Finding[]): string {
  if (open.length === 0) return 'No findings';
  const entities = new Map(open.map((f) => [`${f.entity.kind} ${f.entity.name}`, f.entity]));
  const sent = bytesSent(open);
  const bytes = sent > 0 ? `; ${formatBytes(sent)} sent` : '';
  return `${countOf(open.length, 'finding')} on ${countEntities([...entities.values()])}${bytes}`;
}

const PLURALS: Record<string, string> = { address: 'addresses', repository: 'repositories' };

function countEntities(entities: readonly Entity[]): string {
  const kinds = ['workload', 'container', 'address', 'node', 'volume', 'actor', 'repository'] as const;
  const counts = kinds
    .map((kind) => ({ kind, count: entities.filter((entity) => entity.kind === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => countOf(count, kind, PLURALS[kind] ?? `${kind}s`));
  return counts.length < 2 ? counts.join('') : `${counts.slice(0, -1).join(', ')} and ${counts.at(-1)}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
