import type { ContainerSpec, Emulation, Service, Step } from '../model/emulation.js';
import { forTerminal } from '../output/escape.js';
import { formatBytes } from '../output/format.js';
import type { Containment } from './contain.js';
import { whyNeedsEngine } from './netns/needs-engine.js';
import type { Verdict } from './verdict.js';
import type { Verification } from './verify.js';

/** Everything a run would do, in the order in which it would: nothing here is done. */
export function showPlan(emulation: Emulation): string {
  const { shows, expect } = emulation;
  const lines = [
    `${emulation.id}: ${emulation.title}`,
    emulation.kind === 'background'
      ? 'background'
      : `${emulation.kind} of ${emulation.technique} (${emulation.strategy})`,
    '',
    ...section('DOES', paragraphs(emulation.does)),
    ...section('DIFFERS', paragraphs(emulation.differs ?? '')),
    ...section('SHOWS', [`${shows.requirement.join(', ')}: ${shows.sentence}`]),
    ...section('SAFETY', paragraphs(emulation.safety)),
    ...section('DESTINATIONS', emulation.services.map(describeService)),
    ...section('CONTAINERS', emulation.containers.map(describeContainer)),
    ...section('ENGINES', [enginesFor(emulation)]),
    ...section('WARM UP', describeSteps(emulation.warmup)),
    ...section('DETONATE', describeSteps(emulation.detonate)),
    ...section('EXPECTED', [
      ...expect.findings.map((each) => `a finding of ${each.strategy} on ${each.entity}`),
      ...expect.suppressed.map((each) => `a suppressed finding of ${each.strategy} on ${each.entity}`),
      'no other open finding',
    ]),
    ...section('AFTERWARDS', [
      'containers, engine, namespaces and files of the run are removed, also after a crash',
    ]),
  ];
  return `${lines.map(forTerminal).join('\n')}\n`;
}

function enginesFor(emulation: Emulation): string {
  const need = whyNeedsEngine(emulation);
  return need === null
    ? 'docker, podman, or none: network namespaces can play the containers'
    : `docker or podman; it ${need}, so network namespaces cannot play it`;
}

const section = (title: string, lines: string[]): string[] =>
  lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ''];

const paragraphs = (text: string): string[] => (text === '' ? [] : text.trim().split('\n'));

const describeService = (service: Service): string =>
  `${service.kind} on ${service.address}:${service.port}${service.name ? ` (${service.name})` : ''}`;

const describeContainer = (spec: ContainerSpec): string =>
  `${spec.name}: ${spec.command.join(' ')}, network ${spec.network}${spec.volumes.map((volume) => `, volume ${volume}`).join('')}`;

function describeSteps(steps: Step[], indent = ''): string[] {
  return steps.flatMap((step) => {
    if ('sleep' in step) return [`${indent}wait ${step.sleep} s`];
    if ('together' in step)
      return [
        `${indent}side by side:`,
        ...step.together.flatMap((each) => ['--', ...describeSteps(each, `${indent}  `)]),
      ];
    if ('exec' in step) return [`${indent}in ${step.exec}: ${commandText(step.run)}`];
    if ('start' in step) return [`${indent}new container ${step.start}: ${commandText(step.run)}`];
    if ('copyOut' in step) return [`${indent}copy ${step.path} out of ${step.copyOut}`];
    if ('copyIn' in step)
      return [`${indent}copy what came from ${step.from} into ${step.copyIn} at ${step.path}`];
    const jitter = step.jitter ? ` ± ${step.jitter} s` : '';
    return [
      `${indent}${step.repeat} times, every ${step.every} s${jitter}:`,
      ...describeSteps(step.steps, `${indent}  `),
    ];
  });
}

const commandText = (command: string | string[]): string =>
  typeof command === 'string' ? command.trim() : command.map((word) => JSON.stringify(word)).join(' ');

