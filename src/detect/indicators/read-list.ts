import { readFile, stat } from 'node:fs/promises';
import { ContentError } from '../../model/front-matter.js';
import type { InputProblem } from '../../model/hunt-result.js';
import { ALWAYS, destinationOf, type Indicator, type ListContent, type Unread } from './indicator.js';
import { isMispCsv, readMispCsv, readMispJson } from './misp.js';
import { readStix } from './stix.js';

/** How many places of one kind of mistake are named. */
const PLACES = 3;

/**
 * A list of indicators, known by its content: a STIX 2.x bundle, a MISP event or search result, a MISP CSV export, or
 * plain text with one address, network, domain or URL a line.
 *
 * @param list what it is called in findings and problems
 * @throws ContentError when there is no such file, or JSON that is neither
 */
export async function readIndicatorList(
  file: string,
  list: string,
): Promise<{ indicators: Indicator[]; problems: InputProblem[] }> {
  const [raw, { mtime }] = await Promise.all([readFile(file, 'utf8'), stat(file)]).catch((cause: Error) => {
    throw new ContentError(`${list}: this list of indicators cannot be read: ${cause.message}`, { cause });
  });
  const text = raw.replace(/^\ufeff/, '');
  const listedAt = mtime.toISOString().slice(0, 19).replace('T', ' ');
  const { indicators, unread } = readContent({ text, list, listedAt });
  return { indicators, problems: toProblems(list, unread) };
}

function readContent(file: { text: string; list: string; listedAt: string }): ListContent {
  const { text, list } = file;
  if (!/^\s*[[{]/.test(text)) return isMispCsv(text) ? readMispCsv(file) : readPlain(file);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw new ContentError(`${list}: starts as JSON and is none: ${(cause as Error).message}`, { cause });
  }
  const objects = Array.isArray(data) ? null : (data as { objects?: unknown }).objects;
  const content = Array.isArray(objects) ? readStix(objects, file) : readMispJson(data as object, file);
  if (content) return content;
  throw new ContentError(`${list}: JSON that is neither a STIX bundle nor a MISP event or search result`);
}

/** One a line, # starts a comment. */
function readPlain({ text, list, listedAt }: { text: string; list: string; listedAt: string }): ListContent {
  const content: ListContent = { indicators: [], unread: [] };
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    // In a URL, a # may start a fragment: there a comment needs a blank before it.
    const value = line.replace(line.includes('://') ? /(?:^|\s)#.*/ : /#.*/, '').trim();
    if (value === '') continue;
    const named = destinationOf(value);
    if (named) content.indicators.push({ ...named, ...ALWAYS, list, listedAt });
    else
      content.unread.push({
        reason: 'no address, network, domain or URL',
        line: index + 1,
        isForeign: false,
      });
  }
  return content;
}

/** One problem for each kind of mistake, with its count and the first places. */
function toProblems(list: string, unread: Unread[]): InputProblem[] {
  return [...new Set(unread.map((each) => each.reason))].map((reason) => {
    const entries = unread.filter((each) => each.reason === reason);
    const more = entries.slice(1, PLACES).map((each) => each.line);
    const isForeign = entries.every((each) => each.isForeign);
    return {
      where: `${list}:${entries[0]!.line}`,
      what: `${entries.length} ${entries.length === 1 ? 'indicator' : 'indicators'} not used: ${reason}${more.length > 0 ? ` (also line ${more.join(', ')})` : ''}`,
      advice: isForeign ? 'nothing to do' : 'correct or remove them; they match nothing',
      level: isForeign ? 'note' : 'unread',
    };
  });
}
