import { isAlive } from '../host/process-mark.js';
import { LabLedger } from './lab/ledger.js';

/** Removes labs whose process is gone. Labs in use are left alone and named. */
export async function clean(): Promise<{ removed: string[]; in_use: string[] }> {
  const removed: string[] = [];
  const inUse: string[] = [];
  for (const ledger of await LabLedger.all()) {
    if (isAlive(ledger.owner)) {
      inUse.push(ledger.id);
    } else {
      await ledger.remove();
      removed.push(ledger.id);
    }
  }
  return { removed, in_use: inUse };
}
