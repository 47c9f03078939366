// An image registry of the lab: Docker's own, with its notifications and its access log kept in files.
// usage: node registry.mjs ADDRESS PORT STORAGE CONFIG NOTIFICATIONS ACCESS_LOG
// NOTIFICATIONS gets each envelope that the registry posts, one a line; ACCESS_LOG what it writes by itself.
import { spawn } from 'node:child_process';
import { appendFileSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [address, port, storage, config, notifications, accessLog] = process.argv.slice(2);

const endpoint = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const envelope = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    appendFileSync(notifications, `${JSON.stringify(envelope)}\n`);
    response.writeHead(200).end();
  });
});

endpoint.listen({ host: '127.0.0.1', port: 0 }, () => {
  const url = `http://127.0.0.1:${endpoint.address().port}/`;
  writeFileSync(
    config,
    JSON.stringify({
      version: '0.1',
      log: { level: 'warn' },
      storage: { filesystem: { rootdirectory: storage } },
      http: { addr: `${address}:${port}` },
      notifications: { endpoints: [{ name: 'lab', url, timeout: '2s', threshold: 5, backoff: '1s' }] },
    }),
  );
  const registry = spawn('docker-registry', ['serve', config], {
    stdio: ['ignore', openSync(accessLog, 'a', 0o600), 'ignore'],
  });
  const end = () => registry.kill();
  process.on('SIGTERM', end);
  registry.on('exit', (code) => process.exit(code ?? 0));
  registry.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
});
