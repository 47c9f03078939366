import type { ReactNode } from 'react';
import { formatDay } from '../../../src/output/format.js';
import { linearScale, type Scale, timeTicks } from '../../../src/output/scale.js';

/** All pictures of a finding share width and margins, so that their clocks stand above each other. */
export const FRAME = { width: 960, left: 150, right: 20 };
export const RIGHT = FRAME.width - FRAME.right;

export type TimeDomain = readonly [number, number];

export const timeScale = (domain: TimeDomain): Scale => linearScale(domain, [FRAME.left, RIGHT]);

/** A picture, the sentence that says the same, and its numbers as a table. */
export function Picture({
  sentence,
  height,
  children,
  table,
  isInteractive = false,
  legend,
}: {
  sentence: string;
  /** What is drawn can be followed: it is a group of links, not one image. */
  isInteractive?: boolean;
  legend?: ReactNode;
  height: number;
  children: ReactNode;
  table: { columns: string[]; rows: ReactNode[][] };
}) {
  return (
    <figure>
      <figcaption>{sentence}</figcaption>
      <div className="picture">
        <svg
          viewBox={`0 0 ${FRAME.width} ${height}`}
          role={isInteractive ? 'group' : 'img'}
          aria-label={sentence}
        >
          {children}
        </svg>
      </div>
      {legend}
      <Numbers {...table} />
    </figure>
  );
}

const MOST_ROWS = 300;

function Numbers({ columns, rows }: { columns: string[]; rows: ReactNode[][] }) {
  return (
    <details className="numbers">
      <summary>The numbers of this picture as a table</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div className="scroll" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MOST_ROWS).map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows are what they are by their place
              <tr key={index}>
                {row.map((cell, column) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: so are cells
                  <td key={column}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > MOST_ROWS && <p className="fine">{rows.length - MOST_ROWS} more are left out.</p>}
    </details>
  );
}

/** Ticks and labels below a picture, with the day and the zone at the left. */
export function TimeAxis({ domain, top, bottom }: { domain: TimeDomain; top: number; bottom: number }) {
  const x = timeScale(domain);
  return (
    <g>
      {timeTicks(domain).map(({ at, label }) => (
        <g key={at}>
          <line className="grid" x1={x(at)} x2={x(at)} y1={top} y2={bottom} />
          <text
            className="tick"
            x={x(at)}
            y={bottom + 18}
            textAnchor={x(at) - FRAME.left < 20 ? 'start' : RIGHT - x(at) < 20 ? 'end' : 'middle'}
          >
            {label}
          </text>
        </g>
      ))}
      <text className="tick" x={0} y={bottom + 18}>
        {formatDay(new Date(domain[0]).toISOString())} UTC
      </text>
    </g>
  );
}

/** A finding's window as a shaded stretch. */
export function WindowShade({
  window,
  domain,
  top,
  bottom,
}: {
  window: { from: string; to: string };
  domain: TimeDomain;
  top: number;
  bottom: number;
}) {
  const x = timeScale(domain);
  const [from, to] = [x(Date.parse(window.from)), x(Date.parse(window.to))];
  return <rect className="window" x={from} width={Math.max(2, to - from)} y={top} height={bottom - top} />;
}

/** Lines and labels of a scale at the left. */
export function ValueAxis({
  ticks,
  y,
  label,
}: {
  ticks: readonly number[];
  y: Scale;
  label: (value: number) => string;
}) {
  return (
    <g>
      {ticks.map((tick) => (
        <g key={tick}>
          <line
            className={tick === 0 ? 'axis' : 'grid'}
            x1={FRAME.left}
            x2={RIGHT}
            y1={y(tick)}
            y2={y(tick)}
          />
          <text className="tick" textAnchor="end" x={FRAME.left - 10} y={y(tick) + 4}>
            {label(tick)}
          </text>
        </g>
      ))}
    </g>
  );
}
