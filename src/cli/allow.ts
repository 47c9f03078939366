import type { Command } from 'commander';
import { readAllAds } from '../ads/folder.js';
import { findHiddenTruths, type TruthCheck } from '../ads/hidden-truths.js';
import type { Allowance } from '../model/allowance.js';
import { readAllowances } from '../model/allowance-file.js';
import type { Finding } from '../model/hunt-result.js';
import { contentFolder } from '../model/paths.js';
import { clip, forJsonOutput, forTerminal } from '../output/escape.js';
import { Hunts, hunt } from '../pipeline.js';
import { addServerAllowances, allowanceOption } from './allow-server.js';
import { EXIT, ExitError } from './exit.js';
import { gatherConfig } from './hunt.js';
import { type LogFlags, logOptions, quietOption, tableOrJson } from './log-options.js';
import { startProgress } from './progress.js';
import { reportTrouble } from './trouble.js';

interface PreviewFlags extends LogFlags {
  allowance: string[];
  scenarios: boolean;
  format: string;
}

export function addAllowCommands(program: Command): void {
  const allow = program.command('allow').description('activity somebody authorised');
  addServerAllowances(allow);
  const command = allow
    .command('preview')
    .description(
      'what an allowance would have hidden in these logs, and which validated true positives it would hide',
    )
    .argument('<paths...>', 'files and folders of logs')
    .addOption(allowanceOption())
    .option('--no-scenarios', 'leave out the scenarios and recordings of attacks, which take minutes');
  for (const option of [...logOptions(), tableOrJson(), quietOption()]) command.addOption(option);
  command.action(preview);
}

async function preview(paths: string[], flags: PreviewFlags): Promise<void> {
  if (flags.allowance.length === 0)
    throw new ExitError(EXIT.error, 'nothing to preview: give --allowance a file or an entry');
  const proposed = (await Promise.all(flags.allowance.map(readAllowances))).flat();
  const { config, folder } = await gatherConfig(flags);
  const progress = startProgress(flags.quiet ?? false);
  const result = await hunt(paths, {
    config,
    configFolder: folder,
    baseline: flags.baseline,
    proposed: { allowances: proposed, buildWorkloads: [] },
    onProgress: progress.update,
  }).finally(progress.end);
  const { report } = result;
  const truths = flags.scenarios ? await checkTruths(proposed, flags.quiet ?? false) : null;
  const statusNow = new Map(report.findings.map((finding) => [finding.uid, finding.status]));
  const changed = (status: Finding['status']): Finding[] =>
    result.proposed.filter((finding) => finding.status === status && statusNow.get(finding.uid) !== status);
  const outcome = {
    open: report.findings.filter((finding) => finding.status === 'open').length,
    hidden: changed('suppressed'),
    opened: changed('open'),
    truths,
  };
  reportTrouble(result);
  if (report.inputs.length === 0) process.exitCode = EXIT.error;
  process.stdout.write(flags.format === 'json' ? toJson(outcome) : toText(outcome));
  if (truths && truths.hidden.length + truths.unknown.length > 0) process.exitCode = EXIT.invalidContent;
}

async function checkTruths(allowances: Allowance[], isQuiet: boolean): Promise<TruthCheck> {
  const all = await readAllAds(contentFolder('strategies'));
  await using hunts = new Hunts();
  return await findHiddenTruths(all, hunts.huntScenario, {
    allowances,
    buildWorkloads: [],
    onScenario: (id) => void (isQuiet || process.stderr.write(`checking ${id}\n`)),
  });
}

interface Outcome {
  open: number;
  hidden: Finding[];
  opened: Finding[];
  truths: TruthCheck | null;
}

const toJson = ({ open, hidden, opened, truths }: Outcome): string =>
  `${forJsonOutput(JSON.stringify({ version: 1, open, hidden, opened, validated: truths }, null, 2))}\n`;

function toText({ open, hidden, opened, truths }: Outcome): string {
  const lines = [
    `HIDDEN IN THESE LOGS (${hidden.length} of ${open} open findings)`,
    ...hidden.flatMap((finding) => [
      ...describe(finding),
      `      by ${forTerminal(finding.suppressed_by ?? '')}`,
    ]),
  ];
  if (opened.length > 0)
    lines.push('', 'OPEN INSTEAD, since what stood in for them is hidden', ...opened.flatMap(describe));
  lines.push('');
  if (!truths) lines.push('VALIDATED TRUE POSITIVES: not checked');
  else {
    lines.push(
      `VALIDATED TRUE POSITIVES HIDDEN (${truths.hidden.length} of ${truths.checked}); schedule and expiry are not counted on`,
      ...truths.hidden.map(
        ({ scenario, entity, hiddenBy }) => `  ${forTerminal(`${scenario} on ${entity}, by ${hiddenBy}`)}`,
      ),
      ...truths.unknown.map((what) => `  could not check ${forTerminal(what)}`),
    );
  }
  return `${lines.join('\n')}\n`;
}

function describe({ technique, score, entity, window, why }: Finding): string[] {
  const times = `${window.from.slice(0, 19)}Z to ${window.to.slice(0, 19)}Z`;
  return [
    `  ${score.toFixed(2)} ${technique} ${forTerminal(entity.name)}  ${times}`,
    `      ${forTerminal(clip(why, 160))}`,
  ];
}
