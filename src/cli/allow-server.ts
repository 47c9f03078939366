import type { Command, Option } from 'commander';
import type { AllowanceEntry } from '../model/allowance.js';
import { readAllowanceEntries } from '../model/allowance-file.js';
import type { KeptFinding } from '../model/live.js';
import type { AllowancePreview, ListedAllowance, WouldHide } from '../model/live-allowances.js';
import { describeSchedule } from '../output/describe-schedule.js';
import { clip, forTerminal } from '../output/escape.js';
import { countOf } from '../output/format.js';
import { columns } from './columns.js';
import { EXIT, ExitError } from './exit.js';
import { ask, print, type ServerFlags, withServer } from './findings.js';
import { repeatable } from './log-options.js';

export const allowanceOption = (): Option =>
  repeatable(
    '-a, --allowance <file|yaml>',
    'a file of allowances, or one as {workload: …, reason: …}; may be repeated',
  );

type EntryFlags = ServerFlags & { allowance: string[]; dryRun?: boolean };

/** `allow list, add, revoke`: against a running server. */
export function addServerAllowances(allow: Command): void {
  withServer(allow.command('list'))
    .description('allowances of a running `stowaway serve`, what they hid, and those that ended')
    .action(async (flags: ServerFlags) => {
      const all = await ask<ListedAllowance[]>(flags, '/allowances');
      print(flags, all, () => describeAll(all));
    });
  withServer(allow.command('add'))
    .description('give a running server an allowance, from its next tick on; says first what it would hide')
    .addOption(allowanceOption())
    .option('--dry-run', 'say what it would hide, and give nothing')
    .action(add);
  withServer(allow.command('revoke').argument('<id>'))
    .description('end an allowance of a running server: what it hides is shown again')
    .requiredOption('--reason <text>', 'why')
    .action(async (id: string, flags: ServerFlags & { reason: string }) => {
      const path = `/allowances/${encodeURIComponent(id)}/revoke`;
      const revoked = await ask<ListedAllowance>(flags, path, { why: flags.reason });
      print(flags, revoked, () => `${id} is revoked; it hid ${countOf(revoked.hid, 'finding')}\n`);
    });
}

async function add(flags: EntryFlags): Promise<void> {
  const entries = (await Promise.all(flags.allowance.map(readAllowanceEntries))).flat();
  if (entries.length === 0)
    throw new ExitError(EXIT.error, 'nothing to give: name --allowance, a file or an entry');
  for (const entry of entries) {
    const preview = await ask<AllowancePreview>(flags, '/allowances/preview', entry);
    if (preview.refused !== null) throw new ExitError(EXIT.invalidContent, forTerminal(preview.refused));
    const added = flags.dryRun ? null : await ask<ListedAllowance>(flags, '/allowances', entry);
    print(flags, { preview, added }, () => describePreview(entry, preview, added?.id ?? null));
  }
}

function describePreview(
  entry: AllowanceEntry,
  { open, past, opened }: AllowancePreview,
  id: string | null,
): string {
  const lines = [
    id === null ? `${entry.reason}: nothing was given` : `${id}: ${entry.reason}, until ${entry.expires}`,
    ...describeHidden('open findings', open),
    ...describeHidden('closed findings, which stay as they are', past),
    ...(opened.length > 0 ? [`  opens instead: ${opened.map(({ uid }) => uid).join(', ')}`] : []),
  ];
  return `${forTerminalLines(lines)}\n`;
}

const describeHidden = (what: string, { hidden, looked_at: all, findings }: WouldHide): string[] => [
  `  hides ${hidden} of ${all} ${what}`,
  ...findings.map(({ uid, finding }: KeptFinding) =>
    clip(`    ${uid} ${finding.technique} ${finding.entity.name}: ${finding.why}`, 160),
  ),
];

function describeAll(all: ListedAllowance[]): string {
  const rows = all.map(({ id, state, allowance: { expires, owner, reason, ...scope }, hid, hides }) => [
    id ?? 'stowaway.yaml',
    state,
    expires?.slice(0, 16) ?? 'always',
    `${hides}/${hid}`,
    clip(owner, 30),
    clip(scopeOf(scope), 60),
    clip(reason, 60),
  ]);
  return columns(['ALLOWANCE', 'STATE', 'UNTIL (UTC)', 'HIDES/HID', 'OWNER', 'SCOPE', 'REASON'], rows);
}

function scopeOf({
  workload,
  image,
  destinations,
  techniques,
  schedule,
}: Partial<ListedAllowance['allowance']>): string {
  return [
    workload !== '*' && workload,
    image !== '*' && `image ${image}`,
    destinations && `to ${destinations.join(' ')}`,
    techniques?.join(' '),
    schedule && describeSchedule(schedule),
  ]
    .filter(Boolean)
    .join(', ');
}

const forTerminalLines = (lines: string[]): string => lines.map((line) => forTerminal(line)).join('\n');
