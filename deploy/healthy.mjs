// Ends with 0 when the server of this state folder says that it is ready: for a container's health check.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';

const { url } = JSON.parse(readFileSync(join(process.env.STOWAWAY_SERVE_STATE, 'local.json'), 'utf8'));
const { get } = url.startsWith('https:') ? https : http;
// It asks itself: the certificate is for the names others know it by.
get(`${url}/readyz`, { rejectUnauthorized: false, timeout: 3000 }, ({ statusCode }) => {
  process.exit(statusCode === 200 ? 0 : 1);
})
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
