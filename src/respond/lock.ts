import { realpath } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { sha256 } from './canonical.js';

/** Another process is at work on the same state folder. */
export class LockedError extends Error {
  override name = 'LockedError';
}

/**
 * A lock on a folder that the kernel lets go of when its holder dies, however it dies: a listening socket in the
 * abstract name space. A lock file would outlive `kill -9`, and taking over a dead one is a race. Processes in different
 * network namespaces do not see each other's; Stowaway itself stays in the one it was started in.
 */
export async function lockFolder(
  folder: string,
): Promise<<T>(work: () => Promise<T>, waitMs: number) => Promise<T>> {
  const name = `\0stowaway-respond-${sha256(await realpath(folder)).slice(0, 32)}`;
  return async (work, waitMs) => {
    const until = Date.now() + waitMs;
    let server = await tryListen(name);
    while (!server && Date.now() < until) {
      await sleep(50);
      server = await tryListen(name);
    }
    if (!server) throw new LockedError('another `stowaway respond` is at work on this state folder');
    try {
      return await work();
    } finally {
      const held = server;
      await new Promise((done) => held.close(done));
    }
  };
}

function tryListen(name: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    server.listen(name, () => resolve(server));
  });
}
