import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { guardedSockets, type SocketRules } from './sockets.js';

const strict = { tls: {}, reach: { allow_private: false, insecure: false }, isLocal: false };
const lookups = (...addresses: string[]) => ({
  environment: () => undefined,
  resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
});

/** What a socket to a broker says: '' when it was connected. */
const reach = (rules: SocketRules, host: string, { port = 9, addresses = ['203.0.113.9'] } = {}) =>
  new Promise<string>((resolve) => {
    const onConnect = () => {
      socket.destroy();
      resolve('');
    };
    const socket = guardedSockets(rules, lookups(...addresses))({ host, port, ssl: {}, onConnect });
    socket.on('error', ({ message }) => resolve(message));
  });

test.each([
  ['169.254.169.254', strict, 'no receiver may be'],
  ['169.254.169.254', { ...strict, reach: { allow_private: true, insecure: true } }, 'no receiver may be'],
  ['10.0.0.1', strict, 'allow_private: true'],
  ['127.0.0.1', strict, 'leads to loopback'],
  ['localhost', strict, 'leads to loopback'],
  ['', strict, 'leads to loopback'],
  ['203.0.113.9', { ...strict, tls: null }, 'not encrypted'],
  ['203.0.113.9', { ...strict, tls: null, isLocal: true }, 'not encrypted'],
  ['10.0.0.1', { ...strict, isLocal: true }, 'allow_private: true'],
])('a broker that says it is %j is not connected to under %j', async (host, rules, words) => {
  expect(await reach(rules, host, { addresses: ['127.0.0.1'] })).toContain(words);
});

test('a name counts by all its addresses', async () => {
  expect(await reach(strict, 'broker.example', { addresses: ['203.0.113.9', '192.168.0.1'] })).toContain(
    '192.168.0.1 is private',
  );
});

test('brokers of this host, stated by name, are connected to in the clear', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const rules = { ...strict, tls: null, isLocal: true };
  expect(await reach(rules, '127.0.0.1', { port })).toBe('');
  expect(await reach(rules, 'localhost', { port, addresses: ['127.0.0.1'] })).toBe('');
  server.close();
});
