import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Allowance, type AllowanceEntry, allowanceEntry, toAllowance } from './allowance.js';
import { problemsOf, readPlacedYaml, throwProblems } from './strategy-places.js';

/**
 * Allowances under consideration, from a file or as the text itself: one entry, a list of entries, or a mapping with
 * `allowances`, as in stowaway.yaml.
 *
 * @throws ContentError with the place of each mistake
 */
export async function readAllowanceEntries(fileOrText: string): Promise<AllowanceEntry[]> {
  const isFile = existsSync(fileOrText);
  const text = isFile ? await readFile(fileOrText, 'utf8') : fileOrText;
  const yaml = readPlacedYaml(text, isFile ? fileOrText : '--allowance');
  if (yaml.problem) throwProblems([yaml.problem]);
  const value: unknown = yaml.value;
  const isMapping = value !== null && typeof value === 'object' && !Array.isArray(value);
  const schema = Array.isArray(value)
    ? z.array(allowanceEntry).min(1)
    : isMapping && 'allowances' in value
      ? z.looseObject({ allowances: z.array(allowanceEntry).min(1) }).transform((file) => file.allowances)
      : allowanceEntry.transform((entry) => [entry]);
  const read = schema.safeParse(value);
  if (!read.success) throwProblems(problemsOf(read.error, yaml));
  return read.data!;
}

/** The same, ready to be held against findings. */
export const readAllowances = async (fileOrText: string): Promise<Allowance[]> =>
  (await readAllowanceEntries(fileOrText)).map(toAllowance);
