import type { Source } from '../model/source.js';
import { openEnvelopes, openLetter } from './envelopes.js';
import { joinRecords, type PreparedFile, type PreparedStretch, type Spool } from './prepare.js';
import { type Recognition, recognize, recognizeAs } from './recognize.js';
import { splitBySource } from './split-by-source.js';
import { unfold } from './unfold.js';

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

/** The same for a log that is said to be of one source: what does not fit it is its as well, and is rejected by it. */
export async function partsNamed(file: PreparedFile, source: Source, spool: Spool): Promise<Part[]> {
  const parts = await partsOf(file, [source], spool);
  return parts.map((part) => ({
    ...part,
    recognition: part.recognition ?? recognizeAs(part.stretch, source),
  }));
}

async function partsOfStretch(given: PreparedStretch, sources: Source[], spool: Spool): Promise<Part[]> {
  const stretch = given.samples.some(isBundle) ? await unfold(given, BUNDLES, spool) : given;
  const depth = envelopesAround(stretch, sources);
  let opened = stretch;
  for (let count = 0; count < depth; count += 1)
    opened = await openEnvelopes(opened, spool, (line) => isKnown(line, sources));
  if (depth > 0) opened = await joinRecords(opened, spool);
  const split = await splitBySource(opened, sources, spool, { gathered: depth > 0 });
  return split.map(({ recognition, ...part }) => ({
    stretch: part,
    recognition: recognition ?? recognize(part, sources),
    envelopes: depth,
  }));
}

/** What CloudWatch's subscriptions deliver: many lines in one record. */
const BUNDLES = { unfold: [['logEvents']] };
const isBundle = (line: string): boolean => line.startsWith('{') && line.includes('"logEvents"');

/**
 * Envelopes are opened where what they hold is known and they themselves are not. A log may hold both: in syslog the kernel's lines of
 * the firewall are read as they are, since their time is the envelope's, and records of programs are taken out.
 */
function envelopesAround(stretch: PreparedStretch, sources: Source[]): number {
  if (stretch.header || stretch.table) return 0;
  let deepest = 0;
  let samples = stretch.samples;
  for (let depth = 0; depth <= MAX_ENVELOPES; depth += 1) {
    const unknown = samples.filter((line) => !isKnown(line, sources));
    if (unknown.length < samples.length) deepest = depth;
    samples = unknown.map((line) => openLetter(line)?.text ?? '').filter((line) => line !== '');
    if (samples.length === 0) break;
  }
  return deepest;
}

/** What is known by its envelope only (`last`) is opened first. */
function isKnown(line: string, sources: Source[]): boolean {
  const stretch = { firstLine: 1, lines: 1, rows: 1, header: null, samples: [line] };
  const found = recognize(stretch, sources);
  return found !== null && !found.source.last;
}
