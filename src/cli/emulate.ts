import { type Command, InvalidArgumentError, Option } from 'commander';
import { clean } from '../emulate/clean.js';
import { combine } from '../emulate/combine.js';
import { ENGINE_KINDS, type EngineKind, LabUnavailable } from '../emulate/lab/engine-kinds.js';
import { whyNeedsEngine } from '../emulate/netns/needs-engine.js';
import { EmulationError } from '../emulate/open-lab.js';
import { clearFor, RecordingExists, record } from '../emulate/record.js';
import { prefixNames } from '../emulate/rename.js';
import { type RunOptions, runEmulation, settled } from '../emulate/run.js';
import {
  describeContainments,
  describeEngines,
  describeRepetitions,
  isAsExpected,
  repetitionsOf,
  showPlan,
  VERIFICATION_HEADINGS,
  verificationRow,
} from '../emulate/show.js';
import { notRun, type Verification, verifyEmulation } from '../emulate/verify.js';
import { type Emulation, readEmulations } from '../model/emulation.js';
import { contentFolder } from '../model/paths.js';
import { type Action, STOPPING_ACTIONS } from '../respond/plan.js';
import { columns } from './columns.js';
import { EXIT, ExitError } from './exit.js';

interface RunFlags {
  engine?: EngineKind;
  with?: string[];
  record?: string;
  force?: boolean;
  prefix?: string;
  quiet?: boolean;
}

interface VerifyFlags extends RunFlags {
  contain?: Action;
  times: number;
  format: 'table' | 'json';
}

const format = () =>
  new Option('-f, --format <format>', 'what stdout gets')
    .choices(['table', 'json'])
    .default('table')
    .env('STOWAWAY_FORMAT');

const engine = () =>
  new Option(
    '--engine <engine>',
    'whose containers attack; netns: network namespaces play them, without an engine',
  )
    .choices(ENGINE_KINDS)
    .default(undefined, 'the first that can run here')
    .env('STOWAWAY_ENGINE');

/** Tried in this order. */
const enginesOf = ({ engine }: RunFlags): EngineKind[] => (engine ? [engine] : [...ENGINE_KINDS]);

const quiet = () => new Option('-q, --quiet', 'no progress on stderr');

export function addEmulateCommands(program: Command): void {
  const emulate = program
    .command('emulate')
    .description('run attacks and their benign twins in containers of a lab that has no way out');
  emulate.command('list').description('every emulation').addOption(format()).action(list);
  emulate
    .command('plan')
    .description('what a run would do; nothing is done')
    .argument('<emulation>', 'id, or strategy/id')
    .action(async (id: string) => void process.stdout.write(showPlan(await find(id))));
  emulate
    .command('run')
    .description('warm up, detonate, clean up')
    .argument('<emulation>', 'id, or strategy/id')
    .addOption(engine())
    .option('--with <emulations...>', 'run these, too, one after the other, while it goes on')
    .option('--record <folder>', 'keep what the sensors said, as input of a scenario')
    .option('--prefix <word>', 'a word in front of the names of its containers')
    .option('--force', 'with --record: replace the recording that lies in the folder')
    .addOption(quiet())
    .action(run);
  emulate
    .command('verify')
    .description('run live, hunt live: found or missed, how fast, how much had left, who was accused falsely')
    .argument('<emulations...>', 'ids, or a technique such as T1567, or "all"')
    .addOption(engine())
    .addOption(
      new Option('--contain <action>', 'contain what was found, show that it stopped, and undo it').choices(
        STOPPING_ACTIONS,
      ),
    )
    .option('--times <n>', 'runs of each, and whether they agree', positiveInteger, 1)
    .addOption(format())
    .addOption(quiet())
    .action(verify);
  emulate.command('clean').description('remove what a crashed run left').addOption(format()).action(cleanUp);
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('a whole number from 1 to 9999');
  return Number(text);
}

async function list(flags: { format: string }): Promise<void> {
  const emulations = await readEmulations(contentFolder('strategies'));
  if (flags.format === 'json') {
    const rows = emulations.map((one) => ({
      ...{ id: one.id, strategy: one.strategy, technique: one.technique, kind: one.kind, title: one.title },
      ...{ twin: one.twin ?? null, requirements: one.shows.requirement, needs_engine: whyNeedsEngine(one) },
    }));
    process.stdout.write(`${JSON.stringify({ version: 1, emulations: rows }, null, 2)}\n`);
    return;
  }
  const rows = emulations.map((one) => [
    ...[one.id, one.technique, one.kind, whyNeedsEngine(one) === null ? 'any' : 'not netns', one.title],
  ]);
  process.stdout.write(columns(['EMULATION', 'TECHNIQUE', 'KIND', 'ENGINE', 'WHAT'], rows));
}

