import type { HuntResult } from '../model/hunt-result.js';
import { forTerminal } from '../output/escape.js';

/** Files that are named; of the others the number. */
const SHOWN = 3;

/** Says on stderr what of the logs could not be read, a line each: stdout keeps its format, and silence means that all was read. */
export function reportTrouble(result: HuntResult): void {
  const unread = result.problems.filter(({ level }) => level === 'unread').map(({ where }) => where);
  if (unread.length > 0)
    process.stderr.write(
      `stowaway: ${unread.length} left unread: ${forTerminal(unread.slice(0, SHOWN).join(', '))}${unread.length > SHOWN ? ', …' : ''}\n`,
    );
  for (const { where, what, advice } of result.problems.filter(({ level }) => level === 'error'))
    process.stderr.write(`stowaway: ${forTerminal(where)}: ${forTerminal(what)}; ${advice}\n`);
  const { total, sample } = result.deadLetters;
  const [first] = sample;
  if (total > 0)
    process.stderr.write(
      `stowaway: ${total} ${total === 1 ? 'row was' : 'rows were'} rejected${first ? `, one at ${forTerminal(`${first.file}:${first.line}: ${first.reason}`)}` : ''}\n`,
    );
  if (result.report.inputs.length === 0)
    process.stderr.write(
      'stowaway: nothing here could be read as a log; `stowaway sources list` names what is read\n',
    );
}
