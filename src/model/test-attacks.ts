/** An attack that a running server may start against itself, in a lab without a way out. */
export interface OfferedAttack {
  id: string;
  strategy: string;
  technique: string;
  title: string;
  does: string;
  safety: string;
  /** About how long it takes, without what is judged afterwards; null where that is not known. */
  seconds: number | null;
  /** It takes a container engine. */
  needs_engine: boolean;
}

/**
 * attacking: it is warmed up, goes on, or is cleaned up. judging: what the sensors saw was handed over, and its findings are waited for.
 * failed: it did not run to its end, so that nothing was shown.
 */
export type TestAttackPhase = 'attacking' | 'judging' | 'found' | 'not found' | 'failed' | 'stopped';

export interface TestAttack {
  id: string;
  strategy: string;
  title: string;
  by: string;
  started_at: string;
  ended_at: string | null;
  phase: TestAttackPhase;
  /** What was told of it, line by line. */
  progress: string[];
  /** Name that everything of it begins with, so that it is told from work. */
  prefix: string;
  expected: { strategy: string; entity: string }[];
  /** Findings about it, in the order in which they came. */
  found: { uid: string; strategy: string; entity: string }[];
  /** Why it failed, or what did not look when nothing was found. */
  reasons: string[];
}

export interface TestAttackOffer {
  /** off: the configuration does not allow it. */
  mode: 'off' | 'on';
  /** Why none can run here; null when one can. */
  unavailable: string | null;
  attacks: OfferedAttack[];
  /** The one that runs, else the last since the server started. */
  last: TestAttack | null;
}

export interface TestAttacks {
  offer(): Promise<TestAttackOffer>;
  /** @throws TestAttackRefused */
  start(id: string, by: string): Promise<TestAttack>;
  /** False when none runs. */
  stop(): boolean;
}

/** One that is not started; the message says why. */
export class TestAttackRefused extends Error {
  override name = 'TestAttackRefused';
}
