import { useEffect, useRef, useState } from 'react';
import type { FindingSummary, LiveStrategy } from '../../../src/model/live.js';
import { useApi } from '../api.js';
import { type Address, go, withQuery } from '../router.js';
import { Logged } from '../text.js';
import { type Filters, SEVERITIES, summaryPath } from './filters.js';

const TYPING_MS = 250;

/** Everything that narrows the queue; each choice is in the address at once. */
export function FilterBar({ address, filters, me }: { address: Address; filters: Filters; me: string }) {
  const { data: summary } = useApi<FindingSummary>(summaryPath(filters));
  const { data: strategies = [] } = useApi<LiveStrategy[]>('/strategies');
  const set = (changes: Record<string, string | string[] | null>) =>
    go(withQuery(address, { after: null, ...changes }), 'replace');
  const toggle = (severity: (typeof SEVERITIES)[number]) =>
    set({
      severity: filters.severity.includes(severity)
        ? filters.severity.filter((one) => one !== severity)
        : [...filters.severity, severity],
    });
  return (
    <search className="filters">
      <SearchField
        address={address}
        value={filters.search}
        onChange={(search) => set({ search: search || null })}
      />
      <Choice
        label="State"
        value={filters.state}
        options={[
          ['open', 'Open'],
          ['closed', 'Closed'],
          ['all', 'All'],
        ]}
        onChange={(state) => set({ state: state === 'open' ? null : state })}
      />
      <fieldset className="severities">
        <legend className="unseen">Severity</legend>
        {SEVERITIES.map((severity) => (
          <button
            key={severity}
            type="button"
            className={`toggle sev-${severity}`}
            aria-pressed={filters.severity.includes(severity)}
            onClick={() => toggle(severity)}
          >
            {severity === 'informational' ? 'info' : severity}{' '}
            <span className="count">{summary?.severity[severity] ?? 0}</span>
          </button>
        ))}
      </fieldset>
      <Choice
        label="Strategy"
        value={filters.strategy}
        options={[
          ['', 'Any strategy'],
          ...strategies.map(({ id, technique }): [string, string] => [
            id,
            `${technique} (${summary?.strategy[id] ?? 0})`,
          ]),
        ]}
        onChange={(strategy) => set({ strategy: strategy || null })}
      />
      <Choice
        label="Whose"
        value={filters.assignee}
        options={[
          ['', 'Anybody’s'],
          ['none', 'Nobody’s'],
          [me, `Mine (${me})`],
        ]}
        onChange={(assignee) => set({ assignee: assignee || null })}
      />
      <Choice
        label="Order"
        value={filters.sort}
        options={[
          ['severity', 'Worst first'],
          ['recent', 'Latest first'],
          ['score', 'Highest score first'],
        ]}
        onChange={(sort) => set({ sort: sort === 'severity' ? null : sort })}
      />
      <label className="check">
        <input
          type="checkbox"
          checked={filters.suppressed}
          onChange={(event) => set({ suppressed: event.target.checked ? 'true' : null })}
        />
        with suppressed
      </label>
      {(['entity', 'incident'] as const).map(
        (key) =>
          filters[key] !== '' && (
            <button key={key} type="button" className="chip" onClick={() => set({ [key]: null })}>
              {key}: <Logged text={filters[key]} limit={40} /> ✕
              <span className="unseen"> take this filter away</span>
            </button>
          ),
      )}
    </search>
  );
}

function Choice({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: string;
  options: [value: string, text: string][];
  onChange: (value: string) => void;
}) {
  return (
    <label className="choice">
      <span className="unseen">{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What is typed is asked for when the typing pauses. */
function SearchField({
  address,
  value,
  onChange,
}: {
  address: Address;
  value: string;
  onChange: (text: string) => void;
}) {
  const [text, setText] = useState(value);
  const field = useRef<HTMLInputElement>(null);
  const wantsFocus = address.query.get('focus') === 'search';
  useEffect(() => {
    if (!wantsFocus) return;
    field.current?.focus();
    go(withQuery(address, { focus: null }), 'replace');
  }, [wantsFocus, address]);
  useEffect(() => setText(value), [value]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is typed counts
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      id="search"
      ref={field}
      type="search"
      aria-label="Search entity, why and destinations"
      placeholder="Search  ( / )"
      maxLength={500}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
    />
  );
}
