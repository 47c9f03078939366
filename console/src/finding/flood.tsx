import type { Finding } from '../../../src/model/hunt-result.js';
import type { FindingFlood } from '../../../src/model/live.js';
import { useApi } from '../api.js';
import { FloodChart } from '../charts/flood-chart.js';
import { TargetsChart } from '../charts/targets-chart.js';
import { Asked } from '../parts/states.js';
import { Section } from './finding-page.js';

/** How much came a minute, against what is usual, and at whom: only findings of denial of service are judged by it. */
export function Flood({ finding }: { finding: Finding }) {
  const query = useApi<FindingFlood>(`/findings/${finding.uid}/flood`);
  return (
    <Section id="flood" title="How much, and at whom">
      <Asked query={query} what="its minutes">
        {(flood) =>
          flood.minutes.length === 0 ? (
            <p className="none">No counts by the minute are stored for this finding.</p>
          ) : (
            <>
              <h3>A minute, against what is usual</h3>
              <FloodChart flood={flood} window={finding.window} />
              <h3>Targets</h3>
              <TargetsChart flood={flood} />
            </>
          )
        }
      </Asked>
    </Section>
  );
}
