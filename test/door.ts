import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Door extends AsyncDisposable {
  port: number;
}

/**
 * A way to a port on which connections end in order. A node that has read enough resets the connection to the other, which a server takes
 * lightly, but the library does not: it aborts, since it handles no errors of connections that nobody asks anything of.
 */
export async function openDoor(to: number): Promise<Door> {
  const sockets = new Set<Socket>();
  const door = createServer({ allowHalfOpen: true }, (from) => {
    const onward = connect(to, '127.0.0.1');
    for (const [one, other] of [
      [from, onward],
      [onward, from],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        other.end();
        sockets.delete(one);
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((listening) => door.listen(0, '127.0.0.1', listening));
  return {
    port: (door.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      door.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
