import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PACKAGE_ROOT } from '../model/paths.js';
import type { Table } from './tables.js';

const share = z.number().min(0).max(1).nullable();

/** The part of docs/quality.json that concerns one strategy; more may stand there. */
const qualityFile = z.object({
  corpus: z
    .object({
      strategies: z.record(
        z.string(),
        z.object({
          all: z.object({
            found: z.number(),
            missed: z.number(),
            blindSpots: z.number(),
            false: z.number(),
            precision: share,
            recall: share,
            f1: share,
          }),
        }),
      ),
    })
    .optional(),
  evasion: z
    .object({
      strategies: z.record(z.string(), z.object({ cells: z.number(), found: z.number(), score: share })),
    })
    .optional(),
});

/** What was last measured of a strategy, from the committed result; null when nothing was. */
export async function lastQuality(strategy: string, root = PACKAGE_ROOT): Promise<Table | null> {
  const text = await readFile(join(root, 'docs', 'quality.json'), 'utf8').catch(() => null);
  if (text === null) return null;
  const { corpus, evasion } = qualityFile.parse(JSON.parse(text));
  const all = corpus?.strategies[strategy]?.all;
  const mutated = evasion?.strategies[strategy];
  const rows = [
    ...(all
      ? [
          ['findings that are right', String(all.found)],
          ['findings that are wrong', String(all.false)],
          ['missed', `${all.missed}, ${all.blindSpots} of them declared blind spots`],
          ['precision', number(all.precision)],
          ['recall', number(all.recall)],
          ['F1', number(all.f1)],
        ]
      : []),
    ...(mutated
      ? [
          [
            'evasion score',
            `${number(mutated.score)} (${mutated.found} of ${mutated.cells} mutated attacks found)`,
          ],
        ]
      : []),
  ];
  return rows.length === 0 ? null : { title: 'Last measured quality', columns: ['measure', 'value'], rows };
}

const number = (value: number | null): string => (value === null ? 'nothing to measure' : value.toFixed(3));
