import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PACKAGE_ROOT } from '../model/paths.js';
import type { Table } from './tables.js';

const share = z.number().min(0).max(1).nullable();

const counts = z.object({
  found: z.number(),
  missed: z.number(),
  blindSpots: z.number(),
  false: z.number(),
  precision: share,
  recall: share,
  f1: share,
});
type Counts = z.infer<typeof counts>;

const evasion = z.object({ cells: z.number(), found: z.number(), score: share });
type Evasion = z.infer<typeof evasion>;

/** The part of docs/quality.json that concerns strategies; more may stand there. */
const qualityFile = z.object({
  corpus: z.object({ strategies: z.record(z.string(), z.object({ all: counts })) }).optional(),
  evasion: z.object({ strategies: z.record(z.string(), evasion) }).optional(),
});

export interface Quality {
  corpus: Counts | null;
  evasion: Evasion | null;
}

/** What was last measured of each strategy, from the committed result; empty when nothing was. */
export async function readQuality(root = PACKAGE_ROOT): Promise<Map<string, Quality>> {
  const text = await readFile(join(root, 'docs', 'quality.json'), 'utf8').catch(() => null);
  if (text === null) return new Map();
  const file = qualityFile.parse(JSON.parse(text));
  const [corpus, evasion] = [file.corpus?.strategies ?? {}, file.evasion?.strategies ?? {}];
  return new Map(
    [...new Set([...Object.keys(corpus), ...Object.keys(evasion)])].map((id) => [
      id,
      { corpus: corpus[id]?.all ?? null, evasion: evasion[id] ?? null },
    ]),
  );
}

/** The same of one strategy, as a table; null when nothing was measured. */
export async function lastQuality(strategy: string, root = PACKAGE_ROOT): Promise<Table | null> {
  const measured = (await readQuality(root)).get(strategy);
  if (!measured) return null;
  const rows = [
    ...(measured.corpus ? rowsOfCorpus(measured.corpus) : []),
    ...(measured.evasion ? [rowOfEvasion(measured.evasion)] : []),
  ];
  return { title: 'Last measured quality', columns: ['measure', 'value'], rows };
}

const rowsOfCorpus = (all: Counts): string[][] => [
  ['findings that are right', String(all.found)],
  ['findings that are wrong', String(all.false)],
  ['missed', `${all.missed}, ${all.blindSpots} of them declared blind spots`],
  ['precision', number(all.precision)],
  ['recall', number(all.recall)],
  ['F1', number(all.f1)],
];

const rowOfEvasion = ({ score, found, cells }: Evasion): string[] => [
  'evasion score',
  `${number(score)} (${found} of ${cells} mutated attacks found)`,
];

const number = (value: number | null): string => (value === null ? 'nothing to measure' : value.toFixed(3));
