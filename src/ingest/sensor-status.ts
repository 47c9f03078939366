import { z } from 'zod';
import type { InputProblem } from '../model/hunt-result.js';
import { NOT_ASKED } from '../model/not-asked.js';
import type { Stretch } from './scan.js';

/** sense.json, as docs/sense.md describes it; what a hunt needs of it. */
const status = z.object({
  version: z.literal(1),
  runs: z.array(
    z.object({
      sensors: z.array(
        z.object({
          name: z.string(),
          state: z.enum(['on', 'degraded', 'off']),
          reason: z.string(),
          losses: z.record(z.string(), z.number()),
          gaps: z.array(z.unknown()),
        }),
      ),
    }),
  ),
});

/**
 * What the host sensor says of itself, as problems of the input: what it lost and where it was not looking. Null when the
 * stretch is something else.
 */
export function readSensorStatus(stretch: Stretch, where: string): InputProblem[] | null {
  const sample = stretch.samples[0];
  if (stretch.rows !== 1 || sample === undefined || !sample.includes('"sensors"')) return null;
  let value: unknown;
  try {
    value = JSON.parse(sample);
  } catch {
    return null;
  }
  const read = status.safeParse(value);
  if (!read.success) return null;
  return read.data.runs.flatMap(({ sensors }) =>
    sensors.flatMap(({ name, state, reason, losses, gaps }): InputProblem[] => {
      if (state === 'off' && reason === NOT_ASKED) return [];
      const lost = Object.entries(losses).filter(([, count]) => count > 0);
      const what = [
        ...(state === 'on' ? [] : [`sensor ${name} was ${state}: ${reason}`]),
        ...lost.map(([kind, count]) => `sensor ${name} lost ${count} ${kind}`),
        ...(gaps.length > 0 ? [`sensor ${name} had ${gaps.length} gap${gaps.length === 1 ? '' : 's'}`] : []),
      ];
      const isLoss = state === 'degraded' || lost.length > 0 || gaps.length > 0;
      return what.map((each) => ({
        where,
        what: each,
        advice: 'what happened then may be missing here; see docs/sense.md',
        level: isLoss ? ('error' as const) : ('note' as const),
      }));
    }),
  );
}
