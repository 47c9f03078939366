import type { Command } from 'commander';
import type { FindingEvent, FindingPage, KeptFinding, LiveStrategy } from '../model/live.js';
import { forJsonOutput, forTerminal } from '../output/escape.js';
import { formatProbability, formatTime } from '../output/format.js';
import { plain, SEVERITY_WORDS } from '../output/table-style.js';
import { ask, type ServerFlags, serverOf, withServer } from './findings.js';
import { followStream, type Streamed } from './follow-stream.js';

/** `watch`: what becomes of findings, as it happens: a line each on a terminal, JSON lines where it is piped. */
export function addWatchCommand(program: Command): void {
  withServer(program.command('watch'))
    .description(
      'show open findings of a running `stowaway serve`, then changes and what strategies see, as they come; JSON lines when piped',
    )
    .action(async (flags: ServerFlags) => {
      const isJson = flags.format === 'json' || !process.stdout.isTTY;
      const tell = (told: Told): void => {
        process.stdout.write(isJson ? `${forJsonOutput(JSON.stringify(told))}\n` : describe(told));
      };
      const warn = (what: string) => process.stderr.write(`stowaway: ${forTerminal(what)}\n`);
      const stream = followStream({
        server: () => serverOf(flags),
        onLost: (why, restMs) => warn(`${why}; trying again in ${Math.ceil(restMs / 1000)} s`),
      });
      const seen: Seen = { sights: new Map(), versions: new Map() };
      for await (const message of stream) {
        // A server that ends meanwhile ends the stream, too, and the next one begins with what is open.
        const all = await toldBy(message, seen, flags).catch((error: Error): Told[] => {
          warn(error.message);
          return [];
        });
        for (const told of all) tell(told);
      }
    });
}

/** What is told: a finding as it stands, what became of one, or what a strategy sees from now on. */
type Told =
  | { kept: KeptFinding; event: FindingEvent | null }
  | { strategy: Pick<LiveStrategy, 'id' | 'sight' | 'reasons' | 'since'> };

/** What was told: it is not told again when a server starts anew. */
interface Seen {
  sights: Map<string, string>;
  versions: Map<string, number>;
}

/** `hello` begins, and `reset` begins anew: more was missed than the server keeps. */
async function toldBy(
  { event, data }: Streamed,
  { sights, versions }: Seen,
  flags: ServerFlags,
): Promise<Told[]> {
  if (event === 'finding') {
    const told = data as { kept: KeptFinding; event: FindingEvent };
    versions.set(told.kept.uid, told.kept.version);
    return [told];
  }
  const strategies = (data as { strategies?: LiveStrategy[] }).strategies ?? [];
  if (event === 'status') return changedSights(strategies, sights);
  if (event !== 'hello' && event !== 'reset') return [];
  const changed = changedSights(
    event === 'hello' ? strategies : await ask<LiveStrategy[]>(flags, '/strategies'),
    sights,
  );
  const { findings } = await ask<FindingPage>(flags, '/findings?state=open&limit=1000');
  const news = findings.filter(({ uid, version }) => versions.get(uid) !== version).reverse();
  for (const { uid, version } of news) versions.set(uid, version);
  return [...news.map((kept) => ({ kept, event: null })), ...changed];
}

/** Strategies that see more or less than before; the first time is no change. */
function changedSights(strategies: LiveStrategy[], sights: Map<string, string>): Told[] {
  return strategies.flatMap(({ id, sight, reasons, since }) => {
    const before = sights.get(id);
    sights.set(id, sight);
    return before === undefined || before === sight ? [] : [{ strategy: { id, sight, reasons, since } }];
  });
}

function describe(told: Told): string {
  if ('strategy' in told) {
    const { id, sight, reasons, since } = told.strategy;
    const why = reasons.length > 0 ? `: ${reasons.join('; ')}` : '';
    return `${formatTime(since)}  ${plain(`${id} sees ${SIGHT_WORDS[sight]}${why}`)}\n`;
  }
  const { uid, finding, opened_at } = told.kept;
  const { at, what, why } = told.event ?? { at: opened_at, what: 'open', why: finding.why };
  return `${formatTime(at)}  ${SEVERITY_WORDS[finding.severity].padEnd(5)} ${formatProbability(finding.score)}  ${what.padEnd(9)} ${plain(`${uid} ${finding.technique} ${finding.entity.name}: ${why}`)}\n`;
}

const SIGHT_WORDS: Record<LiveStrategy['sight'], string> = {
  whole: 'all it needs',
  degraded: 'less',
  blind: 'nothing',
};
