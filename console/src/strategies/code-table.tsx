import type { StrategyText } from '../../../src/server/catalogue.js';

export const idOf = (heading: string): string => heading.replaceAll(' ', '-');

export function CodeTable({ table }: { table: StrategyText['tables'][number] }) {
  return (
    <section id={idOf(table.title)} className="code-table">
      <h3>{table.title}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div className="scroll" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {table.columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row) => (
              <tr key={row[0]}>
                {row.map((cell, index) => (
                  <td key={table.columns[index]} className={index === 0 ? 'mono nowrap' : undefined}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
