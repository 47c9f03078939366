import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runEmulation, settled } from '../src/emulate/run.js';
import { ConfigSchema } from '../src/model/config.js';
import { type Emulation, readEmulations } from '../src/model/emulation.js';
import type { FindingPage } from '../src/model/live.js';
import { contentFolder } from '../src/model/paths.js';
import { type Serving, serve } from '../src/serve.js';
import { openLog } from '../src/server/log.js';
import { whySkip } from './live-lab.js';

/** A real container uploads a file under a real engine; a running server finds it, and tells it once. */

const skipped = await whySkip('a server beside real containers', ['conntrack']);

let folder: string;
let receiver: Server;
const told: { what: string; entity: string; status: number }[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-serve-'));
  receiver = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const { what, alert } = JSON.parse(text);
      told.push({ what, entity: alert?.finding?.entity?.name ?? '', status: 200 });
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

const configOf = (logs: string) =>
  ConfigSchema.parse({
    inputs: { host: false, tail: [logs] },
    serve: { listen: '127.0.0.1:0', tick_seconds: 1 },
    notify: {
      channels: [
        {
          name: 'soc',
          type: 'webhook',
          url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`,
          insecure: true,
          allow_private: true,
        },
      ],
    },
  });

async function openFindings({ url, localToken }: Serving): Promise<FindingPage> {
  const answer = await fetch(`${url}/api/v1/findings?state=open`, {
    headers: { authorization: `Bearer ${localToken}` },
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as FindingPage;
}

test.skipIf(skipped !== null)(
  'an upload is found while it goes on, and the webhook is told once',
  async () => {
    const emulation = (await readEmulations(contentFolder('strategies'))).find(
      ({ id }) => id === 'curl-put',
    ) as Emulation;
    const { value } = await runEmulation(emulation, { engines: ['docker'] }, async (live) => {
      const running = await serve({
        config: configOf(live.logs),
        configFolder: '/',
        stateFolder: join(folder, 'state'),
        environment: () => undefined,
        log: openLog(process.stderr, 'warn'),
      });
      try {
        const over = settled(live);
        let page = await openFindings(running);
        for (let waited = 0; page.total === 0 && waited < 90; waited += 1) {
          await sleep(1000);
          page = await openFindings(running);
        }
        await over;
        // Whatever else is to be told has been told by then.
        await sleep(5000);
        return { page: await openFindings(running), status: running.status() };
      } finally {
        await running.stop();
      }
    });
    expect(value.status.ticks).toMatchObject({ failed: 0, last_error: null });
    expect(value.status.mismatches).toBe(0);
    const expected = emulation.expect.findings.map(({ strategy, entity }) => `${strategy} ${entity}`);
    const found = value.page.findings.map(({ finding }) => `${finding.strategy} ${finding.entity.name}`);
    expect(found).toEqual(expect.arrayContaining(expected));
    const opened = told.filter(({ what }) => what === 'opened').map(({ entity }) => entity);
    expect(new Set(opened).size).toBe(opened.length);
    expect(opened).toEqual(expect.arrayContaining(emulation.expect.findings.map(({ entity }) => entity)));
  },
  240_000,
);
