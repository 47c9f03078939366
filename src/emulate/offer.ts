import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Emulation, recordingsOf } from '../model/emulation.js';
import type { OfferedAttack } from '../model/test-attacks.js';
import { whyNeedsEngine } from './netns/needs-engine.js';
import { prefixNames } from './rename.js';

/** The engine and the destinations start, the sensors read their last counters, and all is removed. */
const AROUND_SECONDS = 25;
const PREFIX = 'test';

/**
 * Attacks that say what comes of them, take no configuration of their own, and of which everything that is found can be told from work by
 * its name.
 */
export function offeredAttacks(all: readonly Emulation[]): Emulation[] {
  return all.filter(
    (one) =>
      one.kind === 'attack' &&
      one.config === undefined &&
      one.expect.findings.length > 0 &&
      prefixNames(one, PREFIX).expect.findings.every(({ entity }) => entity.startsWith(`${PREFIX}-`)),
  );
}

export async function offerOf(one: Emulation): Promise<OfferedAttack> {
  const steps = await recordedSeconds(one);
  return {
    ...{ id: one.id, strategy: one.strategy, technique: one.technique },
    ...{ title: one.title, does: one.does.trim(), safety: one.safety },
    seconds: steps === null ? null : Math.round(steps + AROUND_SECONDS),
    needs_engine: whyNeedsEngine(one) !== null,
  };
}

/** How long its steps took when it was recorded; null where it was not. */
async function recordedSeconds(one: Emulation): Promise<number | null> {
  const [recording] = await recordingsOf(one);
  if (!recording) return null;
  const text = await readFile(join(recording.folder, 'ground-truth.ndjson'), 'utf8').catch(() => '');
  const steps = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { from: number; to: number });
  if (steps.length === 0) return null;
  return Math.max(...steps.map(({ to }) => to)) - Math.min(...steps.map(({ from }) => from));
}
