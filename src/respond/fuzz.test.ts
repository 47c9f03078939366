import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readAllAds } from '../ads/folder.js';
import { contentFolder } from '../model/paths.js';
import { ApplyError, applyPlan } from './apply.js';
import { approvePlan, revertPlan } from './approve.js';
import { canonicalJson } from './canonical.js';
import { parseFindings, type RespondFinding } from './finding.js';
import { ACTIONS, type Plan } from './plan.js';
import { propose } from './propose.js';
import { recover } from './recover.js';
import { responsesOf } from './responses.js';
import { RefusedError, type Surroundings } from './surroundings.js';
import {
  cgroupPathOf,
  type FakeContainer,
  type FakeState,
  FakeWorld,
  snapshot,
  vethOf,
} from './testing/fake-world.js';

const PLANS = 10_000;

/** mulberry32: the same plans in each run. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

class Dice {
  readonly #next: () => number;
  constructor(seed: number) {
    this.#next = randomOf(seed);
  }
  below = (limit: number): number => Math.floor(this.#next() * limit);
  chance = (probability: number): boolean => this.#next() < probability;
  pick = <T>(choices: readonly T[]): T => choices[this.below(choices.length)]!;
  hex = (length: number): string => Array.from({ length }, () => this.below(16).toString(16)).join('');
}

const NAMES = [
  'app',
  'app1',
  'app-1',
  'App1',
  'app1 ',
  '$(reboot)',
  '`id`',
  'a; nft flush ruleset',
  '../../../etc/passwd',
  'x\n/containers/y/kill',
  '--all',
  '-',
  '\u202egnp.exe',
  '\u001b[2J',
  '"} } ; delete table inet filter',
  '*',
  '',
  '__proto__',
  'stowaway',
  '\ud800',
];
const IDS = [
  '',
  '..',
  '../../networks/x',
  '%2e%2e',
  'a'.repeat(63),
  'A'.repeat(64),
  '*',
  'x?force=1',
  '0'.repeat(65),
];
const ADDRESSES = [
  '10.0.0.2',
  '10.0.0.3',
  '10.0.0.4',
  '10.0.1.2',
  '127.0.0.1',
  '10.0.0.2 }; drop',
  '::1',
  '',
];
const MODES = ['net', 'net', 'net', 'net', 'net', 'net', 'host', 'none', 'shared'];

function makeState(dice: Dice): FakeState {
  const networks = new Map(
    ['front', 'back', '../x', 'host; reboot'].map((name) => {
      const id = dice.hex(64);
      return [id, { id, name }];
    }),
  );
  const containers = new Map<string, FakeContainer>();
  const sharedStart = dice.hex(12);
  for (let index = 0; index < 2 + dice.below(4); index++) {
    const id = dice.chance(0.3) ? sharedStart + dice.hex(52) : dice.hex(64);
    const before = [...containers.values()].find((each) => each.mode === 'net');
    const mode = dice.pick(MODES);
    const isShared = mode === 'shared' && before !== undefined;
    containers.set(id, {
      id,
      name: dice.pick(NAMES),
      image: dice.pick(['web:1', 'web:1', 'web:2', '$(x)']),
      image_digest: `sha256:${dice.hex(64)}`,
      labels: dice.chance(0.05) ? { 'stowaway.protected': 'true' } : { team: dice.pick(NAMES) },
      is_running: !dice.chance(0.05),
      is_paused: dice.chance(0.05),
      pid: 100 + index,
      started_at: '2026-11-21T09:00:00Z',
      mode: isShared ? `container:${before.id}` : mode === 'shared' ? 'net' : mode,
      nsid: mode === 'host' ? 999 : isShared ? before.nsid : index,
      command: ['sh', '-c', dice.pick(NAMES)],
      restart_policy: dice.pick([
        { name: 'no', retries: 0 },
        { name: 'always', retries: 0 },
        { name: 'unless-stopped', retries: 0 },
        { name: 'on-failure', retries: 5 },
      ]),
      networks: new Map(
        mode === 'host' || mode === 'none' || isShared
          ? []
          : [...networks.keys()].slice(0, 1 + dice.below(3)).map((network) => [
              network,
              {
                ipv4: dice.pick(ADDRESSES.slice(0, 4)),
                aliases: [...(dice.chance(0.5) ? [dice.pick(NAMES)] : []), id.slice(0, 12)],
              },
            ]),
      ),
    });
  }
  return { containers, networks, tables: new Map(), images: [] };
}

/** Mostly true, sometimes wrong in one or more places. */
function makeFinding(dice: Dice, state: FakeState): RespondFinding {
  const about = dice.pick([...state.containers.values()]);
  const lie = <T>(truth: T, lies: readonly T[]): T => (dice.chance(0.06) ? dice.pick(lies) : truth);
  const others = [...state.containers.values()];
  const text = JSON.stringify({
    version: 1,
    findings: [
      {
        uid: `f${dice.hex(12)}`,
        strategy: dice.pick(['T1020-automated-exfiltration', 'T1567-exfiltration-over-web-service']),
        technique: 'T1020',
        title: dice.pick(NAMES),
        severity: 'high',
        score: 0.9,
        entity: {
          kind: lie('workload', ['container', 'address', 'node']),
          name: lie(about.name || `${about.image} ${about.command.join(' ')}`, [
            ...NAMES,
            ...others.map((each) => each.name),
          ]),
          ip: lie([...about.networks.values()][0]?.ipv4 ?? null, [...ADDRESSES, null]),
          container_uid: lie(dice.chance(0.3) ? about.id.slice(0, 12) : about.id, [
            ...IDS,
            about.id.slice(0, 12),
            about.id.slice(0, 11),
            ...others.map((each) => each.id),
            null,
          ]),
          image: lie(about.image, [...NAMES, 'web:1', null]),
        },
        attribution: {
          method: lie(about.mode === 'host' ? 'native' : 'ip+time', [
            'cidr',
            'address',
            'ambiguous',
            'none',
            'native',
            'ip+time',
            'cgroup',
          ]),
          confidence: lie(0.95, [0, 0.89, 0.9, 1]),
        },
        window: { from: '', to: '' },
        destinations: [{ ip: dice.pick(ADDRESSES), port: 80, domain: dice.pick(NAMES), bytes_out: 1 }],
        incident: 'i',
        status: lie('open', ['suppressed', 'candidate']),
        why: dice.pick(NAMES),
      },
    ],
  });
  return parseFindings(text, 'fuzz')[0]!;
}

