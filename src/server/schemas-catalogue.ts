import { z } from '@hono/zod-openapi';
import type { KnownSource, Onboarding, StrategyText } from './catalogue.js';

export const strategyText = z
  .object({
    id: z.string(),
    technique: z.string(),
    title: z.string(),
    facts: z.array(z.object({ name: z.string(), value: z.string() })),
    sections: z.array(
      z.object({
        id: z.string().nullable().describe('Which of the ten sections; null for none of them.'),
        heading: z.string(),
        text: z.string().describe('Markdown; `{kind: name}` names what proves a bullet.'),
      }),
    ),
    tables: z.array(
      z.object({ title: z.string(), columns: z.array(z.string()), rows: z.array(z.array(z.string())) }),
    ),
  })
  .openapi('StrategyText') satisfies z.ZodType<StrategyText>;

export const knownSource = z
  .object({
    id: z.string(),
    title: z.string(),
    product: z.string(),
    status: z.enum(['tested', 'derived', 'designed']),
    into: z.string().describe('Table its rows go to; `nothing`: they are only counted.'),
    fills: z.array(z.string()),
    feeds: z.array(z.string()).describe('Strategies of which an analytic needs what it fills.'),
  })
  .openapi('KnownSource') satisfies z.ZodType<KnownSource>;

export const onboarding = z
  .object({
    product: z.string(),
    text: z
      .string()
      .describe('Markdown; `stowaway.example:8470` and `TOKEN` stand for the server and a token.'),
  })
  .openapi('Onboarding') satisfies z.ZodType<Onboarding>;
