import { EngineError } from '../engine/engine.js';
import { ApplyError } from '../respond/apply.js';
import { LedgerError } from '../respond/ledger.js';
import { LockedError } from '../respond/lock.js';
import { RefusedError } from '../respond/surroundings.js';
import { Refusal } from './refusal.js';

const AGAIN_SECONDS = 5;

/** What a response is refused for is told in full; what an engine or a ledger says, in its own line. */
export async function asRefusal<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RefusedError) throw new Refusal(409, error.message, null, error.reasons);
    if (error instanceof LockedError) throw new Refusal(503, error.message, AGAIN_SECONDS);
    if (error instanceof EngineError)
      throw new Refusal(503, `${error.message}; ${whatToDo(error)}`, AGAIN_SECONDS);
    if (error instanceof ApplyError || error instanceof LedgerError || isOfFolder(error))
      throw new Refusal(503, (error as Error).message, AGAIN_SECONDS);
    throw error;
  }
}

const whatToDo = ({ status }: EngineError): string =>
  status === 0
    ? 'start it, or say in respond.engine_socket where it listens'
    : 'this is the engine’s answer; nothing more was done';

/** A folder of ledger and evidence that cannot be made or read. */
const isOfFolder = (error: unknown): boolean =>
  ['EACCES', 'EROFS', 'ENOSPC', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
