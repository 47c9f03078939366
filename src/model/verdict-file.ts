import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ContentError } from './front-matter.js';
import {
  type ContentProblem,
  type PlacedYaml,
  problemsOf,
  readPlacedYaml,
  throwProblems,
} from './strategy-places.js';

/** true_positive: it is what the finding says. false_positive: it is not. benign: it is, and somebody authorised it. */
export const VERDICTS = ['true_positive', 'false_positive', 'benign'] as const;

export type VerdictWord = (typeof VERDICTS)[number];

const time = z.iso.datetime({ offset: true, error: 'a time such as 2026-11-21T03:00:00Z' });

const said = {
  verdict: z.enum(VERDICTS),
  reason: z.string().trim().min(3),
};

const byUid = z.strictObject({
  uid: z.string().regex(/^[0-9a-f]{16}$/, 'the uid of a finding: 16 digits of 0-9 and a-f'),
  ...said,
});

const byWindow = z
  .strictObject({
    technique: z.string().regex(/^T\d{4}(\.\d{3})?$/, 'an ATT&CK technique such as T1567.001'),
    entity: z.string().min(1),
    from: time,
    to: time,
    ...said,
  })
  .refine(({ from, to }) => Date.parse(from) <= Date.parse(to), {
    message: 'it ends before it starts',
    path: ['to'],
  });

/** What somebody who looked said of a finding, and which finding is meant. */
export type Verdict = (z.infer<typeof byUid> | z.infer<typeof byWindow>) & {
  /** file:line:column */
  where: string;
};

const hasUid = (value: unknown): boolean => value !== null && typeof value === 'object' && 'uid' in value;

/**
 * Verdicts of a file: YAML with a list, alone or under `verdicts`, or one JSON object a line (.ndjson, .jsonl).
 *
 * @throws ContentError with the place of each mistake
 */
export async function readVerdicts(file: string): Promise<Verdict[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ContentError(`${file}: cannot be read; check --verdicts`, { cause });
  });
  const verdicts: Verdict[] = [];
  const problems: ContentProblem[] = [];
  for (const entry of /\.(ndjson|jsonl)$/i.test(file) ? readLines(text, file) : readList(text, file)) {
    if (entry.problem) {
      problems.push(entry.problem);
      continue;
    }
    const read = (hasUid(entry.value) ? byUid : byWindow).safeParse(entry.value);
    const { line, column } = entry.at([]);
    if (read.success) verdicts.push({ ...read.data, where: `${file}:${line}:${column}` });
    else problems.push(...problemsOf(read.error, entry).map(withAdvice));
  }
  throwProblems(problems);
  return verdicts;
}

const withAdvice = (problem: ContentProblem): ContentProblem => ({
  ...problem,
  advice: 'an entry has uid, or technique, entity, from and to; and verdict and reason (docs/tuning.md)',
});

/** JSON is YAML, so that each value keeps its place. */
const readLines = (text: string, file: string): PlacedYaml[] =>
  text
    .split('\n')
    .flatMap((line, index) => (line.trim() === '' ? [] : readPlacedYaml(line, file, index, 'failsafe')));

function readList(text: string, file: string): PlacedYaml[] {
  const yaml = readPlacedYaml(text, file, 0, 'failsafe');
  if (yaml.problem) return [yaml];
  const { value } = yaml;
  const prefix = !Array.isArray(value) && value !== null ? ['verdicts'] : [];
  const list: unknown = prefix.length > 0 ? (value as { verdicts?: unknown }).verdicts : value;
  if (!Array.isArray(list)) {
    const message = 'no list of verdicts';
    const advice = 'write entries as "- uid: …", alone or under the key verdicts';
    return [{ ...yaml, problem: { ...yaml.at([]), message, advice } }];
  }
  return list.map((entry: unknown, index) => ({
    value: entry,
    at: (path) => yaml.at([...prefix, index, ...path]),
    problem: null,
  }));
}
