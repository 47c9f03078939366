// A git server of the lab: git's own http-backend behind Node. It counts what it is sent as sink.mjs does.
// usage: node git-http.mjs ADDRESS PORT LOG REPOSITORIES ACCESS_LOG
// ACCESS_LOG gets a line a request in the combined format, with the length of the request at its end as nginx's $request_length.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { counter } from './counter.mjs';

const [address, port, log, repositories, accessLog] = process.argv.slice(2);

createServer((request, response) => {
  // What containers send need not be a path: `//` is none.
  if (!URL.canParse(request.url, 'http://git')) return response.writeHead(400).end();
  const { pathname, search } = new URL(request.url, 'http://git');
  const from = request.socket.remoteAddress;
  const started = new Date();
  let [sent, received] = [0, 0];
  const counted = counter(log, {
    from,
    service: `git://${address}:${port}`,
    method: request.method,
    path: pathname,
  });
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: repositories,
      GIT_HTTP_EXPORT_ALL: '1',
      REMOTE_ADDR: from,
      REQUEST_METHOD: request.method,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      CONTENT_LENGTH: request.headers['content-length'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: request.headers['git-protocol'] ?? '',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  backend.stdin.on('error', () => undefined);
  request.on('data', (chunk) => {
    received += chunk.length;
    counted.add(chunk.length);
  });
  request.on('end', counted.tell);
  request.pipe(backend.stdin);
  let head = Buffer.alloc(0);
  backend.stdout.on('data', (chunk) => {
    if (head === null) {
      sent += chunk.length;
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const fields = head
      .subarray(0, end)
      .toString('latin1')
      .split('\r\n')
      .map((line) => line.split(/:\s*/, 2));
    const status = fields.find(([name]) => name.toLowerCase() === 'status');
    response.writeHead(
      status ? Number.parseInt(status[1], 10) : 200,
      Object.fromEntries(fields.filter((field) => field !== status)),
    );
    const rest = head.subarray(end + 4);
    head = null;
    sent += rest.length;
    response.write(rest);
  });
  backend.on('close', () => {
    if (head !== null) response.writeHead(500);
    response.end();
    const line = `${from} - - [${clfTime(started)}] "${request.method} ${request.url} HTTP/${request.httpVersion}" ${response.statusCode} ${sent} "-" "${request.headers['user-agent'] ?? '-'}" ${received}\n`;
    appendFileSync(accessLog, line);
  });
}).listen({ host: address, port: Number(port) }, () => console.log('listening'));

/** 21/Nov/2026:03:39:39 +0000 */
function clfTime(time) {
  const [, day, month, year, clock] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(time.toUTCString());
  return `${day}/${month}/${year}:${clock} +0000`;
}
