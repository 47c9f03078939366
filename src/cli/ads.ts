import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { type Ads, readAllAds } from '../ads/folder.js';
import { lintToJunit, outcomesToJunit } from '../ads/junit.js';
import { formatIssues, type LintIssue, lintStrategies } from '../ads/lint.js';
import { lintConfig } from '../ads/lint-config.js';
import { toSarif } from '../ads/sarif.js';
import { listStrategies, showStrategy } from '../ads/show.js';
import { formatOutcomes, testScenarios } from '../ads/test.js';
import { contentFolder, packageVersion } from '../model/paths.js';
import { readStrategies } from '../model/strategies.js';
import { huntScenario } from '../pipeline.js';
import { EXIT, ExitError } from './exit.js';

const format = (...choices: string[]) =>
  new Option('-f, --format <format>', 'what stdout gets')
    .choices(choices)
    .default(choices[0])
    .env('STOWAWAY_FORMAT');

export function addAdsCommands(program: Command): void {
  const ads = program.command('ads').description('the alerting and detection strategies');
  ads.command('list').description('every strategy').addOption(format('table', 'json')).action(list);
  ads
    .command('show')
    .description('one strategy, to read in a terminal')
    .argument('<strategy>', 'id, or a part of it such as T1567')
    .action(
      async (name: string) =>
        void process.stdout.write(showStrategy(await find(name), { width: process.stdout.columns ?? 100 })),
    );
  ads
    .command('lint')
    .description('check that every section of every strategy is bound to something executable')
    .argument('[folder]', 'a folder of strategies', contentFolder('strategies'))
    .option(
      '-c, --config <file>',
      'a stowaway.yaml, whose allowances must hide no validated true positive; hunts every scenario that fires',
    )
    .addOption(format('table', 'json', 'sarif', 'junit'))
    .action(lint);
  ads
    .command('test')
    .description('run the scenarios: what must fire, stay quiet, and what is known to be missed')
    .argument('[only]', 'a part of strategy/scenario', '')
    .addOption(format('table', 'json', 'junit'))
    .action(test);
  ads
    .command('render')
    .description('one strategy as a document, with analytics and parameters filled in')
    .argument('<strategy>', 'id, or a part of it')
    .addOption(format('markdown', 'html'))
    .option('-o, --output <path>', 'write to a file instead of stdout')
    .action(render);
}

/** The strategy whose id contains the text; a technique alone must not match its sub-techniques. */
async function find(name: string): Promise<Ads> {
  const all = await readAllAds(contentFolder('strategies'));
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

async function list(flags: { format: string }): Promise<void> {
  const all = await readAllAds(contentFolder('strategies'));
  const scenarios = new Map(all.map((one) => [one.id, one.scenarios.map((scenario) => scenario.id)]));
  const strategies = (await readStrategies(contentFolder('strategies'))).map((one) => ({
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
    issues.push(
      ...(await lintConfig(flags.config, await readAllAds(folder), { hunt: huntScenario, onScenario })),
    );
  }
  process.stdout.write(await renderIssues(issues, flags.format));
  if (issues.some((issue) => issue.severity === 'error')) process.exitCode = EXIT.invalidContent;
}

async function renderIssues(issues: LintIssue[], format: string): Promise<string> {
  if (format === 'json') return `${JSON.stringify({ version: 1, issues }, null, 2)}\n`;
  if (format === 'sarif') return toSarif(issues, { version: await packageVersion(), base: process.cwd() });
  if (format === 'junit') return lintToJunit(issues);
  return issues.length === 0 ? 'no problems\n' : formatIssues(issues);
}

async function test(only: string, flags: { format: string }): Promise<void> {
  const outcomes = await testScenarios(await readAllAds(contentFolder('strategies')), huntScenario, { only });
  if (outcomes.length === 0) throw new ExitError(EXIT.error, `no scenario matches "${only}"`);
  process.stdout.write(
    flags.format === 'json'
      ? `${JSON.stringify({ version: 1, outcomes }, null, 2)}\n`
      : flags.format === 'junit'
        ? outcomesToJunit(outcomes)
        : formatOutcomes(outcomes),
  );
  if (outcomes.some((outcome) => !outcome.passed)) process.exitCode = EXIT.error;
}

async function render(name: string, flags: { format: string; output?: string }): Promise<void> {
  const ads = await find(name);
  const { renderHtml, renderMarkdown } = await import('../ads/render.js');
  const text = flags.format === 'html' ? renderHtml(ads) : renderMarkdown(ads);
  if (flags.output) await writeFile(flags.output, text);
  else process.stdout.write(text);
}
