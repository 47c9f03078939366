import type { Command } from 'commander';
import type { FindingEvent, KeptFinding } from '../model/live.js';
import { forJsonOutput } from '../output/escape.js';
import { formatProbability, formatTime } from '../output/format.js';
import { plain, SEVERITY_WORDS } from '../output/table-style.js';
import { EXIT, ExitError } from './exit.js';
import { type ServerFlags, serverOf, withServer } from './findings.js';

/** `watch`: what becomes of findings, as it happens: a line each on a terminal, JSON lines where it is piped. */
export function addWatchCommand(program: Command): void {
  withServer(program.command('watch'))
    .description('show findings of a running `stowaway serve` as they come; JSON lines when piped')
    .action(async (flags: ServerFlags) => {
      const { url, token } = await serverOf(flags);
      const isJson = flags.format === 'json' || !process.stdout.isTTY;
      for await (const told of eventsOf(`${url}/api/v1/stream`, token))
        process.stdout.write(isJson ? `${forJsonOutput(JSON.stringify(told))}\n` : describe(told));
    });
}

interface Told {
  kept: KeptFinding;
  event: FindingEvent;
}

const describe = ({ kept: { uid, finding }, event }: Told): string =>
  `${formatTime(event.at)}  ${SEVERITY_WORDS[finding.severity].padEnd(5)} ${formatProbability(finding.score)}  ${event.what.padEnd(9)} ${plain(`${uid} ${finding.technique} ${finding.entity.name}: ${event.why}`)}\n`;

/** Changes of findings, out of the server's stream; it ends with the server, and says so. */
async function* eventsOf(url: string, token: string): AsyncIterable<Told> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } }).catch(
    (cause: unknown) => {
      throw new ExitError(EXIT.error, `${url} does not answer; does \`stowaway serve\` run?`, { cause });
    },
  );
  if (!answer.ok || answer.body === null)
    throw new ExitError(EXIT.error, `${url} answers ${answer.status} ${answer.statusText}`);
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const told = toldBy(block);
      if (told) yield told;
    }
  }
  throw new ExitError(EXIT.error, 'the server ended the stream');
}

function toldBy(block: string): Told | null {
  const fields = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  return fields.get('event') === 'finding' ? (JSON.parse(fields.get('data')!) as Told) : null;
}
