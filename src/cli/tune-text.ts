import { patchOf } from '../ads/sweep-values.js';
import type { Candidate, Proposal, Sweep, Tuning } from '../ads/tune.js';
import type { Effect } from '../ads/tune-effect.js';
import { clip, forJsonOutput, forTerminal } from '../output/escape.js';
import { columns } from './columns.js';

/** What one change of a value is listed with at most; the JSON has all. */
const MAX_LISTED = 12;

const LISTED: [keyof Omit<Effect, 'margins' | 'kept' | 'false_kept'>, string][] = [
  ['lost', 'true positive lost'],
  ['gained', 'true positive gained'],
  ['false_new', 'false positive'],
  ['false_gone', 'false positive gone'],
  ['broken', 'breaks'],
  ['mended', 'mends'],
  ['closed', 'blind spot closed (its text would have to change)'],
  ['other_new', 'finding nobody judged appears'],
  ['other_gone', 'finding nobody judged vanishes'],
];

export function tuningToJson(tuning: Tuning, proposal: Proposal | null): string {
  const document = {
    version: 1,
    ...tuning,
    proposal: proposal && {
      strategy: proposal.strategy,
      parameter: proposal.parameter.name,
      was: proposal.parameter.default,
      value: proposal.value,
      patch: patchFor(proposal),
    },
  };
  return `${forJsonOutput(JSON.stringify(document, null, 2))}\n`;
}

export function tuningToText(tuning: Tuning, proposal: Proposal | null): string {
  const lines = [
    `${tuning.scenarios} scenarios and recordings held against each value. True positives: kept -lost +gained; false positives: kept -gone +new; not judged: -gone +new; blind spots: -closed.`,
    '',
    ...tuning.sweeps.flatMap((sweep) => [...describeSweep(sweep), '']),
  ];
  if (tuning.failing.length > 0)
    lines.push(
      `FAIL WITH THE CURRENT VALUES (${tuning.failing.length}), so that their true positives are not counted on`,
      ...tuning.failing.map((each) => `  ${forTerminal(clip(each, 200))}`),
      '',
    );
  if (tuning.unmatched.length > 0)
    lines.push(`VERDICTS ON NO FINDING OF THESE LOGS: ${tuning.unmatched.map(forTerminal).join(', ')}`, '');
  return `${[...lines, ...describeProposal(proposal, tuning)].join('\n')}\n`;
}

function describeSweep({ strategy, parameter, candidates }: Sweep): string[] {
  const { name, unit, default: current, range } = parameter;
  const rows = candidates.map((candidate) => row(candidate));
  const headings = [
    'VALUE',
    'TRUE POSITIVES',
    'FALSE POSITIVES',
    'NOT JUDGED',
    'BLIND SPOTS',
    'BROKEN',
    '',
    'WEAKEST',
  ];
  return [
    `${strategy}/${name}: now ${current}, ${range ? `${range.join(' to ')} ` : ''}${unit}`,
    columns(headings, rows).trimEnd(),
    ...describeChanges(candidates),
  ];
}

function row({ value, judgement, effect }: Candidate): string[] {
  const { kept, lost, gained, false_kept, false_gone, false_new, other_gone, other_new, closed, broken } =
    effect;
  const weakest = [...effect.margins].sort((a, b) => a.margin - b.margin)[0];
  return [
    String(value),
    `${kept.length}${signed(lost, gained)}`,
    `${false_kept.length + false_gone.length + false_new.length === 0 ? '-' : false_kept.length}${signed(false_gone, false_new)}`,
    signed(other_gone, other_new).trim() || '-',
    closed.length === 0 ? '-' : `-${closed.length}`,
    String(broken.length || '-'),
    judgement,
    weakest ? `+${weakest.margin.toFixed(2)} ${weakest.of}` : '',
  ];
}

const signed = (gone: string[], come: string[]): string =>
  `${gone.length > 0 ? ` -${gone.length}` : ''}${come.length > 0 ? ` +${come.length}` : ''}`;

/** What happens at which values: one line for each thing that happens. */
function describeChanges(candidates: Candidate[]): string[] {
  const values = new Map<string, number[]>();
  for (const { value, effect } of candidates)
    for (const [key, label] of LISTED)
      for (const of of effect[key]) {
        const what = `${label}: ${of}`;
        values.set(what, [...(values.get(what) ?? []), value]);
      }
  // What happens at more values happens nearer to the current one.
  const nearest = [...values].sort(([, a], [, b]) => b.length - a.length);
  const lines = nearest.map(([what, at]) => `  at ${at.join(', ')}: ${forTerminal(clip(what, 160))}`);
  const rest = lines.length - MAX_LISTED;
  return rest > 1 ? [...lines.slice(0, MAX_LISTED), `  and ${rest} more (--format json)`] : lines;
}

function describeProposal(proposal: Proposal | null, { sweeps }: Tuning): string[] {
  if (proposal === null) {
    const kept = sweeps.map((sweep) => `  ${heldRange(sweep)}`);
    return [
      'NO VALUE IS BETTER THAN THE CURRENT ONE: none gains a true positive, gets rid of a false one or mends a scenario.',
      ...kept,
    ];
  }
  const { gained, false_gone, mended } = proposal.effect;
  return [
    `PROPOSED (nothing was written): true positives gained ${gained.length}, false positives gone ${false_gone.length}, scenarios mended ${mended.length}; none lost. In stowaway.yaml:`,
    '',
    patchFor(proposal),
    '',
    'Parameters were swept one at a time: take this one, then run again.',
  ];
}

/** The values around the current one at which nothing is lost, broken or wrongly found; or that nothing depends on the value. */
function heldRange({ strategy, parameter, candidates }: Sweep): string {
  const name = `${strategy}/${parameter.name} = ${parameter.default}`;
  if (new Set(candidates.map(({ effect }) => JSON.stringify(effect))).size === 1)
    return `${name}: no value tried makes a difference, so nothing here says which is right`;
  const holds = ({ judgement }: Candidate): boolean => !['refused', 'worse'].includes(judgement);
  const current = candidates.findIndex((each) => each.is_current);
  let [first, last] = [current, current];
  while (first > 0 && holds(candidates[first - 1]!)) first -= 1;
  while (last < candidates.length - 1 && holds(candidates[last + 1]!)) last += 1;
  const [from, to] = [candidates[first]!.value, candidates[last]!.value];
  return `${name}: everything holds from ${from} to ${to}`;
}

const patchFor = ({ strategy, parameter, value }: Proposal): string => patchOf(strategy, parameter, value);
