import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { AllowanceEntry } from '../../../src/model/allowance.js';
import type { AllowancePreview, WouldHide } from '../../../src/model/live-allowances.js';
import { countOf } from '../../../src/output/format.js';
import { type ApiProblem, post } from '../api.js';
import { FindingLine } from '../parts/finding-line.js';
import { Logged } from '../text.js';

const PAUSE_MS = 400;
const NAMED = 5;

/** What an allowance would hide, asked once typing pauses. */
export function usePreview(entry: AllowanceEntry) {
  const asked = usePaused(
    JSON.stringify({ ...entry, reason: entry.reason.padEnd(3, '.'), owner: entry.owner || '.' }),
  );
  return useQuery<AllowancePreview, ApiProblem>({
    queryKey: ['/allowances/preview', asked],
    queryFn: () => post<AllowancePreview>('/allowances/preview', JSON.parse(asked)),
    retry: false,
  });
}

function usePaused(value: string): string {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return paused;
}

export function Preview({ query }: { query: ReturnType<typeof usePreview> }) {
  const { data, error } = query;
  return (
    <section className="preview" aria-label="What it would hide" aria-live="polite">
      <h3>What it would hide</h3>
      {error ? (
        <p className="problem">
          <Logged text={error.message} />
        </p>
      ) : data === undefined ? (
        <p className="fine">Asking…</p>
      ) : (
        <Told preview={data} />
      )}
    </section>
  );
}

function Told({
  preview: { refused, true_positives: lost, open, past, opened },
}: {
  preview: AllowancePreview;
}) {
  if (refused !== null)
    return (
      <>
        <p className="problem">
          <strong>It is not taken:</strong> <Logged text={refused} limit={600} />.
        </p>
        <Findings of={lost} />
      </>
    );
  return (
    <>
      <p>
        <Count of={open} /> open; <Count of={past} /> closed, which stay as they are. No true positive is
        among them.
      </p>
      <Findings of={[...open.findings, ...past.findings]} />
      {opened.length > 0 && (
        <p>
          {countOf(opened.length, 'finding')} would open, since what stood in for{' '}
          {opened.length === 1 ? 'it' : 'them'} is hidden.
        </p>
      )}
    </>
  );
}

const Count = ({ of }: { of: WouldHide }) => (
  <>
    <strong>{of.hidden}</strong> of {of.looked_at}
  </>
);

function Findings({ of }: { of: AllowancePreview['true_positives'] }) {
  return (
    <ul className="plain">
      {of.slice(0, NAMED).map((kept) => (
        <FindingLine key={kept.uid} kept={kept}>
          {kept.finding.technique} <Logged text={kept.finding.entity.name} limit={60} />
        </FindingLine>
      ))}
      {of.length > NAMED && <li className="fine">and {of.length - NAMED} more</li>}
    </ul>
  );
}
