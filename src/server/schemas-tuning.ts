import { z } from '@hono/zod-openapi';
import type { TriedValues, Tunable } from '../live/tuning.js';
import { VERDICTS } from '../model/verdict-file.js';
import { time } from './schemas.js';

export const tunable = z
  .object({
    name: z.string(),
    type: z.string(),
    unit: z.string(),
    default: z.union([z.number(), z.string()]).describe('The value in force.'),
    range: z.tuple([z.number(), z.number()]).optional(),
    reason: z.string(),
    mitre: z.string().optional().describe('MITRE’s name for it.'),
    values: z.array(z.number()).describe('Values worth a try; empty for a text.'),
    analytics: z.array(z.string()).describe('Analytics that ask for it.'),
  })
  .openapi('Tunable') satisfies z.ZodType<Tunable>;

export const backtestAsked = z
  .strictObject({
    parameter: z.string().min(1).max(100),
    values: z.array(z.number()).min(1).max(15).optional().describe('Default: those of the parameter.'),
  })
  .openapi('BacktestAsked');

const score = z.number().nullable();

export const triedValues = z
  .object({
    parameter: tunable,
    judged: z.object({ from: time, to: time }).describe('Span of the events that were judged.'),
    values: z.array(
      z.object({
        value: z.number(),
        is_current: z.boolean(),
        open: z.number().describe('Open findings of the strategy.'),
        lost: z.array(z.string()).describe('Findings judged true positives that would not be open.'),
        false_gone: z.array(z.string()).describe('Findings judged false positives that would not be open.'),
        changes: z
          .array(
            z.object({
              kind: z.enum(['appears', 'vanishes', 'changes']),
              uid: z.string(),
              technique: z.string(),
              entity: z.string(),
              window: z.object({ from: time, to: time }),
              score: z.object({ before: score, after: score }),
              why: z.array(z.string()),
              instead: z.string().nullable().describe('The open finding that tells of the same.'),
              verdict: z.enum(VERDICTS).nullable(),
              is_kept: z.boolean().describe('There is a finding of that uid.'),
            }),
          )
          .describe('The first 50, those with a verdict before the others.'),
        changes_total: z.number(),
        failures: z.array(z.string()).describe('What could not be asked under it.'),
        patch: z.string().describe('For stowaway.yaml; nothing is written.'),
      }),
    ),
    left_out: z.array(z.number()).describe('There was no time for these.'),
  })
  .openapi('TriedValues') satisfies z.ZodType<TriedValues>;