/** The engine's world moves on between plan and apply. */
function disturb(dice: Dice, state: FakeState, plan: Plan): void {
  const target = state.containers.get(plan.target.id)!;
  const other = dice.pick([...state.containers.values()]);
  switch (dice.below(6)) {
    case 0:
      target.pid += 1000;
      break;
    case 1:
      state.containers.delete(target.id);
      break;
    case 2:
      for (const place of target.networks.values()) place.ipv4 = '10.9.9.9';
      break;
    case 3:
      target.is_running = false;
      break;
    case 4:
      [target.nsid, other.nsid] = [other.nsid, target.nsid];
      break;
    default:
      target.networks.delete([...target.networks.keys()][0]!);
  }
}

const counts = { refused: 0, planned: 0, contained: 0, disturbed: 0, died: 0, diedAgain: 0, effects: 0 };

const contained = {
  ...{ pause: 0, disconnect: 0, 'firewall-drop': 0, 'block-destination': 0, 'stop-restarts': 0 },
  ...{ 'isolate-segment': 0, 'by control group': 0 },
};

/** Everything touched since `from` is the plan's container, or one of its own devices. */
function checkTouched(world: FakeWorld, plan: Plan | null, known: FakeContainer | null): void {
  for (const { container, devices, cgroup, what } of world.touched) {
    counts.effects += 1;
    if (!plan || !known) throw new Error(`${what} without a plan`);
    if (container !== null) expect(container).toBe(plan.target.id);
    else if (cgroup !== undefined) expect(cgroup).toBe(cgroupPathOf(known));
    else expect(devices).toEqual(plan.target.veths);
    const own = [...known.networks.keys()].map((_, index) => vethOf(known, index));
    expect(own).toEqual(expect.arrayContaining(devices));
  }
}

/** After recovering, before anything expires: all of the plan is in force, or nothing. */
function checkWhole(world: FakeWorld, start: unknown): void {
  const [response] = responsesOf(world.records.map((line) => JSON.parse(line)));
  if (response!.changes.length === 0 || response!.closed) {
    expect(canonicalJson(snapshot(world.state))).toBe(canonicalJson(start));
    return;
  }
  const { changes, plan } = response!;
  expect(changes.map(({ change, applied }) => [change, applied])).toEqual(
    plan.changes.map((each) => [each, 'yes']),
  );
}

async function untilItEnds(
  world: FakeWorld,
  surroundings: Surroundings,
  dice: Dice,
  start: unknown,
): Promise<void> {
  if (dice.chance(0.2)) {
    world.stepsToLive = dice.below(8);
    await recover(surroundings).catch(() => {});
    counts.diedAgain += 1;
    world.restart();
  }
  await recover(surroundings);
  checkWhole(world, start);
  world.clock += 8 * 3_600_000;
  const { problems } = await recover(surroundings);
  expect(problems).toEqual([]);
}

