import type { Tally } from '../../../src/ads/coverage.js';
import type { LiveSource } from '../../../src/model/live.js';
import { formatTime } from '../../../src/output/format.js';
import type { KnownSource } from '../../../src/server/catalogue.js';
import type { LiveCoverage } from '../../../src/server/coverage-api.js';
import { StateBadge } from '../parts/badges.js';
import { Link, strategyPath } from '../router.js';

export type Cell = 'working' | 'in trouble' | 'not connected' | 'no use';

export const SIGNS: Record<Cell, string> = {
  working: '●',
  'in trouble': '▲',
  'not connected': '○',
  'no use': '·',
};
export const MEANINGS: Record<Cell, string> = {
  working: 'its events come, and an analytic of the strategy needs them',
  'in trouble': 'its events came, and something is wrong with it now',
  'not connected': 'an analytic could use it; nothing came from it yet',
  'no use': 'no analytic of the strategy asks for what it fills',
};

interface Matrix {
  coverage: LiveCoverage[];
  sources: KnownSource[];
  live: LiveSource[];
}

export function CoverageMatrix({ coverage, sources, live }: Matrix) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <div className="scroll" tabIndex={0}>
      <table className="matrix">
        <thead>
          <tr>
            <th scope="col">Source</th>
            {coverage.map((strategy) => (
              <th key={strategy.strategy} scope="col">
                <Link to={strategyPath(strategy.strategy)}>{strategy.technique}</Link>
                <br />
                {strategy.state && <StateBadge state={strategy.state} />}
                <br />
                <Tested strategy={strategy} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sources.map((source) => (
            <tr key={source.id}>
              <th scope="row">
                {source.id} <span className="fine">{source.product}</span>
              </th>
              {coverage.map((strategy) => (
                <CellOf
                  key={strategy.strategy}
                  strategy={strategy}
                  source={source.id}
                  live={live.find((one) => one.source === source.id)}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Tested({ strategy: { scenarios, at } }: { strategy: LiveCoverage }) {
  if (at === null) return <span className="fine">not tested here</span>;
  return (
    <span className="fine">
      tested {scenarios === 'other inputs' && 'with other inputs'}{' '}
      <time dateTime={at} title={`${formatTime(at)} UTC`} className="nowrap">
        {at.slice(0, 10)}
      </time>
    </span>
  );
}

function CellOf({
  strategy,
  source,
  live,
}: {
  strategy: LiveCoverage;
  source: string;
  live: LiveSource | undefined;
}) {
  const own = strategy.cells.find((cell) => cell.source === source);
  const name: Cell = !own?.designed
    ? 'no use'
    : !live
      ? 'not connected'
      : live.trouble === ''
        ? 'working'
        : 'in trouble';
  const tested = own?.tested ? wordsOf(own.tested) : own?.designed ? 'not tested here' : '';
  return (
    <td className={`cell ${name.replaceAll(' ', '-')}`} title={`${source}: ${MEANINGS[name]}`}>
      <span aria-hidden="true">{SIGNS[name]}</span>{' '}
      {name === 'no use' ? <span className="unseen">{name}</span> : name}
      {tested !== '' && (
        <>
          <br />
          <span className="tested">{tested}</span>
        </>
      )}
    </td>
  );
}

/** `fires 12, quiet 8/9, misses 1`; what there is none of is left out. */
function wordsOf(tested: Record<string, Tally>): string {
  const words = Object.entries(tested)
    .filter(([, { passed, failed }]) => passed + failed > 0)
    .map(([kind, { passed, failed }]) => `${kind} ${failed === 0 ? passed : `${passed}/${passed + failed}`}`);
  return words.join(', ') || 'no scenario';
}
