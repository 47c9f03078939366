import { useQueries } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { type Field, fieldsOf } from '../../../src/model/event-query/tables.js';
import type { EventRow, EventRows } from '../../../src/model/explore.js';
import { countOf, formatCount } from '../../../src/output/format.js';
import { get, queryOf } from '../api.js';
import { useShortcuts } from '../keys.js';
import { useWindow } from '../parts/use-window.js';
import { findingPath, Link } from '../router.js';
import { Logged } from '../text.js';
import type { Asked } from './asked.js';
import { RowDetails } from './row-details.js';
import { Entity, isNumeric, shownValue } from './values.js';

const ROW_PIXELS = 31;
const PAGE = 100;
/** `reachable` of the API: until the first page is there. */
const REACHABLE = 10_000;

/** The rows, of which only those that can be seen are asked for and drawn. */
export function RowTable({
  asked,
  now,
  total,
  onAsk,
}: {
  asked: Asked;
  now: string;
  total: number;
  onAsk: (changes: Partial<Asked>) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const count = Math.min(total, REACHABLE);
  const { first, last } = useWindow(box, { count, rowPixels: ROW_PIXELS });
  const [opened, setOpened] = useState<EventRow | null>(null);
  const pages = usePages(asked, now, [
    Math.floor(first / PAGE),
    Math.floor(Math.max(first, last - 1) / PAGE),
  ]);
  const shown = Object.entries(fieldsOf(asked.table)).filter(([, { isShown }]) => isShown);
  useShortcuts('Hunt', [
    { keys: 'j', says: 'Next row', run: () => move(box.current, 1) },
    { keys: 'k', says: 'Row before', run: () => move(box.current, -1) },
    { keys: 'o', says: 'Everything about the row', run: () => focusedRow()?.click() },
  ]);
  const failed = pages.find(({ error }) => error);
  const rowAt = (index: number): EventRow | undefined => {
    const page = Math.floor(index / PAGE);
    return pages.find((one) => one.page === page)?.rows?.[index - page * PAGE];
  };
  return (
    <>
      <p className="fine">
        {countOf(total, 'row')}, {asked.sort === '' ? 'the latest first' : `the largest ${asked.sort} first`}.
        {total > count &&
          ` The first ${formatCount(count)} can be scrolled to: narrow the filter for the rest.`}
        {asked.sort !== '' && (
          <button type="button" className="small" onClick={() => onAsk({ sort: '' })}>
            The latest first
          </button>
        )}
      </p>
      {failed?.error && <p className="problem">{failed.error.message}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div ref={box} className="scroll rows" tabIndex={0}>
        <table aria-label="Rows" aria-rowcount={count + 1} className={`rows-of-${asked.table}`}>
          <thead>
            <tr aria-rowindex={1}>
              {shown.map(([name, field]) => (
                <Heading key={name} name={name} field={field} sort={asked.sort} onAsk={onAsk} />
              ))}
              <th scope="col" className="of-findings">
                Findings
              </th>
            </tr>
          </thead>
          <tbody>
            <Spacer rows={first} columns={shown.length + 1} />
            {Array.from({ length: last - first }, (_, offset) => {
              const index = first + offset;
              const row = rowAt(index);
              return (
                <tr key={index} aria-rowindex={index + 2}>
                  {shown.map(([name, field]) => (
                    <td key={name} className={`of-${field.type} field-${name}`}>
                      {row ? (
                        name === 'time' ? (
                          <button type="button" className="row-open mono" onClick={() => setOpened(row)}>
                            {shownValue(field, row.fields.time!, 'short')}
                          </button>
                        ) : (
                          <Cell field={field} name={name} row={row} />
                        )
                      ) : (
                        <span className="fine">…</span>
                      )}
                    </td>
                  ))}
                  <td className="of-findings">
                    {row?.findings.map(({ uid, technique }) => (
                      <Link key={uid} to={findingPath(uid)}>
                        <Logged text={technique} limit={20} />
                      </Link>
                    ))}
                  </td>
                </tr>
              );
            })}
            <Spacer rows={count - last} columns={shown.length + 1} />
          </tbody>
        </table>
      </div>
      {opened && (
        <RowDetails
          row={opened}
          asked={asked}
          onAsk={(changes) => {
            setOpened(null);
            onAsk(changes);
          }}
          onClose={() => setOpened(null)}
        />
      )}
    </>
  );
}

function Heading({
  name,
  field,
  sort,
  onAsk,
}: {
  name: string;
  field: Field;
  sort: string;
  onAsk: (changes: Partial<Asked>) => void;
}) {
  const isSorted = sort === name || (sort === '' && name === 'time');
  const canSort = field.type === 'time' || (isNumeric(field) && field.type !== 'number');
  return (
    <th
      scope="col"
      className={`of-${field.type} field-${name}`}
      title={field.says}
      aria-sort={isSorted ? 'descending' : undefined}
    >
      {canSort ? (
        <button type="button" className="sorts" onClick={() => onAsk({ sort: name === 'time' ? '' : name })}>
          {name}
          <span aria-hidden="true">{isSorted ? ' ▾' : ''}</span>
        </button>
      ) : (
        name
      )}
    </th>
  );
}

function Cell({ field, name, row }: { field: Field; name: string; row: EventRow }): ReactNode {
  const value = row.fields[name]!;
  if (field.type === 'entity') return <Entity id={String(value)} />;
  return <Logged text={shownValue(field, value)} limit={200} mono={field.type === 'text'} />;
}

/** Rows that are not drawn take their room. */
function Spacer({ rows, columns }: { rows: number; columns: number }) {
  if (rows === 0) return null;
  return (
    <tr className="spacer">
      <td colSpan={columns} style={{ height: rows * ROW_PIXELS }} />
    </tr>
  );
}

function usePages({ table, filter, sort }: Asked, now: string, [first, last]: [number, number]) {
  const pages = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const answers = useQueries({
    queries: pages.map((page) => {
      const path = `/events${queryOf({ table, filter, now, sort, limit: PAGE, offset: page * PAGE })}`;
      return {
        queryKey: [path],
        queryFn: () => get<EventRows>(path),
        staleTime: Number.POSITIVE_INFINITY,
      };
    }),
  });
  return answers.map(({ data, error }, index) => ({ page: pages[index]!, rows: data?.rows, error }));
}

const focusedRow = (): HTMLElement | null =>
  document.activeElement instanceof HTMLElement && document.activeElement.matches('.row-open')
    ? document.activeElement
    : null;

function move(box: HTMLElement | null, by: 1 | -1): void {
  const rows = [...(box?.querySelectorAll<HTMLElement>('.row-open') ?? [])];
  const at = rows.indexOf(focusedRow()!);
  const next = rows[at === -1 ? 0 : at + by];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: 'nearest' });
}
