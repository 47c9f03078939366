import type { Journal } from '../model/live.js';
import { type JudgingParts, openJudging } from './judging.js';
import { lastTicks, type Work } from './work.js';

/** A server whose store is its own: each tick loads and judges. */
export async function workAlone(parts: JudgingParts & { journal: Journal }): Promise<Work> {
  const judging = await openJudging(parts);
  const { answers, status, between } = judging;
  return {
    answers,
    status,
    between,
    away: () => null,
    takesNoLogs: null,
    rounds: [
      {
        everySeconds: parts.config.serve.tick_seconds,
        async run() {
          const hasMore = await judging.tick();
          const { last_error: error, last_seconds: seconds } = status().ticks;
          if (error !== null) parts.log.error({ error, seconds }, 'tick');
          await judging.tell();
          return hasMore;
        },
      },
    ],
    async finish() {
      await lastTicks(() => judging.tick({ isLast: true }));
      return judging.tell();
    },
  };
}
