import { errnoName } from '../host/errno.js';
import {
  type AuditEvent,
  auditAddress,
  auditArguments,
  auditCall,
  auditText,
} from '../ingest/audit-events.js';

export interface AuditSurroundings {
  /** Full id of the container of a running process; '' for none, null when the process is gone. */
  containerOf(pid: number): string | null;
  /** Full id of the container that a running helper of the engine serves; '' for none. */
  containerServedBy(pid: number): string;
  /** A line of the process log. */
  emit(record: object): void;
}

/** Processes whose container is remembered. */
const MOST_REMEMBERED = 16_384;

type Fields = Record<string, string>;

/** Tells the acts of containers' processes as the tracepoints do. Audit names no container: the process is asked, or its parent. */
export class AuditRecords {
  readonly #containers = new Map<number, string>();
  /** Acts that may have been a container's, of processes that were gone too soon. */
  orphans = 0;

  constructor(readonly around: AuditSurroundings) {}

  take(event: AuditEvent): void {
    const call = event.records.find(({ type }) => type === 'SYSCALL')?.fields;
    const name = call ? auditCall(call) : '';
    const isExec = name === 'execve' || name === 'execveat';
    if (call === undefined || !(isExec || name === 'connect')) return;
    const container = this.#containerOf(call);
    if (container === '') return;
    const of = (type: string): Fields[] =>
      event.records.filter((each) => each.type === type).map(({ fields }) => fields);
    const common = {
      sensor: 'stowaway',
      time: new Date(event.time * 1000).toISOString(),
      // Audit counts milliseconds of wall time only.
      monotonic_ns: null,
      pid: Number(call.pid),
      name: auditText(call.comm),
      container,
    };
    if (isExec) this.#exec(event, call, of, common);
    else this.#connect(call, of('SOCKADDR'), common);
  }

  #exec(event: AuditEvent, call: Fields, of: (type: string) => Fields[], common: object): void {
    const given = of('PATH').find(({ item }) => item === '0');
    const file = auditText(given?.name);
    if (call.success !== 'yes') {
      const error = errnoName(-Number(call.exit));
      this.around.emit({
        ...common,
        record: 'exec_failed',
        cgroup: '',
        file,
        file_complete: file !== '',
        error,
      });
      return;
    }
    const { argv, isComplete } = auditArguments(event);
    this.around.emit({
      ...common,
      record: 'exec',
      ppid: Number(call.ppid),
      uid: Number(call.uid),
      parent: '',
      cgroup: '',
      file,
      file_complete: file !== '',
      argv,
      argv_complete: isComplete,
    });
  }

  #connect(call: Fields, addresses: Fields[], common: object): void {
    const to = auditAddress(addresses[0]?.saddr);
    if (to === null) return;
    this.around.emit({
      ...common,
      record: 'connect',
      cgroup: '',
      // Its own end is not told.
      source: '',
      source_port: 0,
      destination: to.address,
      destination_port: to.port,
      established: call.success === 'yes',
    });
  }

  #containerOf(call: Fields): string {
    const [own, parent] = [Number(call.pid), Number(call.ppid)];
    const known =
      this.around.containerOf(own) ??
      this.#containers.get(own) ??
      (this.#containers.get(parent) ||
        this.around.containerOf(parent) ||
        this.around.containerServedBy(parent));
    if (known === '' && this.around.containerOf(own) === null) this.orphans += 1;
    this.#containers.delete(own);
    this.#containers.set(own, known);
    if (this.#containers.size > MOST_REMEMBERED)
      this.#containers.delete(this.#containers.keys().next().value!);
    return known;
  }
}
