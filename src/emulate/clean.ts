import { markOf } from './lab/commands.js';
import { LabLedger } from './lab/ledger.js';

/** Removes labs whose process is gone. Labs in use are left alone and named. */
export async function clean(): Promise<{ removed: string[]; in_use: string[] }> {
  const removed: string[] = [];
  const inUse: string[] = [];
  for (const ledger of await LabLedger.all()) {
    const isAlive = (await markOf(ledger.owner.pid))?.startedAt === ledger.owner.startedAt;
    if (isAlive) {
      inUse.push(ledger.id);
    } else {
      await ledger.remove();
      removed.push(ledger.id);
    }
  }
  return { removed, in_use: inUse };
}
