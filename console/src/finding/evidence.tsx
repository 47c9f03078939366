import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { EvidenceClass, Finding } from '../../../src/model/hunt-result.js';
import type { EvidencePage, FindingLanes, LiveSource } from '../../../src/model/live.js';
import { countOf, formatClock, formatCount, formatDay } from '../../../src/output/format.js';
import { EVIDENCE_SHAPES } from '../../../src/output/shapes.js';
import type { KnownSource } from '../../../src/server/catalogue.js';
import { type ApiProblem, get, queryOf, useApi } from '../api.js';
import { LanesChart, sum } from '../charts/lanes-chart.js';
import { ClassName } from '../parts/badges.js';
import { CopyButton } from '../parts/copy.js';
import { Asked } from '../parts/states.js';
import { Logged } from '../text.js';
import { jumpTo, Section } from './finding-page.js';

interface Narrowed {
  source: string;
  class: EvidenceClass | '';
  after: string;
}

const EVERYTHING: Narrowed = { source: '', class: '', after: '' };
const CLASSES = Object.keys(EVIDENCE_SHAPES) as EvidenceClass[];

/** Who saw it and who did not, all of it on one clock, and the rows themselves. */
export function Evidence({ finding }: { finding: Finding }) {
  const { uid } = finding;
  const lanes = useApi<FindingLanes>(`/findings/${uid}/lanes`);
  const [narrowed, setNarrowed] = useState(EVERYTHING);
  const showRows = (source: string): void => {
    setNarrowed({ ...EVERYTHING, source });
    jumpTo('rows');
  };
  return (
    <>
      <Section id="clock" title="Evidence on one clock">
        <Asked query={lanes} what="what each source saw">
          {(lanes) => (
            <>
              <LanesChart finding={finding} lanes={lanes} />
              <WhoSawIt lanes={lanes} onShow={showRows} />
            </>
          )}
        </Asked>
      </Section>
      <Section id="rows" title="The rows behind it">
        <Rows finding={finding} narrowed={narrowed} onNarrow={setNarrowed} />
      </Section>
    </>
  );
}

const isTimed = (table: string): boolean => table.endsWith('_activity');

function WhoSawIt({ lanes, onShow }: { lanes: FindingLanes; onShow: (source: string) => void }) {
  const { data: sources = [] } = useApi<LiveSource[]>('/sources');
  const seeing = lanes.lanes.filter(({ evidence }) => evidence.length > 0);
  const present = lanes.lanes.filter(({ evidence, alive }) => evidence.length === 0 && alive.length > 0);
  const { data: known = [] } = useApi<KnownSource[]>('/catalogue');
  // What only says who is who has no moment at which it would have to say something.
  const hasMoments = (id: string) => !known.some((one) => one.id === id && !isTimed(one.into));
  const silent = sources.filter(
    ({ source }) => hasMoments(source) && !lanes.lanes.some((lane) => lane.source === source),
  );
  return (
    <dl className="saw">
      <div>
        <dt>Saw it</dt>
        <dd>
          {seeing.map(({ source, evidence }) => (
            <button key={source} type="button" className="chip" onClick={() => onShow(source)}>
              <Logged text={source} limit={40} /> <span className="count">{formatCount(sum(evidence))}</span>
            </button>
          ))}
        </dd>
      </div>
      <div>
        <dt>Was there, and saw nothing of it</dt>
        <dd>
          {present.length === 0 ? (
            <span className="fine">none</span>
          ) : (
            present.map(({ source }) => (
              <span key={source} className="chip">
                <Logged text={source} limit={40} />
              </span>
            ))
          )}
        </dd>
      </div>
      <div>
        <dt>Said nothing at that time</dt>
        <dd>
          {silent.length === 0 ? (
            <span className="fine">none of those that ever sent something</span>
          ) : (
            silent.map(({ source }) => (
              <span key={source} className="chip">
                <Logged text={source} limit={40} />
              </span>
            ))
          )}
        </dd>
      </div>
    </dl>
  );
}

function Rows({
  finding,
  narrowed,
  onNarrow,
}: {
  finding: Finding;
  narrowed: Narrowed;
  onNarrow: (to: Narrowed) => void;
}) {
  const path = `/findings/${finding.uid}/evidence${queryOf({ ...narrowed, limit: 100 })}`;
  const query = useQuery<EvidencePage, ApiProblem>({
    queryKey: [path],
    queryFn: () => get<EvidencePage>(path),
    placeholderData: keepPreviousData,
  });
  const start = Number(narrowed.after || 0);
  return (
    <>
      <p className="row-tools">
        <select
          aria-label="Class of evidence"
          value={narrowed.class}
          onChange={(event) =>
            onNarrow({ ...narrowed, class: event.target.value as EvidenceClass | '', after: '' })
          }
        >
          <option value="">Every class</option>
          {CLASSES.map((kind) => (
            <option key={kind} value={kind}>
              {kind}
            </option>
          ))}
        </select>
        {narrowed.source !== '' && (
          <button
            type="button"
            className="chip"
            onClick={() => onNarrow({ ...narrowed, source: '', after: '' })}
          >
            <Logged text={narrowed.source} limit={40} /> ✕<span className="unseen"> every source</span>
          </button>
        )}
        <CopyButton text={finding.evidence_query} label="Copy the query that gives back all rows" />
      </p>
      <Asked query={query} what="the rows">
        {(page) =>
          page.total === 0 ? (
            <p className="none">
              No row of this kind. Rows expire after `serve.keep_days`; the finding stays.
            </p>
          ) : (
            <>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
              <div className="scroll tall" tabIndex={0}>
                <table className="evidence">
                  <thead>
                    <tr>
                      <th scope="col">Time (UTC)</th>
                      <th scope="col">Source</th>
                      <th scope="col">Class</th>
                      <th scope="col">What it says</th>
                      <th scope="col">Where it stands</th>
                    </tr>
                  </thead>
                  <tbody>
                    {page.rows.map((row, index) => (
                      // biome-ignore lint/suspicious/noArrayIndexKey: rows are what they are by their place
                      <tr key={start + index}>
                        <td className="mono nowrap" title={formatDay(row.time)}>
                          {formatClock(row.time, true)}
                        </td>
                        <td>
                          <Logged text={row.source} limit={40} />
                        </td>
                        <td className="nowrap">
                          <ClassName kind={row.class} />
                        </td>
                        <td>
                          <Logged text={row.text} mono />
                        </td>
                        <td className="fine">
                          <Logged text={`${row.file}:${row.line}`} limit={90} mono />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <p className="pages">
                <span className="fine">
                  {formatCount(start + 1)}–{formatCount(start + page.rows.length)} of{' '}
                  {countOf(page.total, 'row')}
                </span>
                {start > 0 && (
                  <button
                    type="button"
                    className="small"
                    onClick={() => onNarrow({ ...narrowed, after: String(Math.max(0, start - 100)) })}
                  >
                    Before
                  </button>
                )}
                {page.next !== null && (
                  <button
                    type="button"
                    className="small"
                    onClick={() => onNarrow({ ...narrowed, after: page.next! })}
                  >
                    Next
                  </button>
                )}
              </p>
            </>
          )
        }
      </Asked>
    </>
  );
}