async function onePlan(
  seed: number,
  playbooks: Map<string, Surroundings['playbookOf'] extends (s: string) => Promise<infer P> ? P : never>,
): Promise<void> {
  const dice = new Dice(seed);
  const state = makeState(dice);
  const finding = makeFinding(dice, state);
  const netns = dice.chance(0.3) ? 'lab' : null;
  const world = new FakeWorld(state, netns);
  const surroundings = world.surroundings(
    playbooks.get(finding.strategy) ?? null,
    dice.chance(0.05) ? [...state.containers.keys()] : [],
  );
  let start = snapshot(state);
  let made: { hash: string; plan: Plan };
  try {
    made = await propose(
      {
        finding,
        findings: [finding],
        action: dice.pick([...ACTIONS, null]),
        expiresSeconds: 3600,
        commitImage: dice.chance(0.3),
        network: null,
        netns,
        engineSocket: '/engine.sock',
      },
      surroundings,
    );
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    counts.refused += 1;
    expect(world.touched).toEqual([]);
    return;
  }
  counts.planned += 1;
  expect(world.touched).toEqual([]);
  expect(snapshot(state)).toEqual(start);
  const named = [...state.containers.keys()].filter((id) => id.startsWith(finding.entity.container_uid!));
  expect(named).toEqual([made.plan.target.id]);
  const target = structuredClone(state.containers.get(made.plan.target.id)!);
  const isAlone = [...state.containers.values()].every(
    (each) => each.id === target.id || !each.is_running || each.nsid !== target.nsid,
  );
  const isByGroup = made.plan.changes.some(({ kind }) => kind === 'drop-output');
  const isOnContainer = ['pause', 'stop-restarts'].includes(made.plan.request.action);
  if (!isOnContainer && !isByGroup) expect(isAlone).toBe(true);
  if (isByGroup) expect(target.mode).toBe('host');
  await approvePlan(made.hash, { by: 'fuzz', reason: '', segment: null }, surroundings);
  const isDisturbed = dice.chance(0.1);
  if (isDisturbed) {
    disturb(dice, state, made.plan);
    counts.disturbed += 1;
    start = snapshot(state);
  }
  if (dice.chance(0.6)) world.stepsToLive = dice.below(26);
  try {
    await applyPlan(made.hash, surroundings);
    counts.contained += 1;
    contained[made.plan.request.action] += 1;
    if (isByGroup) contained['by control group'] += 1;
    expect(snapshot(state)).not.toEqual(start);
    if (dice.chance(0.5)) {
      const problems = await revertPlan(made.hash, 'asked', surroundings);
      if (!world.isDead) expect(problems).toEqual([]);
    }
  } catch (error) {
    if (error instanceof RefusedError) expect(snapshot(state)).toEqual(start);
    else if (!(error instanceof ApplyError) && (error as Error).name !== 'Crash') throw error;
    counts.died += (error as Error).name === 'Crash' ? 1 : 0;
  }
  world.restart();
  await untilItEnds(world, surroundings, dice, start);
  checkTouched(world, made.plan, target);
  expect(canonicalJson(snapshot(state))).toBe(canonicalJson(start));
  const [response] = responsesOf(world.records.map((line) => JSON.parse(line)));
  if (response!.changes.length > 0) expect(response!.closed).not.toBeNull();
}

test(`a fuzz of ${PLANS} plans never touches anything outside the plan's entity, and leaves things as they were`, async () => {
  const ads = await readAllAds(join(contentFolder('strategies')));
  const playbooks = new Map(ads.map(({ id, playbook }) => [id, playbook]));
  for (let seed = 1; counts.planned < PLANS; seed++) {
    try {
      await onePlan(seed, playbooks);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${(cause as Error).message}`, { cause });
    }
  }
  console.log(`fuzz: ${JSON.stringify({ ...counts, contained })}`);
  for (const action of ACTIONS) expect(contained[action]).toBeGreaterThan(PLANS / 40);
  expect(contained['by control group']).toBeGreaterThan(PLANS / 100);
  expect(counts.contained).toBeGreaterThan(PLANS / 10);
  expect(counts.died).toBeGreaterThan(PLANS / 10);
  expect(counts.refused).toBeGreaterThan(PLANS / 10);
  // A minute of work; the limit is for a hang, and a busy machine shares that minute.
}, 900_000);
