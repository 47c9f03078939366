import { AuditContainers } from './audit-containers.js';
import {
  type AuditRecord,
  auditAddress,
  auditArguments,
  auditCall,
  auditText,
  isAuditRecord,
  readAuditRecord,
} from './audit-events.js';
import { readLines } from './lines.js';
import type { PreparedStretch, Spool } from './prepare.js';
import { MAX_LINE_BYTES } from './scan.js';
import { SpoolFile } from './spool-file.js';

/** Records of so many events may come mixed; an event is whole when so many others have begun. */
const MOST_OPEN = 64;
/** Of all of them together: a record takes many times its bytes. */
const MOST_HELD_BYTES = 32 * 1024 * 1024;
/** What `ausearch` prints between events. */
const BETWEEN = /^(?:----|time->.*)$/;

type Fields = Record<string, string>;

/** An event and the line of its first record; or a line that is none, which keeps its place. */
interface Open {
  line: number;
  records: AuditRecord[];
  bytes: number;
  text: string;
}

/** Lines of others may stand between: they stay as they are. */
export const hasAuditRecords = ({ header, table, samples }: PreparedStretch): boolean =>
  !header && !table && samples.some(isAuditRecord);

/**
 * Writes one JSON object for each event of auditd's log, on the line of its first record: the records of an event (the call, its arguments, its
 * paths, its address) stand on lines of their own, and those of other events between them. Holds no more than MOST_OPEN events.
 */
export async function joinAudit(stretch: PreparedStretch, spool: Spool): Promise<PreparedStretch> {
  const out = new SpoolFile(spool.next());
  const open = new Map<string, Open>();
  const containers = new AuditContainers();
  let line = 0;
  let written = 0;
  let held = 0;
  const writeOldest = async (): Promise<void> => {
    const [key, event] = open.entries().next().value!;
    open.delete(key);
    held -= event.bytes;
    const text = event.records.length > 0 ? JSON.stringify(tell(event.records, containers)) : event.text;
    if (!text.startsWith('#')) out.count(text);
    const gap = '\n'.repeat(event.line - 1 - written);
    written = event.line;
    await out.write(`${gap}${text}\n`);
  };
  for await (const bytes of readLines(stretch.plainPath)) {
    line += 1;
    const text = bytes.toString('utf8');
    if (text === '' || BETWEEN.test(text)) continue;
    const record = readAuditRecord(text);
    if (record?.type === 'EOE') continue;
    const key = record ? `${record.node} ${record.time}:${record.serial}` : `line ${line}`;
    const known = open.get(key);
    if (record && known && known.bytes + bytes.length < MAX_LINE_BYTES) {
      known.records.push(record);
      known.bytes += bytes.length;
      held += bytes.length;
      continue;
    }
    // What no event has room for stands alone.
    const own = { line, records: record ? [record] : [], bytes: bytes.length, text };
    open.set(known ? `line ${line}` : key, own);
    held += bytes.length;
    while (open.size > MOST_OPEN || (held > MOST_HELD_BYTES && open.size > 1)) await writeOldest();
  }
  while (open.size > 0) await writeOldest();
  await out.end();
  return { ...stretch, rows: out.rows, samples: out.samples, plainPath: out.path };
}

/** What an event says, in the keys its sources read. */
function tell(records: AuditRecord[], containers: AuditContainers): object {
  const { node, time, serial, type } = records[0]!;
  const of = (wanted: string): Fields[] =>
    records.filter((each) => each.type === wanted).map(({ fields }) => fields);
  const call = of('SYSCALL')[0];
  const name = call ? auditCall(call) : '';
  const paths = of('PATH');
  const access = call ? accessOf(name, call, paths) : '';
  const isExec = name === 'execve' || name === 'execveat';
  const kind = isExec ? 'exec' : access ? 'file' : 'other';
  const told = name === 'connect' ? name : call ? (call.SYSCALL ?? 'SYSCALL') : type;
  const common = { audit: kind, event: told, time, serial, node };
  if (type === 'SYSTEM_BOOT') containers.forget();
  if (!call) return common;
  const isStarted = isExec && call.success === 'yes';
  const first = paths.find(({ item }) => item === '0');
  const exec = {
    program: auditText(call.exe),
    argv: auditArguments({ time: 0, records }).argv,
    device: first?.dev ?? '',
  };
  return {
    ...common,
    ...{
      pid: call.pid,
      ppid: call.ppid,
      uid: call.uid,
      auid: call.auid,
      success: call.success,
      exit: call.exit,
    },
    ...{
      name: auditText(call.comm),
      program: auditText(call.exe),
      key: auditText(call.key),
      subject: call.subj,
      container: containers.of({
        ...{ node, pid: call.pid ?? '', ppid: call.ppid ?? '' },
        ...(isStarted && { exec }),
      }),
    },
    ...(isExec && { ...argumentsOf(records), path: auditText(first?.name) }),
    ...(kind === 'file' && { access, path: pathOf(name, paths, auditText(of('CWD')[0]?.cwd)) }),
    ...(name === 'connect' && { destination: auditAddress(of('SOCKADDR')[0]?.saddr) }),
  };
}

function argumentsOf(records: AuditRecord[]): object {
  if (!records.some(({ type }) => type === 'EXECVE')) return {};
  const { argv, isComplete } = auditArguments({ time: 0, records });
  return { argv, argv_complete: isComplete };
}

/** What a call wanted of a file; '' for calls that are about something else. */
function accessOf(name: string, call: Fields, paths: Fields[]): string {
  const has = (nametype: string): boolean => paths.some((path) => path.nametype === nametype);
  if (name === 'open' || name === 'openat') {
    const flags = Number.parseInt((name === 'open' ? call.a1 : call.a2) ?? '', 16);
    if (Number.isNaN(flags)) return 'open';
    return (flags & 3) !== 0 ? 'open_write' : 'read';
  }
  // Its flags lie in the memory of the process.
  if (name === 'openat2') return has('CREATE') ? 'open_write' : 'open';
  if (/^(?:creat|truncate|rename|renameat|renameat2)$/.test(name)) return 'open_write';
  return name === 'unlink' || name === 'unlinkat' ? 'delete' : '';
}

/** The file the call was about: not the folder it lies in. What is moved is told by its new name. */
function pathOf(name: string, paths: Fields[], folder: string): string {
  const wanted = name.startsWith('unlink') ? 'DELETE' : 'CREATE';
  const files = paths.filter(({ nametype }) => nametype !== 'PARENT');
  const found = files.find(({ nametype }) => nametype === wanted) ?? files.at(-1) ?? paths.at(-1);
  const path = auditText(found?.name);
  return path === '' || path.startsWith('/') || folder === '' ? path : `${folder.replace(/\/$/, '')}/${path}`;
}
