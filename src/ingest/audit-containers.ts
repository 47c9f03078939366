/** A system call as far as it tells whose it was. */
export interface AuditCall {
  node: string;
  pid: string;
  ppid: string;
  /** Set where a program was started. */
  exec?: { program: string; argv: string[]; device: string };
}

interface Process {
  ppid: string;
  container: string;
  /** What its children belong to: of an engine's helper, the container it was told to serve. */
  hands: string;
  isHelper: boolean;
}

/** Where hosts have what starts containers: `exe` is a path within the container for a process of one. */
const HELPER = /^\/(?:usr\/)?(?:local\/)?(?:s?bin|libexec(?:\/podman)?|lib\/podman)\/([\w.-]+)$/;
const ID = /^[0-9a-f]{64}$/;
/** The processes of a busy host; what started before them and still runs is forgotten. */
const MOST_PROCESSES = 65_536;

/**
 * Tells containers apart by the family tree in the log itself: the kernel's audit knows none, but those who start containers are given an id on their
 * command line, and their children are that container's. Says nothing of what began before the log.
 */
export class AuditContainers {
  readonly #processes = new Map<string, Process>();

  /** Id of the container the call was made in; '' for the host and where nobody can tell. Calls come in their order. */
  of({ node, pid, ppid, exec }: AuditCall): string {
    const parent = this.#processes.get(`${node} ${ppid}`);
    const known = this.#processes.get(`${node} ${pid}`);
    // A number may have come round to another process: one with another parent is the same only where parents change, by adoption.
    const isSame = known?.ppid === ppid || (parent ? parent.isHelper : !exec);
    const own = known && isSame ? known : null;
    const isHelper = exec ? !parent?.hands && isTrusted(exec) : (own?.isHelper ?? false);
    const container = isHelper || isInit(exec, parent) ? '' : (parent?.hands ?? '') || (own?.container ?? '');
    const hands = !isHelper ? container : exec ? servedBy(exec) : own!.hands;
    this.#note(`${node} ${pid}`, { ppid, container, hands, isHelper });
    return container;
  }

  /** The host starts anew, and counts anew. */
  forget(): void {
    this.#processes.clear();
  }

  #note(key: string, process: Process): void {
    this.#processes.delete(key);
    this.#processes.set(key, process);
    if (this.#processes.size > MOST_PROCESSES) this.#processes.delete(this.#processes.keys().next().value!);
  }
}

/** Anybody may call a program runc: the host's lies on a disk, a container's on an overlay, whose device has the major number 0. */
const isTrusted = ({ program, device }: NonNullable<AuditCall['exec']>): boolean =>
  /^(?:runc|crun|youki|conmon|containerd-shim-runc-v2)$/.test(HELPER.exec(program)?.[1] ?? '') &&
  /^(?!00:)[0-9a-f]{2,}:/.test(device);

/** What a runtime runs before it becomes the container's first program. */
const isInit = (exec: AuditCall['exec'], parent: Process | undefined): boolean =>
  (parent?.isHelper ?? false) && exec?.argv.length === 2 && exec.argv[1] === 'init';

function servedBy({ program, argv }: NonNullable<AuditCall['exec']>): string {
  const after = (...options: string[]): string =>
    argv[argv.findIndex((word) => options.includes(word)) + 1] ?? '';
  const has = (option: string): boolean => argv.includes(option);
  let id = argv.findLast((word) => ID.test(word)) ?? '';
  if (program.endsWith('/conmon')) id = has('-c') || has('--cid') ? after('-c', '--cid') : '';
  // Of Kubernetes, one helper serves all containers of a pod: only Docker's is told which it is.
  if (program.endsWith('-shim-runc-v2'))
    id = has('-id') && after('-namespace') === 'moby' ? after('-id') : '';
  return ID.test(id) ? id : '';
}
