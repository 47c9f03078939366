import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { contentFolder } from '../model/paths.js';
import type { Source } from '../model/source.js';
import { type ContentProblem, problemsOf, readPlacedYaml, throwProblems } from '../model/strategy-places.js';
import { SLUG } from '../model/strategy-schema.js';
import { readTables } from '../store/tables.js';
import { checkMapping, compileMapping, MAPPABLE_TABLES } from './mapping.js';
import { Mapping } from './mapping-values.js';

/** How the name of a mapping file ends in a folder of sources. */
export const MAPPING_FILE = '.source.yaml';

const Wanted = z.union([z.string(), z.number()]);

/** How a log is recognised, as written in source.md and in mapping files. */
export const Recognizer = z.union([
  z.strictObject({ zeek: z.string(), fields: z.array(z.string()).optional() }),
  z.strictObject({
    json: z.strictObject({
      keys: z.array(z.string()).min(1),
      equals: z.record(z.string(), z.union([Wanted, z.array(Wanted).min(1)])).optional(),
      without: z.array(z.string()).optional(),
    }),
  }),
  z.strictObject({ table: z.strictObject({ header: z.array(z.string().min(2)).min(2) }) }),
  z.strictObject({
    table: z.strictObject({
      columns: z.array(z.string()).min(2),
      separator: z.enum([' ', ',', '\t']),
      line: z.string(),
    }),
  }),
  z.strictObject({ line: z.string() }),
]);

const MappingFile = z.strictObject({
  id: z.string().regex(SLUG, 'lower case words joined by hyphens'),
  title: z.string(),
  product: z.string(),
  into: z.enum(MAPPABLE_TABLES),
  recognize: z.array(Recognizer).min(1),
  mixed: z.boolean().optional(),
  comments: z.string().optional(),
  unfold: z.array(z.array(z.string()).min(1)).optional(),
  map: Mapping,
});

/**
 * A source in one file: which key of the log fills which column of a table. docs/own-sources.md describes it.
 *
 * @throws ContentError naming file:line:column of every mistake
 */
export async function readMappingFile(file: string): Promise<Source> {
  const yaml = readPlacedYaml(await readFile(file, 'utf8'), file);
  if (yaml.problem) throwProblems([yaml.problem]);
  const checked = MappingFile.safeParse(yaml.value);
  if (!checked.success) {
    const problems = problemsOf(checked.error, yaml);
    throwProblems(problems.map((problem) => ({ ...problem, advice: ADVICE })));
  }
  const { map, ...head } = checked.data!;
  const columns = (await readTables(contentFolder('schema'))).get(head.into)!;
  const wrong = checkMapping(head.into, columns, map);
  throwProblems(
    wrong.map(({ column, what }): ContentProblem => {
      return { ...yaml.at(['map', column]), message: `map: ${column}: ${what}`, advice: ADVICE };
    }),
  );
  return { ...head, ...compileMapping(head.into, columns, map), status: 'designed', folder: file } as Source;
}

const ADVICE = 'see docs/own-sources.md';
