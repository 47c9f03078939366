import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAllAds } from '../../ads/folder.js';
import { contentFolder } from '../../model/paths.js';
import { openLedger } from '../ledger.js';
import { lockFolder } from '../lock.js';
import { Responder, type ResponseMode } from '../responder.js';
import type { Surroundings } from '../surroundings.js';
import { type FakeContainer, FakeWorld } from './fake-world.js';

const ID = 'c'.repeat(64);
const NETWORK = 'e'.repeat(64);
const STRATEGY = 'T1567-exfiltration-over-web-service';

/** What a finding about the one container says. */
export const ITS_FINDING = {
  entity: { kind: 'workload', name: 'web', ip: '10.0.0.2', container_uid: ID, image: 'web:1' },
  attribution: { method: 'ip+time', confidence: 0.95 },
  destinations: [{ ip: '198.51.100.10', port: 443, domain: 'up.example', bytes_out: 1e8 }],
} as const;

const newContainer = (): FakeContainer => ({
  ...{ id: ID, name: 'web', image: 'web:1', image_digest: `sha256:${'d'.repeat(64)}`, labels: {} },
  ...{
    is_running: true,
    is_paused: false,
    pid: 100,
    started_at: '2026-11-21T09:00:00Z',
    mode: 'net',
    nsid: 7,
  },
  ...{ command: ['sleep'], restart_policy: { name: 'no', retries: 0 } },
  networks: new Map([[NETWORK, { ipv4: '10.0.0.2', aliases: [] }]]),
});

/** A responder over one container in memory, with a real ledger and lock. */
export class OneContainer {
  private constructor(
    readonly container: FakeContainer,
    readonly world: FakeWorld,
    readonly surroundings: Surroundings,
    readonly responder: Responder,
    readonly folder: string,
  ) {}

  static async open(mode: ResponseMode, more: Partial<Surroundings> = {}): Promise<OneContainer> {
    const folder = await mkdtemp(join(tmpdir(), 'stowaway-responses-'));
    const container = newContainer();
    const state = {
      containers: new Map([[ID, container]]),
      networks: new Map([[NETWORK, { id: NETWORK, name: 'front' }]]),
      ...{ tables: new Map(), images: [] },
    };
    const world = new FakeWorld(state, null);
    const ads = await readAllAds(contentFolder('strategies'));
    const { playbook } = ads.find(({ id }) => id === STRATEGY)!;
    const ledger = await openLedger(folder, async (work, waitMs) => (await lockFolder(folder))(work, waitMs));
    const surroundings = { ...world.surroundings(playbook), ledger, ...more };
    const responder = new Responder({ mode, open: async () => surroundings, hasLedger: async () => true });
    return new OneContainer(container, world, surroundings, responder, folder);
  }

  /** Changes of the world so far. */
  get touched(): string[] {
    return this.world.touched.map(({ what }) => what);
  }

  async close(): Promise<void> {
    await this.responder.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
