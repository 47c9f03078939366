import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examineVisibility } from '../src/detect/visibility.js';
import { contentFolder } from '../src/model/paths.js';
import { readStrategies } from '../src/model/strategies.js';
import { type Bench, openBench } from './embedded-store.js';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

/** A request as Suricata tells it, with the headers it was told to keep. */
const request = (headers: { name: string; value: string }[]) =>
  JSON.stringify({
    timestamp: '2026-11-21T08:00:00.000000+0000',
    flow_id: headers.length,
    event_type: 'http',
    ...{ src_ip: '10.20.0.15', src_port: 41200, dest_ip: '198.51.100.10', dest_port: 80, proto: 'TCP' },
    http: { hostname: 'up.example.net', url: '/', http_method: 'PUT', length: 3, request_headers: headers },
  });

async function whyBlind(): Promise<string | undefined> {
  const strategies = await readStrategies(contentFolder('strategies'));
  const seen = await examineVisibility(bench.store, strategies, bench.sources);
  return seen.flatMap((one) => one.blindAnalytics).find((one) => one.id === 'large-request-body')?.reason;
}

test('who needs the sizes of requests is blind until a log has them', async () => {
  expect(await whyBlind()).toMatch(/^no HTTP logs \(would come from [^)]+\)$/);
  const log = join(bench.folder, 'http.json');
  writeFileSync(log, `${request([])}\n`);
  await bench.ingest(log);
  expect(await whyBlind()).toMatch(/^no sizes of HTTP requests \(would come from [^)]*zeek-http/);
  writeFileSync(log, `${request([{ name: 'Content-Length', value: '5' }])}\n`);
  await bench.ingest(log);
  expect(await whyBlind()).toBeUndefined();
});