/** Of the table `emulate verify` prints. */
export const VERIFICATION_HEADINGS = [
  ...['VERDICT', 'EMULATION', 'TECHNIQUE', 'KIND', 'FOUND AFTER', 'BYTES BEFORE', 'OF', 'FALSE FINDINGS'],
];

export const verificationRow = (one: Verification): string[] => [
  ...[one.verdict.toUpperCase(), one.emulation, one.technique, one.kind],
  one.seconds_to_finding === null ? '-' : `${one.seconds_to_finding.toFixed(1)} s`,
  one.bytes_before === null ? '-' : formatBytes(one.bytes_before),
  formatBytes(one.bytes_total),
  one.false_findings.map((each) => `${each.strategy} on ${each.entity}`).join(', ') || 'none',
];

/** That there was no engine, where there was none; else nothing. */
export function describeEngines(verifications: readonly Verification[]): string {
  const without = verifications.filter(({ engine }) => engine.startsWith('netns'));
  return without.length === 0
    ? ''
    : `\nWithout an engine: network namespaces played the containers of ${without.length} of ${verifications.length} runs. No engine told of commands or images.\n`;
}

/** What was contained, one paragraph each; nothing when nothing was. */
export function describeContainments(verifications: readonly Verification[]): string {
  const lines = verifications.flatMap(({ emulation, containment }) =>
    containment === null
      ? []
      : [
          '',
          `${emulation}: ${containment.action}, plan ${containment.plan.slice(0, 12)}`,
          `  flow data says   ${containment.verification.says}`,
          `  last byte        ${containment.seconds_to_last_byte.toFixed(3)} s after the approval`,
          `  while contained  ${formatBytes(containment.bytes_while_contained)} reached a destination`,
          `  after the undo   ${formatBytes(containment.bytes_after_undo)}, ${containment.undone ? 'everything undone' : 'NOT everything undone'}`,
        ],
  );
  return lines.map((line) => `${forTerminal(line)}\n`).join('');
}

/** As expected: attacks found, twins quiet, and nobody else accused. */
export const isAsExpected = (one: Verification): boolean =>
  (one.verdict === 'found' || one.verdict === 'quiet') &&
  one.false_findings.length === 0 &&
  (one.containment === null || isProven(one.containment));

/** Nothing arrived, our own flow data says so too, and it is undone. */
const isProven = ({ bytes_while_contained, verification, undone }: Containment): boolean =>
  bytes_while_contained === 0 && ['stopped', 'silent'].includes(verification.verdict) && undone;

/** What several runs of one emulation say together. */
export interface Repetition {
  emulation: string;
  strategy: string;
  /** How many runs came to each verdict. */
  verdicts: Partial<Record<Verdict, number>>;
  agree: boolean;
}

/** Of the emulations that ran more than once, in the order in which they ran. */
export function repetitionsOf(verifications: readonly Verification[]): Repetition[] {
  const byEmulation = new Map<string, Verification[]>();
  for (const one of verifications) {
    const key = `${one.strategy}/${one.emulation}`;
    byEmulation.set(key, [...(byEmulation.get(key) ?? []), one]);
  }
  return [...byEmulation.values()]
    .filter((runs) => runs.length > 1)
    .map((runs) => {
      const verdicts: Repetition['verdicts'] = {};
      for (const { verdict } of runs) verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
      const { emulation, strategy } = runs[0]!;
      return { emulation, strategy, verdicts, agree: Object.keys(verdicts).length === 1 };
    });
}

/** One line each; nothing when nothing ran twice. */
export function describeRepetitions(repetitions: readonly Repetition[]): string {
  const lines = repetitions.map(({ emulation, verdicts, agree }) => {
    const counts = Object.entries(verdicts).map(([verdict, runs]) => `${runs} ${verdict}`);
    return `${emulation}: ${agree ? 'all runs agree' : 'RUNS DISAGREE'}: ${counts.join(', ')}`;
  });
  return lines.length === 0 ? '' : `\n${lines.map((line) => `${forTerminal(line)}\n`).join('')}`;
}
