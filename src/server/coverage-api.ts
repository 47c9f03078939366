import { z } from '@hono/zod-openapi';
import type { CoverageCell, StrategyCoverage } from '../ads/coverage.js';
import { toNavigatorLayer } from '../ads/navigator.js';
import type { StrategyStateName } from '../model/hunt-result.js';
import type { LiveStatus } from '../model/live.js';
import { packageVersion } from '../model/paths.js';
import { forJsonOutput } from '../output/escape.js';
import type { Parts } from './context.js';
import type { Define } from './endpoint.js';
import { liveCoverage, strategyValidation } from './schemas-coverage.js';
import type { StrategyValidation } from './validation.js';

/** What one strategy sees by each source: designed, tested, and working on this server. */
export interface LiveCoverage
  extends Pick<StrategyCoverage, 'strategy' | 'technique' | 'title' | 'state'>,
    Pick<StrategyValidation, 'scenarios' | 'at'> {
  cells: LiveCell[];
}

interface LiveCell extends Pick<CoverageCell, 'source' | 'designed' | 'working'> {
  tested: CoverageCell['scenarios'] | null;
}

/** What speaks for the strategies, and what they cover. */
export function addCoverage(define: Define, { catalogue, status }: Parts): void {
  const permission = 'read';
  const now = () => workingOn(catalogue.coverage, status());
  define({
    method: 'get',
    path: '/validation',
    summary: 'What speaks for each strategy: scenarios that passed, and when; what was measured',
    permission,
    gives: z.array(strategyValidation),
    run: async () => catalogue.validation,
  });
  define({
    method: 'get',
    path: '/coverage',
    summary: 'Strategies by sources: designed, tested by scenarios, and working here',
    permission,
    gives: z.array(liveCoverage),
    run: async () => now().map((one) => liveCoverageOf(one, catalogue.validation)),
  });
  define({
    method: 'get',
    path: '/coverage/navigator',
    summary: 'The same as a layer of ATT&CK Navigator, format 4.5',
    permission,
    gives: z.looseObject({ domain: z.literal('enterprise-attack') }).openapi('NavigatorLayer'),
    run: async () =>
      new Response(forJsonOutput(toNavigatorLayer(now(), await packageVersion(), 'on this server')), {
        headers: {
          'content-type': 'application/json',
          'content-disposition': 'attachment; filename="stowaway-coverage.json"',
        },
      }),
  });
}

/** The matrix with the states of a running server. */
function workingOn(coverage: readonly StrategyCoverage[], status: LiveStatus): StrategyCoverage[] {
  const came = new Set(status.sources.filter(({ events }) => events > 0).map(({ source }) => source));
  const states = new Map<string, StrategyStateName>(status.strategies.map(({ id, state }) => [id, state]));
  return coverage.map((one) => {
    const state = states.get(one.strategy) ?? null;
    const cells = one.cells.map((cell) => ({ ...cell, working: came.has(cell.source) ? state : null }));
    return { ...one, state, cells };
  });
}

function liveCoverageOf(
  { strategy, technique, title, state, cells }: StrategyCoverage,
  validations: readonly StrategyValidation[],
): LiveCoverage {
  const { scenarios, at } = validations.find((one) => one.strategy === strategy)!;
  return {
    ...{ strategy, technique, title, state, scenarios, at },
    cells: cells
      .map(({ source, designed, working, scenarios: tested }) => ({
        ...{ source, designed, working },
        tested: scenarios === 'current' ? tested : null,
      }))
      .filter(({ designed, working, tested }) => designed || working !== null || isAny(tested)),
  };
}

const isAny = (tested: LiveCell['tested']): boolean =>
  Object.values(tested ?? {}).some(({ passed, failed }) => passed + failed > 0);
