/** One event of the kernel's audit: all records of one system call. */
export interface AuditEvent {
  /** Epoch seconds, to the millisecond. */
  time: number;
  /** Records in their order; a type can come several times (PATH, EXECVE). */
  records: { type: string; fields: Record<string, string> }[];
}

/** One line of auditd's log. */
export interface AuditRecord {
  node: string;
  type: string;
  /** Epoch seconds as written. */
  time: string;
  serial: string;
  fields: Record<string, string>;
}

const RECORD = /^(?:node=(\S+) )?type=(\S+) msg=audit\((\d+\.\d+):(\d+)\): ?(.*)$/;

export const isAuditRecord = (line: string): boolean => RECORD.test(line);

/** Null for a line that is no record. */
export function readAuditRecord(line: string): AuditRecord | null {
  const [, node = '', type, time, serial, rest] = RECORD.exec(line) ?? [];
  return type === undefined ? null : { node, type, time: time!, serial: serial!, fields: fieldsOf(rest!) };
}

/** An event whose end never comes is given up after so many others have begun. */
const MOST_OPEN = 256;

/** Joins the lines of auditd (format=string) to events; records of several events may come mixed. */
export class AuditEvents {
  readonly #open = new Map<string, AuditEvent>();
  /** Lines that are no record, and events whose end never came. */
  broken = 0;

  /** The event that this line ends, or null. */
  push(line: string): AuditEvent | null {
    const record = readAuditRecord(line);
    if (record === null) {
      if (line !== '') this.broken += 1;
      return null;
    }
    const { type, time, serial, fields } = record;
    const key = `${time}:${serial}`;
    const event = this.#open.get(key) ?? { time: Number(time), records: [] };
    if (type === 'EOE') {
      this.#open.delete(key);
      return event;
    }
    event.records.push({ type, fields });
    this.#open.set(key, event);
    if (this.#open.size > MOST_OPEN) {
      this.#open.delete(this.#open.keys().next().value!);
      this.broken += 1;
    }
    return null;
  }
}

/**
 * key=value pairs; a value in quotes keeps its quotes, so that text and hexadecimal stay apart (see auditText). An enriched record goes on behind a
 * group separator with the same in words, its keys in capitals.
 */
function fieldsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.replaceAll('\x1d', ' ').matchAll(/([\w[\]-]+)=("[^"]*"|\S*)/g)].map(([, key, value]) => [
      key!,
      value!,
    ]),
  );
}

/** Names of the system calls that are told, by audit's word for the machine and number: x86-64 and its 32-bit half, ARM and its. */
const CALLS = new Map([
  [
    'c000003e',
    numbered(
      'execve 59, execveat 322, connect 42, open 2, openat 257, openat2 437, creat 85, truncate 76, ' +
        'rename 82, renameat 264, renameat2 316, unlink 87, unlinkat 263',
    ),
  ],
  [
    '40000003',
    numbered(
      'execve 11, execveat 358, connect 362, open 5, openat 295, openat2 437, creat 8, truncate 92, ' +
        'rename 38, renameat 302, renameat2 353, unlink 10, unlinkat 301',
    ),
  ],
  [
    'c00000b7',
    numbered(
      'execve 221, execveat 281, connect 203, openat 56, openat2 437, truncate 45, renameat 38, renameat2 276, unlinkat 35',
    ),
  ],
  [
    '40000028',
    numbered(
      'execve 11, execveat 387, connect 283, open 5, openat 322, openat2 437, creat 8, truncate 92, ' +
        'rename 38, renameat 329, renameat2 382, unlink 10, unlinkat 328',
    ),
  ],
]);

function numbered(calls: string): Map<string, string> {
  return new Map(
    calls.split(', ').map((call) => {
      const [name, number] = call.split(' ');
      return [number!, name!];
    }),
  );
}

/** Name of a SYSCALL record's call; '' for calls that are not told. An enriched record names it on any machine. */
export function auditCall({ arch = '', syscall = '', SYSCALL = '' }: Record<string, string>): string {
  const calls = CALLS.get(arch);
  return calls ? (calls.get(syscall) ?? '') : SYSCALL;
}

/** A value that somebody could choose: plain in quotes, everything else in hexadecimal; (null) and what is missing are ''. */
export function auditText(value: string | undefined): string {
  if (value === undefined || value === '(null)') return '';
  if (value.startsWith('"')) return value.slice(1, -1);
  return /^([0-9A-F]{2})+$/.test(value) ? Buffer.from(value, 'hex').toString('utf8') : value;
}

/** Arguments of an event's EXECVE records, and whether all of them are there: long ones come in pieces, a1[0], a1[1]. */
export function auditArguments(event: AuditEvent): { argv: string[]; isComplete: boolean } {
  const fields = Object.fromEntries(
    event.records.flatMap((each) => (each.type === 'EXECVE' ? Object.entries(each.fields) : [])),
  );
  const count = Number(fields.argc ?? 0);
  const argv: string[] = [];
  for (let index = 0; index < count; index++) {
    const whole: string | undefined = fields[`a${index}`];
    if (whole !== undefined) argv.push(auditText(whole));
    else if (fields[`a${index}[0]`] !== undefined) argv.push(joined(fields, index));
    else return { argv, isComplete: false };
  }
  return { argv, isComplete: count > 0 };
}

/** Pieces of hexadecimal are cut at any byte: a character may lie across two of them. */
function joined(fields: Record<string, string>, index: number): string {
  const pieces: string[] = [];
  for (let piece = 0; fields[`a${index}[${piece}]`] !== undefined; piece++)
    pieces.push(fields[`a${index}[${piece}]`]!);
  return pieces.every((piece) => !piece.startsWith('"'))
    ? auditText(pieces.join(''))
    : pieces.map(auditText).join('');
}

/** Address and port of a SOCKADDR record's saddr (struct sockaddr in hexadecimal); null for other families. */
export function auditAddress(saddr: string | undefined): { address: string; port: number } | null {
  const bytes = Buffer.from(saddr ?? '', 'hex');
  if (bytes.length < 8) return null;
  const family = bytes.readUInt16LE(0);
  const port = bytes.readUInt16BE(2);
  if (family === 2) return { address: [...bytes.subarray(4, 8)].join('.'), port };
  if (family !== 10 || bytes.length < 24) return null;
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(8 + 2 * index).toString(16));
  const mapped = /^0:0:0:0:0:ffff:/.test(groups.join(':'));
  return { address: mapped ? [...bytes.subarray(20, 24)].join('.') : groups.join(':'), port };
}
