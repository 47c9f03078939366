import type { Finding, HuntResult } from '../model/hunt-result.js';
import { countOf, formatBytes } from './format.js';
import { describeDestination, findingsOf } from './summary.js';

/** Containment refuses below this confidence (design: data model). */
const SURE_ENOUGH = 0.9;

/** What an analyst does with one finding, first things first. Holds log-derived text: escape it before showing. */
export function findingSteps(finding: Finding): string[] {
  const steps: string[] = [];
  const { method, confidence } = finding.attribution;
  if (method === 'ambiguous' || method === 'none' || confidence < SURE_ENOUGH) {
    const whose = finding.entity.ip ?? finding.entity.name;
    steps.push(
      `Find out which container it was before acting: add the container events of ${whose} and hunt again.`,
    );
  }
  const to = [...finding.destinations].sort((a, b) => b.bytes_out - a.bytes_out)[0];
  const what =
    to === undefined ? 'this activity' : `${formatBytes(to.bytes_out)} to ${describeDestination(to)}`;
  steps.push(`Ask whoever runs ${finding.entity.name} whether ${what} was meant.`);
  steps.push('If it was not: keep evidence first (inspect, process list, logs, image), then cut it off.');
  const id = finding.entity.container_uid;
  // Only an id of pure hex reaches a command line: anything else could be written by the attacker.
  if (id !== null && /^[0-9a-f]{12,64}$/.test(id))
    steps.push(`Look at it: docker inspect ${id.slice(0, 12)}`);
  steps.push(
    'If it was: state the destination as sanctioned, or write an allowance with reason, owner and expiry.',
  );
  return steps;
}

/** What to do after the hunt, most useful first. */
export function huntSteps(result: HuntResult, options: { all: boolean }): string[] {
  const open = findingsOf(result, 'open');
  const candidates = findingsOf(result, 'candidate').length;
  const steps: string[] = [];
  if (result.partial) steps.push('The hunt stopped before the end: run it again for the rest.');
  const worst = open[0];
  if (worst !== undefined) {
    steps.push(`Start with ${worst.entity.name} (${worst.uid}): ${findingSteps(worst)[0]}`);
  }
  for (const s of result.report.strategies) {
    if (s.state === 'blind')
      steps.push(`Give ${s.technique} sight: ${s.reasons.join('; ') || 'no reason given'}.`);
  }
  const lost = result.problems.filter((problem) => problem.level === 'error');
  for (const problem of lost.slice(0, 3)) steps.push(`${problem.where}: ${problem.advice}.`);
  if (lost.length > 3)
    steps.push(`${countOf(lost.length - 3, 'more unreadable input')}: see the problems above.`);
  if (candidates > 0 && !options.all) {
    steps.push(`Add --all to see ${countOf(candidates, 'candidate')} below the threshold.`);
  }
  if (open.length > 0) steps.push('Add -o html=report.html for the pictures, the evidence and its queries.');
  return steps;
}
