import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeptFindings } from '../../live/kept-findings.js';
import { openLiveStore } from '../../live/open-store.js';
import { DEFAULT_CONFIG } from '../../model/config.js';
import { readContent } from '../../pipeline.js';
import { ITS_FINDING, OneContainer } from '../../respond/testing/one-container.js';
import type { Store } from '../../store/store.js';
import { openJudging } from '../../work/judging.js';
import { openLog } from '../log.js';
import { ROLE_NAMES, type Role } from '../roles.js';
import { MemoryFindings, startTestServer, type TestServer } from './stand-ins.js';

const UID = 'a1';
const MINUTE_MS = 60_000;
const EVIDENCE =
  "SELECT now64(6) AS time, 'zeek-conn' AS source, 'traffic' AS class, 'x' AS text, 'conn.log' AS file, 1 AS line";

/**
 * A server whose questions reach the real engine, with one finding about one container of a fake engine, a plan, and an allowance. The
 * clock of its limits goes a minute ahead whenever it is looked at: no request waits for those before.
 */
export async function startOverStore() {
  const folder = await mkdtemp(join(tmpdir(), 'stowaway-hostile-'));
  const store = await openLiveStore({ path: join(folder, 'store') });
  await keepFinding(store);
  const logged: string[] = [];
  const log = openLog({ write: (line) => void logged.push(line) });
  const { answers } = await openJudging({
    ...{ store, journal: null, content: await readContent({}), config: DEFAULT_CONFIG, stateFolder: folder },
    ...{ missing: () => [], environment: () => undefined, onProblem: () => {}, log },
  });
  const one = await OneContainer.open('apply');
  let clock = Date.now();
  const server = await startTestServer({
    ...{ ...answers, responder: one.responder, log },
    now: () => {
      clock += MINUTE_MS;
      return new Date(clock);
    },
    bounds: { bodyBytes: 2_000_000, plainBytes: 4_000_000 },
  });
  server.journal.keep = false;
  return {
    ...{ server, logged, names: await namesIn(server) },
    ...{ secrets: await secretsOf(server), strangers: await strangersTo(server) },
    async end() {
      await server.end();
      await one.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function keepFinding(store: Store): Promise<void> {
  const finding = { ...ITS_FINDING, destinations: [...ITS_FINDING.destinations], evidence_query: EVIDENCE };
  const kept = new MemoryFindings().add(UID, finding);
  const findings = await KeptFindings.in(store);
  await findings.inTurn(() => findings.keep([{ kept, event: null, detail: null }]));
}

/** What a name in a path may be so that something is there: a finding, a strategy, a plan, an allowance, a token. */
async function namesIn(server: TestServer): Promise<string[]> {
  const made = async (path: string, body: object): Promise<Record<string, never>> => {
    const answer = await server.call(`/api/v1${path}`, server.admin, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (answer.status !== 201) throw new Error(await answer.text());
    return (await answer.json()) as Record<string, never>;
  };
  const [plan, allowance] = [
    await made(`/findings/${UID}/responses`, { action: 'pause' }),
    await made('/allowances', { workload: 'web', reason: 'fuzz', owner: 'ops', expires: '2099-01-01' }),
  ] as unknown as { response: { hash: string }; id: string }[];
  const { token } = await server.tokens.create({ holder: 'nobody', role: 'viewer' });
  return [UID, 'T1567-exfiltration-over-web-service', plan!.response.hash, allowance!.id, token.id];
}

/** A token of each role. */
async function secretsOf({ secretOf }: TestServer): Promise<Record<Role, string>> {
  const secrets = await Promise.all(ROLE_NAMES.map(async (role) => [role, await secretOf(role)] as const));
  return Object.fromEntries(secrets) as Record<Role, string>;
}

/** Authorization headers that open nothing: none, foreign, revoked, expired, and what is no token at all. */
async function strangersTo({ tokens, admin }: TestServer): Promise<string[]> {
  const revoked = await tokens.create({ holder: 'gone', role: 'admin' });
  await tokens.revoke(revoked.token.id);
  const soon = new Date(Date.now() + 100).toISOString();
  const expired = await tokens.create({ holder: 'over', role: 'admin', expires: soon });
  await sleep(150);
  const secrets = [revoked.secret, expired.secret, `stow_${'A'.repeat(43)}`, `${admin}x`, admin.slice(0, -1)];
  return [
    ...['', 'Bearer', `Digest ${admin}`, admin, `Bearer ${admin} ${admin}`, `Bearer ${'x'.repeat(8000)}`],
    ...[`Basic ${Buffer.from('a:b').toString('base64')}`, 'ApiKey %%%', "Bearer ' OR 1=1"],
    ...secrets.map((secret) => `Bearer ${secret}`),
  ];
}
