import { z } from '@hono/zod-openapi';
import type { LiveCoverage } from './coverage-api.js';
import type { StrategyValidation } from './validation.js';

const share = z.number().min(0).max(1).nullable();

export const strategyValidation = z
  .object({
    strategy: z.string(),
    scenarios: z
      .enum(['current', 'other inputs', 'not tested'])
      .describe(
        'Whether its scenarios ran with what it is now; `other inputs`: it, or what they depend on, changed since.',
      ),
    at: z.string().nullable().describe('When they last ran.'),
    version: z.string().nullable().describe('By which version.'),
    total: z.number().describe('Scenarios and recordings there are.'),
    passed: z.number().nullable().describe('Null unless `scenarios` is `current`.'),
    failures: z
      .array(z.object({ scenario: z.string(), why: z.string() }))
      .nullable()
      .describe('Null unless `scenarios` is `current`.'),
    measured: z
      .object({
        precision: share,
        recall: share,
        evasion: share.describe('Share of mutated attacks that are still found.'),
        right: z.number(),
        wrong: z.number(),
        missed: z.number(),
      })
      .nullable()
      .describe('On labelled attacks and benign work (docs/quality.md); null: not measured.'),
  })
  .openapi('StrategyValidation') satisfies z.ZodType<StrategyValidation>;

const tally = z.object({ passed: z.number(), failed: z.number() });
const state = z.enum(['fired', 'quiet', 'degraded', 'blind']);

export const liveCoverage = z
  .object({
    strategy: z.string(),
    technique: z.string(),
    title: z.string(),
    scenarios: z.enum(['current', 'other inputs', 'not tested']),
    at: z.string().nullable().describe('When its scenarios last ran.'),
    state: state.nullable().describe('On this server; null before anything was judged.'),
    cells: z
      .array(
        z.object({
          source: z.string(),
          designed: z.boolean().describe('An analytic needs what the source fills.'),
          tested: z
            .object({ fires: tally, quiet: tally, misses: tally })
            .nullable()
            .describe('Scenarios with its logs, by what they claim; null: not tested as things are.'),
          working: state
            .nullable()
            .describe('The state of the strategy, where events of the source came here.'),
        }),
      )
      .describe('Sources of which none of this holds are left out.'),
  })
  .openapi('StrategyCoverage') satisfies z.ZodType<LiveCoverage>;