async function find(name: string): Promise<Emulation> {
  const all = await readEmulations(contentFolder('strategies'));
  const matches = all.filter((one) => one.id === name || `${one.strategy}/${one.id}` === name);
  if (matches.length === 1) return matches[0]!;
  if (matches.length > 1)
    throw new ExitError(
      EXIT.error,
      `${name} could be ${matches.map((one) => `${one.strategy}/${one.id}`).join(', ')}`,
    );
  const near = all.filter((one) => one.id.includes(name)).map((one) => one.id);
  const hint = near.length > 0 ? `did you mean ${near.join(', ')}?` : '`stowaway emulate list` names them';
  throw new ExitError(EXIT.error, `no emulation ${name}; ${hint}`);
}

async function choose(names: string[]): Promise<Emulation[]> {
  const all = await readEmulations(contentFolder('strategies'));
  const chosen = await Promise.all(
    names.map(async (name) => {
      if (name === 'all') return all.filter((one) => one.kind !== 'background');
      const ofTechnique = all.filter((one) => one.technique === name);
      return ofTechnique.length > 0 ? ofTechnique : [await find(name)];
    }),
  );
  return [...new Map(chosen.flat().map((one) => [`${one.strategy}/${one.id}`, one])).values()];
}

async function run(name: string, flags: RunFlags): Promise<void> {
  const found = await find(name);
  const alone = flags.prefix === undefined ? found : prefixNames(found, checkedPrefix(flags.prefix));
  const emulation = flags.with ? combine(alone, await choose(flags.with)) : alone;
  if (flags.record) await makeRoom(flags.record, flags.force ?? false);
  await inLab(flags, enginesOf(flags), (options) =>
    runEmulation(emulation, options, (live) => (flags.record ? record(live, flags.record) : settled(live))),
  ).catch((error) => {
    throw error instanceof EmulationError ? new ExitError(EXIT.error, `${name}: ${error.message}`) : error;
  });
  process.stdout.write(
    flags.record ? `recorded in ${flags.record}\n` : `${emulation.id} ran and was cleaned up\n`,
  );
}

function checkedPrefix(word: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,39}$/.test(word)) return word;
  throw new ExitError(EXIT.error, '--prefix takes small letters, digits and hyphens, such as test-attack-1');
}

/** Before the run: half an hour of work must not end in a refusal. */
async function makeRoom(folder: string, mayRemove: boolean): Promise<void> {
  try {
    await clearFor(folder, mayRemove);
  } catch (error) {
    if (error instanceof RecordingExists) throw new ExitError(EXIT.refused, error.message);
    throw error;
  }
}

async function verify(names: string[], flags: VerifyFlags): Promise<void> {
  const verifications: Verification[] = [];
  const engines = enginesOf(flags);
  for (const emulation of await choose(names)) {
    for (let turn = 0; turn < flags.times; turn++) {
      const one = await verifyOnce(emulation, engines, flags);
      verifications.push(one);
      if (!flags.quiet)
        process.stderr.write(`${emulation.id}: ${one.verdict}${one.reason ? `: ${one.reason}` : ''}\n`);
    }
  }
  const repetitions = repetitionsOf(verifications);
  if (flags.format === 'json')
    process.stdout.write(`${JSON.stringify({ version: 1, verifications, repetitions }, null, 2)}\n`);
  else {
    process.stdout.write(columns(VERIFICATION_HEADINGS, verifications.map(verificationRow)));
    process.stdout.write(describeEngines(verifications));
    process.stdout.write(describeContainments(verifications));
    process.stdout.write(describeRepetitions(repetitions));
  }
  if (!verifications.every(isAsExpected)) process.exitCode = EXIT.error;
}

/** One that fails by itself does not end the others. */
async function verifyOnce(
  emulation: Emulation,
  engines: EngineKind[],
  flags: VerifyFlags,
): Promise<Verification> {
  try {
    return await inLab(
      flags,
      engines,
      (options) =>
        verifyEmulation(emulation, { ...options, ...(flags.contain && { contain: flags.contain }) }),
      emulation.id,
    );
  } catch (error) {
    if (error instanceof EmulationError) return notRun(emulation, error.message);
    throw error;
  }
}

/** Ctrl-C and TERM clean up before they end the process. */
async function inLab<T>(
  flags: RunFlags,
  engines: EngineKind[],
  work: (options: RunOptions) => Promise<T>,
  title?: string,
): Promise<T> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const onProgress = (what: string) => {
    if (!flags.quiet) process.stderr.write(`${title ? `${title}: ` : ''}${what}\n`);
  };
  try {
    return await work({ engines, onProgress, signal: controller.signal });
  } catch (error) {
    if (controller.signal.aborted) throw new ExitError(EXIT.interrupted, 'interrupted; the lab was removed');
    if (error instanceof LabUnavailable) throw new ExitError(EXIT.error, `no lab here: ${error.message}`);
    throw error;
  } finally {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
  }
}

async function cleanUp(flags: { format: string }): Promise<void> {
  const result = await clean();
  if (flags.format === 'json') {
    process.stdout.write(`${JSON.stringify({ version: 1, ...result }, null, 2)}\n`);
    return;
  }
  const removed = result.removed.length === 0 ? 'nothing to remove' : `removed ${result.removed.join(', ')}`;
  const used = result.in_use.length === 0 ? '' : `; in use and left alone: ${result.in_use.join(', ')}`;
  process.stdout.write(`${removed}${used}\n`);
}
