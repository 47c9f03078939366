import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ContentError } from '../model/front-matter.js';
import type { Finding } from '../model/hunt-result.js';

const text = z.string().max(65_536);

/** What a response reads of a finding. Every value comes from logs, and so possibly from an attacker: it is only ever data. */
const finding = z.object({
  uid: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/),
  strategy: z.string().max(256),
  technique: text,
  title: text,
  severity: z.enum(['critical', 'high', 'medium', 'low', 'informational']),
  score: z.number().min(0).max(1),
  entity: z.object({
    kind: z.enum(['workload', 'container', 'address', 'node', 'volume', 'actor', 'repository']),
    name: text,
    ip: text.nullable(),
    container_uid: text.nullable(),
    image: text.nullable(),
  }),
  attribution: z.object({
    method: z.enum(['native', 'ip+time', 'cgroup', 'cidr', 'address', 'ambiguous', 'none']),
    confidence: z.number().min(0).max(1),
  }),
  window: z.object({ from: text, to: text }),
  destinations: z
    .array(
      z.object({ ip: text, port: z.number().int().min(0).max(65_535), domain: text, bytes_out: z.number() }),
    )
    .max(1000),
  incident: text,
  status: z.enum(['open', 'suppressed', 'candidate']),
  why: text,
});

const report = z.object({ version: z.literal(1), findings: z.array(finding).max(100_000) });

/** The part of a finding that a plan is made of. */
export type RespondFinding = z.infer<typeof finding>;

/** That part of a finding as it is kept. */
export const respondFinding = (kept: Finding): RespondFinding => finding.parse(kept);

/**
 * Reads what `stowaway hunt --format json` wrote.
 *
 * @throws ContentError naming file and place when the text is no such report
 */
export async function readFindings(file: string): Promise<RespondFinding[]> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (cause) {
    throw new ContentError(`${file}: cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
  return parseFindings(content, file);
}

export function parseFindings(content: string, file: string): RespondFinding[] {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (cause) {
    throw new ContentError(`${file}: no JSON; give the output of \`stowaway hunt --format json\``, { cause });
  }
  const parsed = report.safeParse(value);
  if (parsed.success) return parsed.data.findings;
  const issue = parsed.error.issues[0]!;
  throw new ContentError(`${file}: no hunt report: ${issue.path.join('.') || 'it'}: ${issue.message}`);
}

/** @throws ContentError when there is no such finding, or more than one */
export function findingByUid(findings: RespondFinding[], uid: string): RespondFinding {
  const found = findings.filter((each) => each.uid === uid);
  if (found.length === 1) return found[0]!;
  throw new ContentError(
    found.length === 0
      ? `no finding ${uid}; the report has ${findings.length}`
      : `${found.length} findings are called ${uid}; the report is not one of ours`,
  );
}
