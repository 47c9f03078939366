import { readFile, writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { formatCoverage, measureCoverage } from '../ads/coverage.js';
import { type Ads, readAllAds } from '../ads/folder.js';
import { lintToJunit, outcomesToJunit } from '../ads/junit.js';
import { keepOutcomes } from '../ads/kept-outcomes.js';
import { formatIssues, type LintIssue, lintStrategies } from '../ads/lint.js';
import { lintConfig } from '../ads/lint-config.js';
import { toNavigatorLayer } from '../ads/navigator.js';
import { lastQuality } from '../ads/quality.js';
import { toSarif } from '../ads/sarif.js';
import { type Scaffold, scaffoldStrategy } from '../ads/scaffold.js';
import { listStrategies, showStrategy } from '../ads/show.js';
import { formatOutcome, formatTotals, type ScenarioOutcome, testScenarios } from '../ads/test.js';
import { readSources } from '../ingest/sources.js';
import { contentFolder, packageVersion } from '../model/paths.js';
import { readStrategies } from '../model/strategies.js';
import { TACTICS } from '../output/attack.js';
import { Hunts } from '../pipeline.js';
import { EXIT, ExitError } from './exit.js';

/** Folders of strategies beside ours. */
interface OwnStrategies {
  strategies: string[];
}

const own = () =>
  new Option('--strategies <folder>', 'a folder of strategies of your own; may be repeated')
    .argParser((value: string, previous: string[]) => [...previous, value])
    .default([], 'none')
    .env('STOWAWAY_STRATEGIES');

const read = (flags: OwnStrategies): Promise<Ads[]> =>
  readAllAds(contentFolder('strategies'), ...flags.strategies);

const format = (...choices: string[]) =>
  new Option('-f, --format <format>', 'what stdout gets')
    .choices(choices)
    .default(choices[0])
    .env('STOWAWAY_FORMAT');

const scenarioOutcome = z.object({
  strategy: z.string(),
  scenario: z.string(),
  sentence: z.string(),
  passed: z.boolean(),
  reasons: z.array(z.string()),
  elapsedSeconds: z.number(),
  sources: z.array(z.string()),
});

export function addAdsCommands(program: Command): void {
  const ads = program.command('ads').description('the alerting and detection strategies');
  ads
    .command('list')
    .description('every strategy')
    .addOption(own())
    .addOption(format('table', 'json'))
    .action(list);
  ads
    .command('show')
    .description('one strategy, to read in a terminal')
    .argument('<strategy>', 'id, or a part of it such as T1567')
    .addOption(own())
    .action(
      async (name: string, flags: OwnStrategies) =>
        void process.stdout.write(
          showStrategy(await find(name, flags), { width: process.stdout.columns ?? 100 }),
        ),
    );
  ads
    .command('lint')
    .description('check that every section of every strategy is bound to something executable')
    .argument('[folder]', 'a folder of strategies', contentFolder('strategies'))
    .option(
      '-c, --config <file>',
      'a stowaway.yaml, whose allowances and build workloads must hide no validated true positive; hunts every scenario that fires',
    )
    .addOption(format('table', 'json', 'sarif', 'junit'))
    .action(lint);
  ads
    .command('new')
    .description('write a strategy of your own that lints and passes its scenarios, to start from')
    .argument('<technique>', 'ATT&CK technique, such as T1048 or T1048.003')
    .argument('<name>', 'what the container does, such as sends-mail')
    .requiredOption('--into <folder>', 'the folder of your strategies')
    .addOption(
      new Option('--tactic <name>', 'tactic of ATT&CK').choices([...TACTICS.keys()]).default('exfiltration'),
    )
    .option('--detection-strategy <id>', 'MITRE’s detection strategy of the technique, such as DET0548')
    .option('--analytic <id>', 'MITRE’s analytic, such as AN1512')
    .action(scaffold);
  ads
    .command('test')
    .description('run the scenarios: what must fire, stay quiet, and what is known to be missed')
    .argument('[only]', 'a part of strategy/scenario', '')
    .addOption(own())
    .option(
      '--keep',
      'keep the outcomes of strategies of which every scenario ran, for the console of `serve`: ours in docs/scenario-outcomes.json, yours in your folder',
    )
    .addOption(format('table', 'json', 'junit'))
    .action(test);
  ads
    .command('coverage')
    .description('technique by source: designed, tested by scenarios, and working on the given logs')
    .argument('[paths...]', 'logs to hunt through, for what works on them')
    .addOption(own())
    .option('--outcomes <file>', 'what `ads test --format json` said, instead of running every scenario now')
    .option('-c, --config <file>', 'stowaway.yaml of the hunt through the logs')
    .addOption(format('table', 'json', 'navigator'))
    .action(coverage);
  ads
    .command('render')
    .description('one strategy as a document, with analytics and parameters filled in')
    .argument('<strategy>', 'id, or a part of it')
    .addOption(own())
    .addOption(format('markdown', 'html'))
    .option('-o, --output <path>', 'write to a file instead of stdout')
    .action(render);
}

/** The strategy whose id contains the text; a technique alone must not match its sub-techniques. */
async function find(name: string, flags: OwnStrategies): Promise<Ads> {
  const all = await read(flags);
  const found = all.filter((one) => one.id === name || one.id.startsWith(`${name}-`));
  const matches =
    found.length > 0 ? found : all.filter((one) => one.id.toLowerCase().includes(name.toLowerCase()));
  if (matches.length === 1) return matches[0]!;
  const names = (matches.length > 1 ? matches : all).map((one) => one.id).join(', ');
  throw new ExitError(
    EXIT.error,
    matches.length > 1 ? `${name} could be ${names}` : `no strategy ${name}; there are ${names}`,
  );
}

async function list(flags: OwnStrategies & { format: string }): Promise<void> {
  const all = await read(flags);
  const scenarios = new Map(all.map((one) => [one.id, one.scenarios.map((scenario) => scenario.id)]));
  const strategies = (await readStrategies(contentFolder('strategies'), ...flags.strategies)).map((one) => ({
    id: one.id,
    technique: one.technique,
    title: one.title,
    tactic: one.tactic,
    platforms: one.platforms,
    openAt: one.openAt,
    analytics: one.analytics.map((analytic) => analytic.id),
    scenarios: scenarios.get(one.id) ?? [],
  }));
  process.stdout.write(
    flags.format === 'json'
      ? `${JSON.stringify({ version: 1, strategies }, null, 2)}\n`
      : listStrategies(all),
  );
}

async function lint(folder: string, flags: { format: string; config?: string }): Promise<void> {
  const issues = await lintStrategies(folder);
  if (flags.config !== undefined && !issues.some((issue) => issue.severity === 'error')) {
    const onScenario = (id: string) => void process.stderr.write(`checking ${id}\n`);
    await using hunts = new Hunts();
    const check = { hunt: hunts.huntScenario, onScenario };
    issues.push(...(await lintConfig(flags.config, await readAllAds(folder), check)));
  }
  process.stdout.write(await renderIssues(issues, flags.format));
  if (issues.some((issue) => issue.severity === 'error')) process.exitCode = EXIT.invalidContent;
}

async function scaffold(
  technique: string,
  name: string,
  flags: Omit<Scaffold, 'technique' | 'name'>,
): Promise<void> {
  const folder = await scaffoldStrategy({ ...flags, technique, name });
  process.stdout.write(`${folder}\n`);
  process.stderr.write(
    `next: stowaway ads lint ${flags.into}; stowaway ads test ${technique}-${name} --strategies ${flags.into}\n`,
  );
}

async function renderIssues(issues: LintIssue[], format: string): Promise<string> {
  if (format === 'json') return `${JSON.stringify({ version: 1, issues }, null, 2)}\n`;
  if (format === 'sarif') return toSarif(issues, { version: await packageVersion(), base: process.cwd() });
  if (format === 'junit') return lintToJunit(issues);
  return issues.length === 0 ? 'no problems\n' : formatIssues(issues);
}

async function test(only: string, flags: OwnStrategies & { format: string; keep?: boolean }): Promise<void> {
  const all = await read(flags);
  await using hunts = new Hunts(flags);
  const outcomes = await testScenarios(all, hunts.huntScenario, {
    only,
    // Minutes may pass: each outcome is told as it comes.
    ...(flags.format === 'table' && { onOutcome: (one) => void process.stdout.write(formatOutcome(one)) }),
  });
  if (outcomes.length === 0) throw new ExitError(EXIT.error, `no scenario matches "${only}"`);
  process.stdout.write(
    flags.format === 'json'
      ? `${JSON.stringify({ version: 1, outcomes }, null, 2)}\n`
      : flags.format === 'junit'
        ? outcomesToJunit(outcomes)
        : formatTotals(outcomes),
  );
  if (flags.keep) await keep(all, outcomes);
  if (outcomes.some((outcome) => !outcome.passed)) process.exitCode = EXIT.error;
}

async function keep(all: Ads[], outcomes: ScenarioOutcome[]): Promise<void> {
  const files = await keepOutcomes(all, outcomes, { version: await packageVersion() }).catch(
    (cause: Error) => {
      throw new ExitError(EXIT.error, `the outcomes cannot be kept: ${cause.message}`, { cause });
    },
  );
  process.stderr.write(
    files.length > 0
      ? `kept in ${files.join(', ')}\n`
      : 'nothing kept: of no strategy did every scenario run\n',
  );
}

async function coverage(
  paths: string[],
  flags: OwnStrategies & { format: string; outcomes?: string; config?: string },
): Promise<void> {
  const all = await read(flags);
  await using hunts = new Hunts(flags);
  const asked = { baseline: [], config: flags.config ?? null, containerCidrs: [], intel: [] };
  const input = paths.length > 0 ? await hunts.huntScenario(paths, asked) : null;
  const outcomes = flags.outcomes
    ? await readOutcomes(flags.outcomes)
    : await testScenarios(all, hunts.huntScenario, {
        onScenario: (id) => void process.stderr.write(`testing ${id}\n`),
      });
  const matrix = measureCoverage(all, await readSources(contentFolder('sources')), { outcomes, input });
  process.stdout.write(
    flags.format === 'navigator'
      ? toNavigatorLayer(matrix, await packageVersion())
      : flags.format === 'json'
        ? `${JSON.stringify({ version: 1, coverage: matrix }, null, 2)}\n`
        : formatCoverage(matrix),
  );
}

async function readOutcomes(file: string): Promise<ScenarioOutcome[]> {
  const refuse = (why: string): never => {
    throw new ExitError(EXIT.invalidContent, `${file}: ${why}; write it with ads test --format json`);
  };
  const text = await readFile(file, 'utf8').catch((error: Error) => refuse(error.message));
  const read = z.object({ outcomes: z.array(scenarioOutcome) }).safeParse(parseJson(text));
  return read.success ? read.data.outcomes : refuse('no outcomes of scenarios');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function render(
  name: string,
  flags: OwnStrategies & { format: string; output?: string },
): Promise<void> {
  const ads = await find(name, flags);
  const { renderHtml, renderMarkdown } = await import('../ads/render.js');
  const quality = await lastQuality(ads.id);
  const text = flags.format === 'html' ? renderHtml(ads, quality) : renderMarkdown(ads, quality);
  if (flags.output) await writeFile(flags.output, text);
  else process.stdout.write(text);
}
