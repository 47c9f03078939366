import { useState } from 'react';
import type { Finding } from '../../../src/model/hunt-result.js';
import type { FindingContacts } from '../../../src/model/live.js';
import { countOf } from '../../../src/output/format.js';
import { useApi } from '../api.js';
import { AutocorrelationChart } from '../charts/autocorrelation-chart.js';
import { IntervalChart } from '../charts/interval-chart.js';
import { median, pausesOf } from '../charts/pauses.js';
import { RasterChart } from '../charts/raster-chart.js';
import { RateChart } from '../charts/rate-chart.js';
import { Logged } from '../text.js';
import { Section } from './finding-page.js';

/** Fewer contacts have no rhythm. */
const LEAST = 6;
/** What follows faster is a flood or a burst: its rate says everything. */
const LEAST_PAUSE_SECONDS = 0.2;

/** How often it happened: when each contact was, how far apart they are, and how many came at once. */
export function Rhythm({ finding }: { finding: Finding }) {
  const { data = [] } = useApi<FindingContacts[]>(`/findings/${finding.uid}/contacts`);
  const [chosen, setChosen] = useState('');
  const often = data.filter(({ contacts }) => contacts.length >= LEAST);
  const one = often.find(({ peer }) => peer === chosen) ?? often[0];
  if (!one) return null;
  return (
    <Section id="rhythm" title="Rhythm">
      {often.length > 1 && (
        <p className="row-tools">
          {often.map(({ peer, total }) => (
            <button
              key={peer}
              type="button"
              className="chip"
              aria-pressed={peer === one.peer}
              onClick={() => setChosen(peer)}
            >
              <Logged text={peer} limit={50} /> <span className="count">{countOf(total, 'connection')}</span>
            </button>
          ))}
        </p>
      )}
      {one.total > one.contacts.length && (
        <p className="fine">
          The first {one.contacts.length} of {countOf(one.total, 'connection')} are drawn.
        </p>
      )}
      <h3>Connections a second</h3>
      <RateChart contacts={one.contacts} />
      {median(pausesOf(one.contacts)) >= LEAST_PAUSE_SECONDS && (
        <>
          <h3>When each one was</h3>
          <RasterChart contacts={one.contacts} />
          <h3>Time between two</h3>
          <IntervalChart contacts={one.contacts} />
          <h3>How it repeats itself</h3>
          <AutocorrelationChart contacts={one.contacts} />
        </>
      )}
    </Section>
  );
}
