import { fieldsOf } from '../../../src/model/event-query/tables.js';
import type { FieldValues } from '../../../src/model/explore.js';
import { countOf, formatBytes, formatCount } from '../../../src/output/format.js';
import { queryOf, useApi } from '../api.js';
import { Asked as Answer } from '../parts/states.js';
import { Logged } from '../text.js';
import { type Asked, withTerm } from './asked.js';
import { Narrow } from './narrow.js';
import { entityOf } from './values.js';

/** Which values of a field most rows have; each leads to those rows. */
export function ValuesView({
  asked,
  now,
  onAsk,
}: {
  asked: Asked;
  now: string;
  onAsk: (changes: Partial<Asked>) => void;
}) {
  const fields = Object.keys(fieldsOf(asked.table)).filter((name) => name !== 'time');
  const field = fields.find((name) => name === asked.field) ?? fields[0]!;
  const { table, filter } = asked;
  const query = useApi<FieldValues>(`/events/values${queryOf({ table, filter, now, field })}`);
  return (
    <>
      <p className="row-tools">
        <label>
          Values of{' '}
          <select value={field} onChange={(event) => onAsk({ field: event.target.value })}>
            {fields.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </p>
      <Answer query={query} what="the values">
        {(values) => <Values values={values} asked={asked} onAsk={onAsk} />}
      </Answer>
    </>
  );
}

function Values({
  values: { field, values, distinct },
  asked,
  onAsk,
}: {
  values: FieldValues;
  asked: Asked;
  onAsk: (changes: Partial<Asked>) => void;
}) {
  const most = Math.max(...values.map(({ rows }) => rows));
  const hasBytes = values.some(({ bytes }) => bytes > 0);
  const isEntity = fieldsOf(asked.table)[field]?.type === 'entity';
  return (
    <div className="panel">
      <p className="fine">
        {countOf(distinct, 'different value')}
        {distinct > values.length && `; the ${values.length} that most rows have`}.
      </p>
      <div className="scroll">
        <table className="common">
          <thead>
            <tr>
              <th scope="col">{field}</th>
              <th scope="col" className="num">
                Rows
              </th>
              {hasBytes && (
                <th scope="col" className="num">
                  Bytes
                </th>
              )}
              <th scope="col">
                <span className="unseen">Narrow</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {values.map(({ value, rows, bytes }) => (
              <tr key={value}>
                <td>
                  {value === '' ? (
                    <span className="fine">empty</span>
                  ) : (
                    <Logged text={isEntity ? entityOf(value).name : value} limit={200} mono />
                  )}
                </td>
                <td className="num">
                  {formatCount(rows)}
                  <svg
                    className="likelihood"
                    viewBox="0 0 100 5"
                    preserveAspectRatio="none"
                    aria-hidden="true"
                  >
                    <rect className="rail" width="100" height="5" />
                    <rect className="bar above" width={(rows / most) * 100} height="5" />
                  </svg>
                </td>
                {hasBytes && <td className="num">{formatBytes(bytes)}</td>}
                <td className="nowrap">
                  {value.length < 500 && (
                    <Narrow
                      what={field}
                      onNarrow={(isNegated) =>
                        onAsk({
                          ...(!isNegated && { view: 'rows' as const }),
                          filter: withTerm(asked.filter, field, value, isNegated),
                        })
                      }
                    />
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
