import { z } from 'zod';

const text = z.string().trim().min(1);
const state = z.enum(['fired', 'quiet', 'degraded', 'blind']);

const expectedFinding = z.strictObject({
  /** Strategy id; the folder's own when absent. */
  strategy: text.optional(),
  /** Name, address or container id (or its start) of the entity. */
  entity: text,
  minScore: z.number().min(0).max(1).optional(),
  /** Analytics among its terms, where it matters which ones saw it. */
  analytics: z.array(text).optional(),
});

/** scenario.yaml: recorded or written input, and what must come of it. */
export const scenarioFile = z.strictObject({
  /** The claim, in one sentence. */
  sentence: text,
  /** recorded: by real sensors from real tools. written: by scripts/make-scenarios.mjs. */
  origin: z.enum(['recorded', 'written']),
  /** Files or folders: under the package root when they start with "demo/", else under the scenario folder. */
  inputs: z.array(text).min(1),
  /** The same, for what came before: it teaches what is usual and is not judged. */
  baseline: z.array(text).default([]),
  config: text.optional(),
  intel: z.array(text).default([]),
  flags: z.strictObject({ container_cidr: z.array(text).default([]) }).default({ container_cidr: [] }),
  expect: z.strictObject({
    /** Every open finding of the strategies concerned: one more fails as well. */
    findings: z.array(expectedFinding),
    /** Findings an allowance or a sanction must have hidden, and kept. */
    suppressed: z.array(expectedFinding).default([]),
    /** Entities that must have no open finding; says who is meant in a scenario where somebody else fires. */
    quiet: z.array(text).default([]),
    /** The sensors lost events and said so in sense.json: what they say of it is no failure. */
    lossy: z.boolean().default(false),
    /** One of these, where the state matters. */
    state: z.union([state, z.array(state).min(1)]).optional(),
  }),
});

export type ScenarioFile = z.infer<typeof scenarioFile>;
export type ExpectedFinding = z.infer<typeof expectedFinding>;

export type ScenarioKind = 'fires' | 'quiet' | 'misses';

export interface Scenario extends ScenarioFile {
  /** Folder name; its first word is the kind. */
  id: string;
  kind: ScenarioKind;
  folder: string;
  file: string;
  /** It is what an emulation's recording must yield, not a folder under scenarios/. */
  isEmulation: boolean;
}

export function scenarioKind(id: string): ScenarioKind | null {
  const kind = /^(fires|quiet|misses)-[a-z0-9-]+$/.exec(id)?.[1];
  return (kind as ScenarioKind | undefined) ?? null;
}
