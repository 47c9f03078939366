import { formatDuration } from '../model/duration.js';
import { forTerminal } from '../output/escape.js';
import type { Applied } from './apply.js';
import type { EvidenceFile } from './ledger.js';
import type { Plan } from './plan.js';
import type { PlanStep } from './plan-steps.js';
import { planViewOf } from './plan-view.js';
import { type Response, statusOf } from './responses.js';
import type { Sweep } from './sweep.js';

/** Names of containers, images and networks come from others: everything leaves through `forTerminal`. */

const lines = (parts: string[]): string => `${parts.map(forTerminal).join('\n')}\n`;

export function describePlan(hash: string, plan: Plan): string {
  const { request, target, segment, agreement } = plan;
  const { finding } = request;
  return lines([
    `PLAN ${hash}`,
    '',
    `  finding    ${finding.uid}, ${finding.strategy}, ${finding.severity} ${finding.score}, by ${finding.attribution.method} (${finding.attribution.confidence})`,
    `  why        ${finding.why}`,
    segment
      ? `  segment    ${segment.name} (bridge ${segment.bridge}): EVERYBODY on it, ${segment.members.length} containers: ${segment.members.map((each) => each.name).join(', ')}`
      : `  container  ${target.name} (this one alone, not its workload)`,
    `  id         ${target.id}`,
    `  image      ${target.image}  ${target.image_digest}`,
    `  networks   ${target.networks.map(({ network, ipv4 }) => `${network} ${ipv4}`).join(', ') || 'none'}; ${target.cgroup ? `control group ${target.cgroup.path}` : `host ends ${target.veths.join(', ') || 'not found'}`}`,
    ...agreement.map(
      ({ what, finding: said, agrees }) =>
        `  ${what.padEnd(10)} ${agrees === null ? 'not stated by the finding' : `as in the finding: ${said}`}`,
    ),
    `  action     ${request.action}, ends by itself after ${formatDuration(request.expires_seconds)}`,
    `  valid      until ${plan.valid_until}`,
    '',
    ...plan.steps.flatMap((step, index) => describeStep(step, index + 1)),
    'COST',
    ...planViewOf(plan).cost.map((each) => `  ${each}`),
    '',
    'NEEDS',
    ...plan.permissions.map((each) => `  ${each}`),
    '',
    'Nothing was changed. To go on:',
    `  stowaway respond approve ${hash} --by NAME --reason TEXT${segment ? ` --segment ${JSON.stringify(segment.name)}` : ''}`,
    `  stowaway respond apply ${hash}`,
  ]);
}

function describeStep(step: PlanStep, number: number): string[] {
  const part = (name: string, texts: string[]) => texts.map((text) => `     ${name.padEnd(8)} ${text}`);
  return [
    `  ${number}. ${step.title}`,
    ...part('when', step.preconditions),
    ...part('do', step.action),
    ...part('verify', [step.verification]),
    ...part('revert', step.revert),
    '',
  ];
}

export function describeApplied({ hash, evidence, expires_at, verification }: Applied): string {
  const { measured } = verification;
  return lines([
    `CONTAINED ${hash}`,
    `  ${verification.says}`,
    ...(verification.verdict === 'in force'
      ? []
      : [
          `  last byte  ${lastByte(measured)}`,
          `  before     ${measured.before_out_bytes ?? '?'} bytes out in ${measured.before_ms ?? '?'} ms; after the effect ${measured.after_effect_out_bytes ?? '?'} bytes`,
        ]),
    `  ends       ${expires_at} (or stowaway respond revert ${hash.slice(0, 12)})`,
    ...evidence.map(describeEvidence),
  ]);
}

function lastByte(measured: Applied['verification']['measured']): string {
  const after = Number(measured.last_byte_after_effect_ms);
  if (typeof measured.last_byte_after_approval_ms !== 'number') return 'none was seen while watching';
  const since = `${measured.last_byte_after_approval_ms} ms after the approval (sampled each ${measured.sample_ms} ms)`;
  return after <= 0
    ? `before the effect began, ${since}`
    : `at most ${after} ms after the effect began, ${since}`;
}

const describeEvidence = ({ name, bytes, sha256, problem }: EvidenceFile): string =>
  problem === undefined
    ? `  evidence   ${name}, ${bytes} bytes, sha256 ${sha256}`
    : `  evidence   ${name} could not be captured: ${problem}`;

/** One response as `--format json` gives it; keys may be added within version 1. */
export function summarize(response: Response, now: Date, inForce: boolean | null) {
  const { hash, plan, planned_at, approvals, evidence, verification, closed } = response;
  const { began_at, contained_at, expires_at } = response;
  const status = statusOf(response, now);
  const isOpen = expires_at !== null && closed === null;
  return {
    hash,
    status,
    action: plan.request.action,
    finding: plan.request.finding.uid,
    strategy: plan.request.finding.strategy,
    container: { id: plan.target.id, name: plan.target.name, image: plan.target.image },
    segment: plan.segment?.name ?? null,
    planned_at,
    valid_until: plan.valid_until,
    approvals,
    began_at,
    contained_at,
    expires_at,
    seconds_left: isOpen ? Math.max(0, Math.round((Date.parse(expires_at) - now.getTime()) / 1000)) : null,
    /** Whether the engine or kernel shows every change in force; null when it was not asked or did not answer. */
    in_force: inForce,
    changes: response.changes.map(({ change, applied, reverted, note }) => ({
      change,
      applied,
      reverted,
      note,
    })),
    evidence,
    verification,
    closed,
  };
}

export type ResponseSummary = ReturnType<typeof summarize>;

export function describeList(responses: ResponseSummary[], stateFolder: string): string {
  if (responses.length === 0) return lines([`no responses in ${stateFolder}`]);
  const heading = ['PLAN', 'STATUS', 'ACTION', 'CONTAINER', 'LEFT', 'APPROVED BY', 'RESULT'];
  const rows = responses.map((each) => [
    each.hash.slice(0, 12),
    each.status + (each.in_force === false && each.status === 'contained' ? ' (NOT in force)' : ''),
    each.action,
    each.segment ?? each.container.name,
    each.seconds_left === null ? '' : countdown(each.seconds_left),
    each.approvals.map(({ by }) => by).join(', '),
    each.closed
      ? [each.verification?.verdict, each.closed.why].filter(Boolean).join('; ')
      : (each.verification?.verdict ?? (each.contained_at ? 'not verified' : '')),
  ]);
  const cells = [heading, ...rows].map((row) => row.map(forTerminal));
  const widths = heading.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const table = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return `${table.join('\n')}\n\nevidence: ${forTerminal(stateFolder)}/evidence/PLAN\n`;
}

function countdown(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return hours > 0
    ? `${hours}h${String(minutes).padStart(2, '0')}m`
    : `${minutes}m${String(seconds % 60).padStart(2, '0')}s`;
}

export function describeSweep({ searched, matches, unseen }: Sweep): string {
  return lines([
    `${searched} running containers searched, ${matches.length} match`,
    ...matches.map(
      ({ id, name, image, by, destinations }) =>
        `  ${id.slice(0, 12)}  ${name}  ${image}  by ${by.join(', ')}${destinations.length > 0 ? ` (${destinations.join(', ')})` : ''}`,
    ),
    ...unseen.map((each) => `  not seen: ${each}`),
  ]);
}
