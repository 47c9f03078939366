import { z } from '@hono/zod-openapi';
import type { Parts } from './context.js';
import type { Define } from './endpoint.js';
import { Refusal } from './refusal.js';
import { knownSource, onboarding, strategyText } from './schemas-catalogue.js';

/** What can be detected and read, whether or not anything came. */
export function addCatalogue(define: Define, { catalogue }: Parts): void {
  const permission = 'read';
  define({
    method: 'get',
    path: '/strategies/{id}',
    summary: 'One strategy as its author wrote it: the ten sections, analytics, parameters',
    permission,
    gives: strategyText,
    async run({ name }) {
      const found = catalogue.strategies.find(({ id }) => id === name);
      if (!found) throw new Refusal(404, `no strategy ${name}`);
      return found;
    },
  });
  define({
    method: 'get',
    path: '/catalogue',
    summary: 'Every source that can be read, and which strategies it feeds',
    permission,
    gives: z.array(knownSource),
    run: async () => catalogue.sources,
  });
  define({
    method: 'get',
    path: '/onboarding',
    summary: 'How each product hands over its logs',
    permission,
    gives: z.array(onboarding),
    run: async () => catalogue.onboarding,
  });
}
