import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { MAX_EXPIRY_SECONDS } from '../model/config.js';
import { parseDuration } from '../model/duration.js';
import { forTerminal } from '../output/escape.js';
import { applyPlan } from '../respond/apply.js';
import { approvePlan, revertPlan } from '../respond/approve.js';
import { describeApplied, describeList, describePlan, summarize } from '../respond/describe.js';
import { findingByUid, readFindings } from '../respond/finding.js';
import { isInForce } from '../respond/in-force.js';
import { ACTIONS, type Action } from '../respond/plan.js';
import { propose } from '../respond/propose.js';
import { type Response, responsesOf, statusOf } from '../respond/responses.js';
import type { Surroundings } from '../respond/surroundings.js';
import { EXIT, ExitError } from './exit.js';
import { ownStrategiesOption } from './log-options.js';
import {
  type CommonFlags,
  type EngineFlags,
  open,
  print,
  recoverAndTell,
  told,
  withCommon,
  withFindings,
} from './respond-common.js';
import { addEgress, addRbac, addSweep } from './respond-tools.js';

interface PlanFlags extends EngineFlags {
  findings: string;
  action?: Action;
  expires?: string;
  commit?: boolean;
  network?: string;
}

/** `respond`: containment, which never surprises. Nothing changes without an approved plan. */
export function addRespondCommands(program: Command): void {
  const respond = program
    .command('respond')
    .description('contain one container of a finding: plan, approve, apply, verify, revert');
  addPlan(respond);
  addApprove(respond);
  addApply(respond);
  addRevert(respond);
  addList(respond);
  addWatch(respond);
  addRbac(respond);
  addSweep(respond);
  addEgress(respond);
}

function addPlan(respond: Command): void {
  withFindings(respond.command('plan'))
    .description('print what would be done; changes nothing')
    .addOption(ownStrategiesOption())
    .addOption(
      new Option('--action <action>', 'what to do (default: the playbook’s first)').choices([
        ...ACTIONS,
        'isolate-segment',
      ]),
    )
    .option('--expires <duration>', 'end the containment after this long, such as 30m or 4h')
    .option('--commit', 'also keep the container’s file system as an image (pauses it meanwhile)')
    .option('--network <name>', 'the network to isolate, with --action isolate-segment')
    .action((uid: string, flags: PlanFlags) =>
      told(async () => {
        if ((flags.action === 'isolate-segment') !== (flags.network !== undefined))
          throw new ExitError(
            EXIT.error,
            '--network goes with --action isolate-segment, and the other way round',
          );
        const findings = await readFindings(flags.findings);
        const finding = findingByUid(findings, uid);
        const { world, config } = await open(flags);
        const made = await propose(
          {
            finding,
            findings,
            action: flags.action ?? null,
            expiresSeconds: expiryOf(flags.expires),
            commitImage: flags.commit ?? false,
            network: flags.network ?? null,
            netns: flags.netns ?? config.respond.netns ?? null,
            engineSocket: flags.socket ?? config.respond.engine_socket,
          },
          world,
        );
        print(flags, { version: 1, ...made }, () => describePlan(made.hash, made.plan));
      }),
    );
}

function expiryOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const seconds = parseDuration(text);
  if (seconds !== null && seconds <= MAX_EXPIRY_SECONDS) return seconds;
  throw new ExitError(EXIT.error, `--expires ${text}: write it as 90s, 30m, 4h or 2d, at most 7d`);
}

function addApprove(respond: Command): void {
  withCommon(respond.command('approve'))
    .description('note that somebody approves exactly this plan')
    .argument('<plan-hash>', 'the whole hash')
    .requiredOption('--by <name>', 'who approves')
    .option('--reason <text>', 'why', '')
    .option('--segment <name>', 'the network, when the plan isolates one')
    .action((hash: string, flags: CommonFlags & { by: string; reason: string; segment?: string }) =>
      told(async () => {
        const { world } = await open(flags);
        await approvePlan(
          hash,
          { by: flags.by, reason: flags.reason, segment: flags.segment ?? null },
          world,
        );
        print(
          flags,
          { version: 1, approved: hash },
          () => `approved; next: stowaway respond apply ${hash}\n`,
        );
      }),
    );
}

function addApply(respond: Command): void {
  withCommon(respond.command('apply'))
    .description('carry out an approved plan, and show with flow data that it stopped')
    .argument('<plan-hash>', 'the whole hash')
    .addOption(ownStrategiesOption())
    .option('--wait', 'stay, and revert when the containment expires')
    .action((hash: string, flags: CommonFlags & { wait?: boolean }) =>
      told(async () => {
        const { world } = await open(flags);
        const applied = await applyPlan(hash, world);
        print(flags, { version: 1, ...applied }, () => describeApplied(applied));
        if (applied.verification.verdict === 'not stopped') process.exitCode = EXIT.error;
        if (flags.wait) await keepWatch(world, (open) => open.some((each) => each.hash === hash));
      }),
    );
}

function addRevert(respond: Command): void {
  withCommon(respond.command('revert'))
    .description('undo a containment now')
    .argument('<plan-hash>', 'the hash, or its beginning')
    .option('--reason <text>', 'why', 'asked for')
    .action((hash: string, flags: CommonFlags & { reason: string }) =>
      told(async () => {
        const { world } = await open(flags);
        const problems = await revertPlan(hash, flags.reason, world);
        if (problems.length > 0)
          throw new ExitError(EXIT.error, `not all is undone: ${forTerminal(problems.join('; '))}`);
        const [response] = responsesOf(await world.ledger.read()).filter((each) =>
          each.hash.startsWith(hash),
        );
        const notes = response!.changes.map(({ note }) => note).filter((note) => note !== '');
        print(flags, { version: 1, reverted: response!.hash, notes }, () =>
          ['reverted', ...notes.map(forTerminal)].join('\n  ').concat('\n'),
        );
      }),
    );
}

function addList(respond: Command): void {
  withCommon(respond.command('list'))
    .description('plans, approvals, and what is contained for how much longer')
    .action((flags: CommonFlags) =>
      told(async () => {
        const { world, stateFolder } = await open(flags);
        const now = world.now();
        const responses = await Promise.all(
          responsesOf(await world.ledger.read()).map(async (each) =>
            summarize(each, now, await isInForce(each, world)),
          ),
        );
        print(flags, { version: 1, responses }, () => describeList(responses, stateFolder));
      }),
    );
}

function addWatch(respond: Command): void {
  withCommon(respond.command('watch'))
    .description('stay, and revert each containment when it expires')
    .action((flags: CommonFlags) =>
      told(async () => {
        const { world } = await open(flags);
        await keepWatch(world, () => true);
      }),
    );
}

const WATCH_EACH_MS = 1000;

async function keepWatch(world: Surroundings, isWanted: (open: Response[]) => boolean): Promise<void> {
  const isOpen = (each: Response) =>
    !['closed', 'planned', 'approved', 'lapsed'].includes(statusOf(each, world.now()));
  while (isWanted(responsesOf(await world.ledger.read()).filter(isOpen))) {
    await sleep(WATCH_EACH_MS);
    await recoverAndTell(world);
  }
}
