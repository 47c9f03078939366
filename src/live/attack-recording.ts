import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import type { Journal } from '../model/live.js';
import { NOT_ASKED } from '../model/not-asked.js';
import type { TestAttack } from '../model/test-attacks.js';

/** What the sensors say of themselves, which is no log. */
const SENSE_FILE = 'sense.json';

/** Hands what the sensors of the lab saw to the journal. What tells who is who is small, and comes first. */
export async function handOver(recording: string, { id }: TestAttack, journal: Journal): Promise<void> {
  const folder = join(recording, 'logs');
  const names = (await readdir(folder)).filter((name) => name !== SENSE_FILE);
  const files = await Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(folder, name));
      return { name: name.replace(/\.gz$/, ''), lines: name.endsWith('.gz') ? gunzipSync(bytes) : bytes };
    }),
  );
  files.sort((a, b) => a.lines.length - b.lines.length);
  for (const { name, lines } of files) await journal.append(`test attack ${id}/${name}`, lines);
}

const senseFile = z.object({
  runs: z.array(
    z.object({ sensors: z.array(z.object({ name: z.string(), state: z.string(), reason: z.string() })) }),
  ),
});

/** Which sensors of the lab did not look, and why. */
export async function sensorsOff(recording: string): Promise<string[]> {
  const text = await readFile(join(recording, 'logs', SENSE_FILE), 'utf8').catch(() => '{"runs":[]}');
  const { runs } = senseFile.parse(JSON.parse(text));
  return (runs.at(-1)?.sensors ?? [])
    .filter(({ state, reason }) => state !== 'on' && reason !== NOT_ASKED)
    .map(({ name, state, reason }) => `the sensor ${name} was ${state}: ${reason}`);
}
