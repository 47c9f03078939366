import type { Finding } from '../model/hunt-result.js';

const DAY_MS = 24 * 3600 * 1000;

/** Gives findings of one entity within a day of each other the same incident id: that of the earliest. */
export function joinIncidents(findings: Finding[]): void {
  const sorted = [...findings].sort(
    (a, b) => a.window.from.localeCompare(b.window.from) || a.uid.localeCompare(b.uid),
  );
  const latest = new Map<string, { incident: string; end: number }>();
  for (const finding of sorted) {
    if (finding.status === 'candidate') {
      finding.incident = finding.uid;
      continue;
    }
    const key = `${finding.entity.kind}:${finding.entity.name}`;
    const previous = latest.get(key);
    const isSame = previous !== undefined && Date.parse(finding.window.from) - previous.end <= DAY_MS;
    finding.incident = isSame ? previous.incident : finding.uid;
    latest.set(key, {
      incident: finding.incident,
      end: Math.max(Date.parse(finding.window.to), isSame ? previous.end : 0),
    });
  }
}
