import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../model/config.js';
import { LEDGER_FILE } from '../respond/ledger.js';
import { openWorld } from '../respond/open-world.js';
import type { Recovery } from '../respond/recover.js';
import { Responder } from '../respond/responder.js';
import type { AuditLog } from './audit-log.js';
import type { Logger } from './log.js';

interface Place {
  /** Of ledger and evidence; null where nothing is to be contained, as in a demo. */
  folder: string | null;
  /** Folders of strategies of somebody's own. */
  strategies: readonly string[];
}

export function openResponder({ folder, strategies }: Place, config: Config): Responder {
  const own = folder ?? '';
  return new Responder({
    mode: folder === null ? 'off' : config.serve.responses,
    open: () => openWorld(own, config.respond, strategies),
    hasLedger: async () => existsSync(join(own, LEDGER_FILE)),
  });
}

/** What ended by itself: in the log and, under our own name, in the audit log. What could not is told once, not with each attempt. */
export function tellRecovery(audit: AuditLog, log: Logger): (recovery: Recovery) => void {
  let told = '';
  return ({ did, problems }) => {
    for (const why of did) {
      log.info({ did: why }, 'response');
      const entry = { who: 'stowaway', token: '', what: 'response.recover', detail: { why }, from: '' };
      audit
        .append({ ...entry, target: why.split(':', 1)[0]! })
        .catch((error: unknown) => log.error({ error: String(error) }, 'the audit log cannot be written'));
    }
    const text = problems.join('; ');
    if (text !== told && text !== '')
      log.warn({ problems }, 'a response could not be recovered; it is tried again');
    told = text;
  };
}
