// A server of the lab that takes whatever it is sent, counts it and says when.
// usage: node sink.mjs KIND ADDRESS PORT LOG [KEY CERTIFICATE]   KIND: http, https, tcp, udp, dns
// LOG gets one JSON line per stretch of bytes received: { time (epoch seconds), from, service, method, path, bytes, total }.
// GET /bytes/N answers with N random bytes; everything else gets {"ok":true}. dns answers each question with "no such name".
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { counter, TELL_EVERY_MS } from './counter.mjs';

const [kind, address, port, log, key, certificate] = process.argv.slice(2);
const service = `${kind}://${address}:${port}`;

function answer(request, response) {
  const from = request.socket.remoteAddress;
  const received = counter(log, { from, service, method: request.method, path: request.url });
  // The request line carries data, too: names and cookies are an attacker's to fill.
  received.add(request.url.length + (request.headers.cookie?.length ?? 0));
  request.on('data', (chunk) => received.add(chunk.length));
  request.on('error', () => received.tell());
  request.on('end', () => {
    received.tell();
    const wanted = /^\/bytes\/(\d{1,9})$/.exec(request.url);
    if (!wanted) return response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}\n');
    let left = Number(wanted[1]);
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': left });
    const block = randomBytes(65_536);
    const write = () => {
      while (left > 0) {
        const size = Math.min(left, block.length);
        left -= size;
        if (!response.write(block.subarray(0, size))) return response.once('drain', write);
      }
      response.end();
    };
    write();
  });
}

const servers = {
  http: () => createServer(answer),
  https: () => createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, answer),
  tcp: () =>
    createTcpServer((socket) => {
      const received = counter(log, { from: socket.remoteAddress, service, method: '', path: '' });
      socket.on('data', (chunk) => received.add(chunk.length));
      socket.on('close', received.tell);
      socket.on('error', received.tell);
    }),
};

/** The same question with the answer that there is no such name; what followed the question is dropped. */
function noSuchName(query) {
  let end = 12;
  while (query[end] > 0) end += query[end] + 1;
  const answer = Buffer.from(query.subarray(0, end + 5));
  answer.writeUInt16BE(0x8183, 2);
  answer.writeUInt16BE(1, 4);
  answer.fill(0, 6, 12);
  return answer;
}

if (kind === 'udp' || kind === 'dns') {
  const senders = new Map();
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    const name = `${from.address}:${from.port}`;
    if (!senders.has(name))
      senders.set(name, counter(log, { from: from.address, service, method: '', path: '' }));
    senders.get(name).add(message.length);
    if (kind === 'dns' && message.length > 16) socket.send(noSuchName(message), from.port, from.address);
  });
  setInterval(() => {
    for (const sender of senders.values()) sender.tell();
  }, TELL_EVERY_MS);
  socket.bind(Number(port), address, () => console.log('listening'));
} else {
  const server = servers[kind]();
  // A request may last as long as its sender likes: tunnels do.
  server.requestTimeout = 0;
  server.listen({ host: address, port: Number(port), backlog: 1024 }, () => console.log('listening'));
}
