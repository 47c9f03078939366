import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { clean } from '../emulate/clean.js';
import { ENGINE_KINDS, whyNoLab } from '../emulate/lab/engine-kinds.js';
import { offeredAttacks, offerOf } from '../emulate/offer.js';
import { prefixNames } from '../emulate/rename.js';
import type { Emulation } from '../model/emulation.js';
import type { Findings, Journal, KeptFinding, LiveStatus } from '../model/live.js';
import {
  type TestAttack,
  type TestAttackOffer,
  type TestAttackPhase,
  TestAttackRefused,
  type TestAttacks,
} from '../model/test-attacks.js';
import { AttackProcess } from './attack-process.js';
import { handOver, sensorsOff } from './attack-recording.js';

interface Surroundings {
  /** Of the configuration; a demo and a server without a state of its own have it off. */
  mode: 'off' | 'on';
  /** Emptied with each attack. */
  folder: string;
  emulations: readonly Emulation[];
  journal: Journal;
  findings: Pick<Findings, 'onChange' | 'change'>;
  status: () => LiveStatus;
  /** How long findings are waited for at least. Default: five minutes. */
  judgedWithinMs?: number;
}

/** An attack that takes longer is stopped. */
const LONGEST_MS = 20 * 60_000;
const JUDGED_WITHIN_MS = 5 * 60_000;
/** So many judgements end before nothing was found: a server that does not come to judge has not looked. */
const JUDGEMENTS = 3;
const LOOK_MS = 500;

/** Attacks of a lab whose records this server judges like all others: one at a time. */
export class LiveTestAttacks implements TestAttacks {
  readonly #offered: Emulation[];
  #last: TestAttack | null = null;
  #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(readonly surroundings: Surroundings) {
    this.#offered = offeredAttacks(surroundings.emulations);
  }

  async offer(): Promise<TestAttackOffer> {
    return {
      mode: this.surroundings.mode,
      unavailable: await whyNone(),
      attacks: await Promise.all(this.#offered.map(offerOf)),
      last: this.#last,
    };
  }

  async start(id: string, by: string): Promise<TestAttack> {
    if (this.surroundings.mode === 'off')
      throw new TestAttackRefused('serve.emulations of stowaway.yaml is off');
    const emulation = this.#offered.find((one) => one.id === id);
    if (!emulation) throw new TestAttackRefused(`no attack ${id} is offered`);
    const unavailable = await whyNone();
    if (unavailable !== null) throw new TestAttackRefused(unavailable);
    if (this.#last !== null && this.#last.ended_at === null)
      throw new TestAttackRefused(`${this.#last.id} is under way: one at a time`);
    const prefix = `test-attack-${randomBytes(4).toString('hex')}`;
    const attack: TestAttack = {
      ...{ id, strategy: emulation.strategy, title: emulation.title, by, prefix },
      ...{ started_at: new Date().toISOString(), ended_at: null, phase: 'attacking', progress: [] },
      ...{ expected: prefixNames(emulation, prefix).expect.findings, found: [], reasons: [] },
    };
    this.#last = attack;
    this.#stopping = new AbortController();
    this.#running = this.#run(attack).catch((error: Error) => end(attack, 'failed', [error.message]));
    return attack;
  }

  stop(): boolean {
    if (this.#last === null || this.#last.ended_at !== null) return false;
    this.#stopping.abort();
    return true;
  }

  /** When the server ends. */
  async close(): Promise<void> {
    this.stop();
    await this.#running;
  }

  async #run(attack: TestAttack): Promise<void> {
    const { findings, folder, judgedWithinMs = JUDGED_WITHIN_MS } = this.surroundings;
    const stopListening = findings.onChange((kept) => this.#note(attack, kept));
    try {
      const recording = await this.#attack(attack, folder);
      if (recording === null) return;
      await handOver(recording, attack, this.surroundings.journal);
      attack.phase = 'judging';
      await this.#judged(attack, judgedWithinMs);
      if (missingOf(attack).length === 0) end(attack, 'found');
      else if (this.#stopping.signal.aborted) end(attack, 'stopped');
      else end(attack, 'not found', [...(await sensorsOff(recording)), ...this.#unseen(attack)]);
    } finally {
      stopListening();
    }
  }

  /** Until it is found, or was judged often and long enough to say that it is not. */
  async #judged(attack: TestAttack, withinMs: number): Promise<void> {
    const { status } = this.surroundings;
    const { signal } = this.#stopping;
    const [begun, before] = [Date.now(), status().ticks.count];
    const isJudged = () => Date.now() - begun > withinMs && status().ticks.count - before >= JUDGEMENTS;
    while (missingOf(attack).length > 0 && !signal.aborted && !isJudged() && Date.now() - begun < LONGEST_MS)
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }

  /** @returns the folder of what the sensors saw; null when there is none, which the attack says itself then */
  async #attack(attack: TestAttack, folder: string): Promise<string | null> {
    const words = ['emulate', 'run', `${attack.strategy}/${attack.id}`, '--prefix', attack.prefix];
    const child = await AttackProcess.start(folder, words);
    const until = Date.now() + LONGEST_MS;
    const { signal } = this.#stopping;
    for (let isOver = false; !isOver; ) {
      isOver = await Promise.race([child.ended.then(() => true), sleep(LOOK_MS, false)]);
      attack.progress = await child.progress();
      if (!isOver && (signal.aborted || Date.now() > until)) {
        await child.stop();
        // One that had to be killed left its lab.
        await clean();
        end(attack, signal.aborted ? 'stopped' : 'failed', signal.aborted ? [] : ['it took too long']);
        return null;
      }
    }
    if ((await child.ended) === 0) return child.recording;
    end(attack, 'failed', attack.progress.slice(-1));
    return null;
  }

  #note(attack: TestAttack, { uid, finding: { strategy, entity } }: KeptFinding): void {
    if (!entity.name.startsWith(`${attack.prefix}-`) || attack.found.some((one) => one.uid === uid)) return;
    attack.found.push({ uid, strategy, entity: entity.name });
    const why = `the test attack ${attack.id}, which ${attack.by} started`;
    this.surroundings.findings.change(uid, { what: 'note', why }, 'stowaway').catch(() => undefined);
  }

  /** What kept the strategies from seeing. */
  #unseen(attack: TestAttack): string[] {
    const ids = new Set(missingOf(attack).map(({ strategy }) => strategy));
    return this.surroundings
      .status()
      .strategies.filter(({ id, reasons }) => ids.has(id) && reasons.length > 0)
      .map(({ technique, sight, reasons }) => `${technique} is ${sight}: ${reasons.join('; ')}`);
  }
}

const missingOf = ({ expected, found }: TestAttack): TestAttack['expected'] =>
  expected.filter(
    (each) => !found.some((one) => one.strategy === each.strategy && one.entity === each.entity),
  );

function end(attack: TestAttack, phase: TestAttackPhase, reasons: string[] = []): void {
  Object.assign(attack, { phase, reasons, ended_at: new Date().toISOString() });
}

/** Why no engine, nor what stands in for one, can run here. */
async function whyNone(): Promise<string | null> {
  const reasons = await Promise.all(ENGINE_KINDS.map((kind) => whyNoLab(kind)));
  return reasons.includes(null) ? null : [...new Set(reasons)].join('; ');
}
