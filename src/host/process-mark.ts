import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process as nobody else will be it: its id, and when it started in clock ticks since boot, since ids are used again. */
export interface ProcessMark {
  pid: number;
  startedAt: string;
}

/** Null when there is no such process. */
export function markOf(pid: number): ProcessMark | null {
  const startedAt = fieldsOf(pid)[19];
  return startedAt === undefined ? null : { pid, startedAt };
}

export const isAlive = (mark: ProcessMark): boolean => markOf(mark.pid)?.startedAt === mark.startedAt;

/** Alive, and not only waiting for its parent to ask how it ended. */
export const isRunning = (mark: ProcessMark): boolean => isAlive(mark) && !isZombie(mark.pid);

/** Ends a process if it is still the one that was marked: TERM first, KILL when it has not gone within the time. */
export async function endMarked(mark: ProcessMark, patienceMs = 15_000): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!isAlive(mark)) return;
    try {
      process.kill(mark.pid, signal);
    } catch {
      return;
    }
    const until = Date.now() + (signal === 'SIGTERM' ? patienceMs : 2_000);
    while (Date.now() < until && isAlive(mark) && !isZombie(mark.pid)) await sleep(50);
    if (isZombie(mark.pid)) return;
  }
}

/** Processor time of a process's children that have ended, in seconds, right to a hundredth; 0 when it is gone itself. */
export function endedChildrenSeconds(pid: number): number {
  const fields = fieldsOf(pid);
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) / 100;
}

const isZombie = (pid: number): boolean => fieldsOf(pid)[0] === 'Z';

/** /proc/PID/stat from the state on: a name may hold spaces and brackets. */
function fieldsOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
