import { type EngineKind, whyNoLab } from '../src/emulate/lab/engine-kinds.js';

/** Why live tests must be skipped, said aloud; null when they can run. @throws in CI as root, where a skip must not pass for a success */
export async function whySkip(
  what: string,
  programs: string[],
  kind: EngineKind = 'docker',
): Promise<string | null> {
  const reason = await whyNoLab(kind, programs);
  if (reason !== null && process.env.CI && process.getuid?.() === 0)
    throw new Error(`${what} cannot be tested: ${reason}`);
  if (reason !== null) console.log(`SKIP: ${what}: ${reason}`);
  return reason;
}
