import { useState } from 'react';
import { forJsonOutput } from '../../../src/output/escape.js';
import { useApi } from '../api.js';
import { Snippet } from '../parts/copy.js';
import { Asked } from '../parts/states.js';
import { Section } from './finding-page.js';

/** The finding as other products are given it. */
export function RawOcsf({ uid }: { uid: string }) {
  const [isOpen, setOpen] = useState(false);
  const query = useApi<object>(isOpen ? `/findings/${encodeURIComponent(uid)}/ocsf` : null);
  return (
    <Section id="ocsf" title="For other products">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>This finding as an OCSF Detection Finding</summary>
        {isOpen && (
          <Asked query={query} what="the OCSF record">
            {(record) => <Snippet text={forJsonOutput(JSON.stringify(record, null, 2))} />}
          </Asked>
        )}
      </details>
    </Section>
  );
}
