import type { Source } from '../model/source.js';
import { openEnvelopes, openLetter } from './envelopes.js';
import type { PreparedFile, PreparedStretch, Spool } from './prepare.js';
import { type Recognition, recognize } from './recognize.js';
import { splitBySource } from './split-by-source.js';

/** Lines of one log that one source reads, or none. */
export interface Part {
  stretch: PreparedStretch;
  recognition: Recognition | null;
  /** How many envelopes were around its lines. */
  envelopes: number;
}

/** A record in Docker's file, in CRI's, in a shipper's: nobody packs deeper. */
const MAX_ENVELOPES = 3;

/** Takes records out of what shippers put around them, parts mixed logs by source, and names each part. */
export async function partsOf(file: PreparedFile, sources: Source[], spool: Spool): Promise<Part[]> {
  const parts = await Promise.all(file.stretches.map((stretch) => partsOfStretch(stretch, sources, spool)));
  return parts.flat();
}

async function partsOfStretch(stretch: PreparedStretch, sources: Source[], spool: Spool): Promise<Part[]> {
  const depth = envelopesAround(stretch, sources);
  let opened = stretch;
  for (let count = 0; count < depth; count += 1) opened = await openEnvelopes(opened, spool);
  const split = await splitBySource(opened, sources, spool, { gathered: depth > 0 });
  return split.map(({ recognition, ...part }) => ({
    stretch: part,
    recognition: recognition ?? recognize(part, sources),
    envelopes: depth,
  }));
}

/** Envelopes are opened where what they hold is known and they themselves are not. */
function envelopesAround(stretch: PreparedStretch, sources: Source[]): number {
  if (stretch.header || stretch.table) return 0;
  let samples = stretch.samples;
  for (let depth = 0; depth <= MAX_ENVELOPES; depth += 1) {
    if (samples.some((line) => recognize({ ...stretch, samples: [line] }, sources))) return depth;
    samples = samples.map((line) => openLetter(line)?.text ?? '').filter((line) => line !== '');
    if (samples.length === 0) return 0;
  }
  return 0;
}
