import { termText, withoutField } from '../../../src/model/event-query/terms.js';
import type { Pair, Pairs, Rhythm } from '../../../src/model/explore.js';
import { countOf, formatBytes, formatCount, formatDuration } from '../../../src/output/format.js';
import { queryOf, useApi } from '../api.js';
import { AutocorrelationChart } from '../charts/autocorrelation-chart.js';
import { DayChart } from '../charts/day-chart.js';
import { IntervalChart } from '../charts/interval-chart.js';
import { RasterChart } from '../charts/raster-chart.js';
import { Asked as Answer } from '../parts/states.js';
import { Logged } from '../text.js';
import { type Asked, canAskWith } from './asked.js';
import { Entity } from './values.js';

/** Pauses below it are of one burst. */
const LEAST_CONTACTS = 6;

/** Who talks to whom how regularly, and one pair's connections as they came. */
export function RhythmView({
  asked,
  now,
  onAsk,
}: {
  asked: Asked;
  now: string;
  onAsk: (changes: Partial<Asked>) => void;
}) {
  const query = useApi<Pairs>(`/events/pairs${queryOf({ filter: asked.filter, now })}`);
  return (
    <Answer query={query} what="who talks to whom">
      {({ pairs }) => {
        const named = asked.entity !== '' && asked.peer !== '';
        const chosen = named ? asked : pairs[0];
        return (
          <>
            <PairTable pairs={pairs} chosen={chosen} onAsk={onAsk} />
            {chosen && <OnePair filter={asked.filter} entity={chosen.entity} peer={chosen.peer} now={now} />}
          </>
        );
      }}
    </Answer>
  );
}

type Chosen = Pick<Pair, 'entity' | 'peer'>;

function PairTable({
  pairs,
  chosen,
  onAsk,
}: {
  pairs: Pair[];
  chosen: Chosen | undefined;
  onAsk: (changes: Partial<Asked>) => void;
}) {
  if (pairs.length === 0)
    return (
      <p className="none">No two of these have {LEAST_CONTACTS} connections or more: fewer have no rhythm.</p>
    );
  return (
    <div className="panel">
      <p className="fine">
        Pairs with {LEAST_CONTACTS} connections or more, the most regular first. Regularity is 1 minus how far
        half of the pauses lie from the middle one: 1 is a clock.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div className="scroll pairs" tabIndex={0}>
        <table aria-label="Pairs">
          <thead>
            <tr>
              <th scope="col">Who</th>
              <th scope="col">With whom</th>
              <th scope="col" className="num">
                Regularity
              </th>
              <th scope="col" className="num">
                Pause
              </th>
              <th scope="col" className="num">
                Connections
              </th>
              <th scope="col" className="num">
                Bytes out
              </th>
              <th scope="col">
                <span className="unseen">Draw</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {pairs.map((pair) => {
              const isChosen = pair.entity === chosen?.entity && pair.peer === chosen.peer;
              return (
                <tr key={`${pair.entity} ${pair.peer}`} className={isChosen ? 'chosen' : undefined}>
                  <td>
                    <Entity id={pair.entity} />
                  </td>
                  <td>
                    <Logged text={pair.peer} limit={80} mono />
                  </td>
                  <td className="num">{pair.regularity.toFixed(2)}</td>
                  <td className="num">{formatDuration(pair.pause_seconds)}</td>
                  <td className="num">{formatCount(pair.connections)}</td>
                  <td className="num">{formatBytes(pair.bytes_out)}</td>
                  <td>
                    <button
                      type="button"
                      className="small"
                      aria-pressed={isChosen}
                      onClick={() => onAsk({ entity: pair.entity, peer: pair.peer })}
                    >
                      {isChosen ? 'drawn' : 'draw'}
                      <span className="unseen"> this pair</span>
                    </button>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function OnePair({ filter, entity, peer, now }: Chosen & { filter: string; now: string }) {
  const rest = withoutField(withoutField(filter, 'entity'), 'peer');
  const own = `${termText('entity', entity)} ${termText('peer', peer)} ${rest}`;
  const query = useApi<Rhythm>(canAskWith(own) ? `/events/rhythm${queryOf({ filter: own, now })}` : null);
  if (!canAskWith(own))
    return <p className="none">The name of this destination is too long to be asked for.</p>;
  return (
    <section className="panel" aria-label="Rhythm of the pair">
      <h2>
        <Entity id={entity} /> and <Logged text={peer} limit={80} />
      </h2>
      <Answer query={query} what="when they talked">
        {(rhythm) =>
          rhythm.contacts.length < LEAST_CONTACTS ? (
            <p className="none">{countOf(rhythm.total, 'connection')} at that time: too few for a rhythm.</p>
          ) : (
            <>
              <h3>Over the days</h3>
              <DayChart rhythm={rhythm} />
              {rhythm.total > rhythm.contacts.length && (
                <p className="fine">
                  Below, the first {formatCount(rhythm.contacts.length)} of{' '}
                  {countOf(rhythm.total, 'connection')} are drawn.
                </p>
              )}
              <h3>When each one was</h3>
              <RasterChart contacts={rhythm.contacts} />
              <h3>Time between two</h3>
              <IntervalChart contacts={rhythm.contacts} />
              <h3>How it repeats itself</h3>
              <AutocorrelationChart contacts={rhythm.contacts} />
            </>
          )
        }
      </Answer>
    </section>
  );
}
