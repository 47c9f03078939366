import { writeJson } from './json.js';
import { readLines } from './lines.js';
import type { PreparedStretch, Spool } from './prepare.js';
import { MAX_LINE_BYTES } from './scan.js';
import { SpoolFile } from './spool-file.js';

/** What an envelope holds. */
export interface Letter {
  text: string;
  /** The record goes on in the next line of the same stream. */
  isPart: boolean;
  /** stdout, stderr, a container of the journal's, or '' where the envelope does not say. */
  stream: string;
}

/** An envelope's own words are short: a longer one is none, and no line can make its pattern work for long. */
const MAX_HEAD = 4096;
/** Records that have begun, at once: each may be as long as a line. */
const MOST_BEGUN = 16;
/** Kubernetes' container runtimes: time, stream, P (part) or F (full), text. */
const CRI = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) (stdout|stderr) ([PF])(?::\S*)? /;
/** RFC 3164: Nov 21 03:00:00 host program[pid]: text; also with an ISO time, as rsyslog and journalctl write it. */
const BSD_SYSLOG =
  /^(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-]\d\d:?\d\d)) \S+ [^\s:[]+(?:\[\d+\])?: (?:@cee: ?)?/;
/** RFC 5424: <pri>1 time host program pid id data text. Structured data is - or [id name="value"]…, where a quote may be escaped. */
const IETF_SYSLOG =
  /^<\d{1,3}>1 \S+ \S+ \S+ \S+ \S+ (?:-|(?:\[(?:[^"\]]|"(?:[^"\\]|\\.)*")*\])+) \uFEFF?(?:@cee: ?)?/;
/** AWS CloudWatch's export to S3: time, space, text. */
const CLOUDWATCH = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /;

/** Keys under which shippers put the line they carry: Docker json-file and Fluent Bit, Filebeat and Vector, journald, Splunk's collector, Loki, CloudWatch Insights. */
const KEYS = ['log', 'message', 'MESSAGE', 'event', 'line', '@message', 'log_processed', '_raw', 'logEvents'];

/** The record inside one line, or null when the line is no envelope of a known kind. */
export function openLetter(line: string): Letter | null {
  if (line.startsWith('{')) return fromJson(line);
  const head = line.slice(0, MAX_HEAD);
  const cri = CRI.exec(head);
  if (cri) return { text: line.slice(cri[0].length), isPart: cri[2] === 'P', stream: cri[1]! };
  const own = (BSD_SYSLOG.exec(head) ?? IETF_SYSLOG.exec(head) ?? CLOUDWATCH.exec(head))?.[0];
  return own === undefined ? null : { text: line.slice(own.length), isPart: false, stream: '' };
}

function fromJson(line: string): Letter | null {
  let outer: Record<string, unknown>;
  try {
    outer = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
  for (const key of KEYS) {
    const inner = outer[key];
    if (typeof inner !== 'string' || inner === '') continue;
    const text = inner.replace(/\r?\n$/, '');
    if (key === 'MESSAGE') return { text, ...fromJournal(outer) };
    // Docker cuts at 16 KiB: only the last part ends in a newline. No other name is a stream: each would hold a record in memory.
    const stream = outer.stream === 'stdout' || outer.stream === 'stderr' ? outer.stream : '';
    return { text, isPart: key === 'log' && stream !== '' && !inner.endsWith('\n'), stream };
  }
  // Filebeat puts an object `log` (file and offset) and perhaps `event` beside the line: what is text comes first.
  for (const key of KEYS) {
    const inner = outer[key];
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) continue;
    const text = writeJson(inner);
    return text === null ? null : { text, isPart: false, stream: '' };
  }
  return null;
}

/** Docker and Podman log to the journal, too: there the containers of a host stand in one log, and their parts between each other. */
function fromJournal(entry: Record<string, unknown>): Pick<Letter, 'isPart' | 'stream'> {
  const id = entry.CONTAINER_ID_FULL ?? entry.CONTAINER_ID;
  const isContainer = typeof id === 'string' && /^[0-9a-f]{12,64}$/.test(id);
  // Both outputs differ in priority alone.
  const stream = isContainer ? `${id} ${entry.PRIORITY === '3' ? 'stderr' : 'stdout'}` : '';
  return { stream, isPart: isContainer && entry.CONTAINER_PARTIAL_MESSAGE === 'true' };
}

/**
 * Writes what is in the envelopes, line for line, so that numbers stay those of the log; the parts of a cut record come together in its last
 * line. A line that is no envelope or is known with it stays as it is, and so do parts of what is longer than a record may be.
 */
export async function openEnvelopes(
  stretch: PreparedStretch,
  spool: Spool,
  isKnown: (line: string) => boolean,
): Promise<PreparedStretch> {
  const out = new SpoolFile(spool.next());
  const begun = new Map<string, string>();
  const write = (text: string): Promise<void> => (text === '' ? out.write('\n') : out.row(text));
  for await (const bytes of readLines(stretch.plainPath)) {
    const line = bytes.toString('utf8');
    const letter = line === '' || isKnown(line) ? null : openLetter(line);
    const text = letter === null ? line : (begun.get(letter.stream) ?? '') + letter.text;
    const hasRoom = begun.size < MOST_BEGUN || begun.has(letter?.stream ?? '');
    if (letter?.isPart && hasRoom && text.length < MAX_LINE_BYTES) {
      begun.set(letter.stream, text);
      await write('');
    } else {
      if (letter) begun.delete(letter.stream);
      await write(letter === null ? line : onOneLine(text));
    }
  }
  // The log ends within a record: what there is of it is rejected in its place.
  for (const rest of begun.values()) await write(onOneLine(rest));
  await out.end();
  return { ...stretch, rows: out.rows, samples: out.samples, plainPath: out.path };
}

/** A record that was printed over several lines, or a text with line breaks, on one. */
function onOneLine(text: string): string {
  if (!/[\r\n]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text.replaceAll(/\r?\n|\r/g, ' ');
  }
}
