import { type FormEvent, useState } from 'react';
import {
  inSentence,
  QUERY_TABLE_NAMES,
  QUERY_TABLES,
  type QueryTableName,
} from '../../../src/model/event-query/tables.js';
import { readTerms } from '../../../src/model/event-query/terms.js';
import type { ApiProblem } from '../api.js';
import { type Asked, atTime } from './asked.js';

const TIMES: [label: string, term: string][] = [
  ['Last hour', 'time>-1h'],
  ['Last day', ''],
  ['Last week', 'time>-7d'],
  ['All that is kept', 'time>-3650d'],
];

/** What is asked: of which table, and the filter. What is wrong with it is shown below the place. */
export function QueryBar({
  asked,
  canChoose = false,
  problem,
  onAsk,
}: {
  asked: Pick<Asked, 'table' | 'filter'>;
  /** Where there is more than one table to look at. */
  canChoose?: boolean;
  problem: ApiProblem | null;
  onAsk: (changes: Partial<Asked>) => void;
}) {
  const [text, setText] = useState(asked.filter);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onAsk({ filter: text.trim() });
  };
  const time = readTerms(asked.filter)
    .terms.filter(({ field }) => field === 'time')
    .map(({ column, end }) => asked.filter.slice(column - 1, end - 1))
    .join(' ');
  return (
    <search>
      <form className="ask" onSubmit={submit}>
        {canChoose && (
          <select
            aria-label="What to look at"
            value={asked.table}
            onChange={(event) => onAsk({ table: event.target.value as QueryTableName, filter: text.trim() })}
          >
            {QUERY_TABLE_NAMES.map((name) => (
              <option key={name} value={name}>
                {QUERY_TABLES[name].title}
              </option>
            ))}
          </select>
        )}
        <input
          id="search"
          type="text"
          className="mono"
          aria-label="Filter"
          aria-invalid={problem?.status === 400}
          aria-describedby="filter-problem"
          placeholder="entity:prod/app1 bytes_out>1MB -app:ssh"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          maxLength={4000}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="primary">
          Ask
        </button>
      </form>
      <div id="filter-problem" role="alert">
        {problem && <Problem text={asked.filter} says={problem.message} />}
      </div>
      <p className="row-tools">
        {TIMES.map(([label, term]) => (
          <button
            key={label}
            type="button"
            className="chip"
            aria-pressed={time === term}
            onClick={() => onAsk({ filter: atTime(text, term) })}
          >
            {label}
          </button>
        ))}
      </p>
      <Fields table={asked.table} />
    </search>
  );
}

/** Each problem in a line, and the filter with a mark under each place. */
function Problem({ text, says }: { text: string; says: string }) {
  const columns = [...says.matchAll(/column (\d+) of/g)].map(([, column]) => Number(column));
  const marks = Array.from({ length: text.length + 1 }, (_, at) => (columns.includes(at + 1) ? '▲' : ' '));
  return (
    <div className="problem">
      {columns.length > 0 && text.length < 200 && (
        <pre aria-hidden="true">
          {text}
          {'\n'}
          {marks.join('').trimEnd()}
        </pre>
      )}
      {says.split('; column').map((line, index) => (
        <p key={line}>{index === 0 ? line : `column${line}`}</p>
      ))}
    </div>
  );
}

function Fields({ table }: { table: QueryTableName }) {
  const { fields, says } = QUERY_TABLES[table];
  return (
    <details className="fields">
      <summary>How to ask, and the fields of {inSentence(table)}</summary>
      <div className="how">
        <dl>
          {SYNTAX.map(([form, meaning]) => (
            <div key={form}>
              <dt>
                <code>{form}</code>
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <div>
          <p>{says}</p>
          <dl>
            {Object.entries(fields).map(([name, field]) => (
              <div key={name}>
                <dt>
                  <code>{name}</code>
                </dt>
                <dd>{field.says}</dd>
              </div>
            ))}
          </dl>
        </div>
      </div>
    </details>
  );
}

const SYNTAX: [form: string, meaning: string][] = [
  ['app:ssh peer:github.com', 'All terms must hold. Case does not matter.'],
  ['app:ssh,dns', 'One of them.'],
  ['-app:ssh', 'Not that.'],
  ['peer:*.example.org', 'Any text in place of the star.'],
  [
    'cmd_line:"curl -T x"',
    'What has blanks, commas or stars of its own stands in quotes. \\" and \\\\ are a quote and a backslash.',
  ],
  ['bytes_out>1.5MB duration>=5m', 'Numbers: > >= < <= and their units.'],
  ['dst_ip:198.51.100.0/24', 'Addresses and networks.'],
  ['is_dst_inside:no', 'Yes or no.'],
  ['time>-2h time<2026-11-22T15:00', 'UTC. Without a beginning: a day.'],
  ['rclone "two words"', 'Text anywhere in a row.'],
];
