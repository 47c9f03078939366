import { fieldsOf, inSentence, QUERY_TABLES } from '../../../src/model/event-query/tables.js';
import type { EventRow, FieldValue } from '../../../src/model/explore.js';
import { Dialog } from '../parts/dialog.js';
import { findingPath, Link } from '../router.js';
import { Logged } from '../text.js';
import { type Asked, atTime, withTerm } from './asked.js';
import { Narrow } from './narrow.js';
import { Entity, shownValue } from './values.js';

/** Everything a row says, each value a step to the next question. */
export function RowDetails({
  row,
  asked,
  onAsk,
  onClose,
}: {
  row: EventRow;
  asked: Asked;
  onAsk: (changes: Partial<Asked>) => void;
  onClose: () => void;
}) {
  const { table, filter } = asked;
  const entity = String(row.fields.entity ?? '');
  return (
    <Dialog title={`${QUERY_TABLES[table].title}: one row`} onClose={onClose} className="row-details">
      <p className="row-tools">
        <button
          type="button"
          className="small"
          onClick={() => onAsk({ filter: atTime(filter, around(row.time)) })}
        >
          Five minutes around it
        </button>
        {entity !== '' &&
          (['process', 'api'] as const)
            .filter((other) => other !== table)
            .map((other) => (
              <button
                key={other}
                type="button"
                className="small"
                onClick={() =>
                  onAsk({ table: other, filter: atTime(withTerm('', 'entity', entity), around(row.time)) })
                }
              >
                Its {inSentence(other)} then
              </button>
            ))}
        {row.findings.map(({ uid, technique }) => (
          <Link key={uid} to={findingPath(uid)} className="chip">
            Finding <Logged text={technique} limit={20} />
          </Link>
        ))}
      </p>
      <div className="scroll">
        <table>
          <tbody>
            {Object.entries(fieldsOf(table)).map(([name, field]) => {
              const value = row.fields[name]!;
              const canAsk = name !== 'time' && !Array.isArray(value) && String(value).length < 500;
              const narrow = (isNegated: boolean): void =>
                onAsk({ filter: withTerm(filter, name, textOf(value), isNegated) });
              return (
                <tr key={name}>
                  <th scope="row" title={field.says}>
                    {name}
                  </th>
                  <td>
                    {field.type === 'entity' ? (
                      <Entity id={String(value)} limit={200} />
                    ) : (
                      <Logged text={shownValue(field, value)} mono={field.type === 'text'} limit={2000} />
                    )}
                  </td>
                  <td className="nowrap">{canAsk && <Narrow what={name} onNarrow={narrow} />}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Dialog>
  );
}

const textOf = (value: FieldValue): string =>
  typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);

const AROUND_MS = 150_000;

function around(time: string): string {
  const at = Date.parse(time);
  const [from, to] = [at - AROUND_MS, at + AROUND_MS].map((ms) => new Date(ms).toISOString());
  return `time>=${from} time<${to}`;
}
