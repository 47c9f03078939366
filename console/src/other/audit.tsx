import { useEffect } from 'react';
import type { AuditPage } from '../../../src/server/audit-log.js';
import { queryOf, useApi } from '../api.js';
import { Asked, Empty } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { type Address, Link, withQuery } from '../router.js';
import { Logged } from '../text.js';

/** Who changed what, and who was refused; the latest first. */
export default function Audit({ address }: { address: Address }) {
  const after = address.query.get('after') ?? '';
  const query = useApi<AuditPage>(`/audit${queryOf({ limit: 100, after })}`);
  useEffect(() => {
    document.title = 'Audit · Stowaway';
  }, []);
  return (
    <section>
      <h1>Audit</h1>
      <Asked query={query} what="the audit log">
        {({ entries, next }) =>
          entries.length === 0 ? (
            <Empty title="Nobody has changed anything yet." />
          ) : (
            <>
              <div className="scroll">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">When (UTC)</th>
                      <th scope="col">Who</th>
                      <th scope="col">What</th>
                      <th scope="col">To what</th>
                      <th scope="col">In detail</th>
                      <th scope="col">From</th>
                    </tr>
                  </thead>
                  <tbody>
                    {entries.map((entry, index) => (
                      // biome-ignore lint/suspicious/noArrayIndexKey: lines of a log are what they are by their place
                      <tr key={index}>
                        <td>
                          <Time at={entry.at} />
                        </td>
                        <td>
                          {entry.who === '' ? (
                            <span className="fine">nobody known</span>
                          ) : (
                            <Logged text={entry.who} limit={80} />
                          )}
                        </td>
                        <td className="nowrap">
                          <Logged text={entry.what} limit={60} />
                        </td>
                        <td>
                          <Logged text={entry.target} limit={200} mono />
                        </td>
                        <td className="fine">
                          <Logged
                            text={Object.entries(entry.detail)
                              .map(
                                ([key, value]) =>
                                  `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
                              )
                              .join(', ')}
                          />
                        </td>
                        <td className="mono">{entry.from}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <nav className="pages" aria-label="Pages">
                {after !== '' && <Link to={withQuery(address, { after: null })}>The latest</Link>}
                {next !== null && <Link to={withQuery(address, { after: next })}>Earlier</Link>}
              </nav>
            </>
          )
        }
      </Asked>
    </section>
  );
}
