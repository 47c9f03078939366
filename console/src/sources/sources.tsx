import { useEffect } from 'react';
import type { LiveSource } from '../../../src/model/live.js';
import { formatCount } from '../../../src/output/format.js';
import type { KnownSource } from '../../../src/server/catalogue.js';
import { type Session, useApi } from '../api.js';
import { Asked, Empty } from '../parts/states.js';
import { Ago, Time } from '../parts/time.js';
import { type Address, Link, strategyPath } from '../router.js';
import { Logged } from '../text.js';
import { Connect } from './connect.js';
import { TestAttacks } from './test-attacks.js';
import { Untold } from './untold.js';

/** What is connected and how it is, what each log feeds, and how the next one is connected. */
export default function Sources({ address, session }: { address: Address; session: Session }) {
  const query = useApi<LiveSource[]>('/sources');
  const { data: known = [] } = useApi<KnownSource[]>('/catalogue');
  useEffect(() => {
    document.title = 'Sources · Stowaway';
  }, []);
  return (
    <section>
      <h1>Sources</h1>
      <Untold canRetry={session.permissions.includes('tune')} />
      <Asked query={query} what="the sources">
        {(sources) =>
          sources.length === 0 ? (
            <Empty title="Nothing has come yet.">
              <p>Connect a product below; its logs are recognised by their content.</p>
            </Empty>
          ) : (
            <Table sources={sources} known={known} />
          )
        }
      </Asked>
      <Connect address={address} session={session} isAbove={query.data !== undefined} />
      <TestAttacks address={address} canStart={session.permissions.includes('tune')} />
      <Known known={known} connected={query.data ?? []} />
    </section>
  );
}

function Table({ sources, known }: { sources: LiveSource[]; known: KnownSource[] }) {
  const infoOf = (id: string) => known.find((one) => one.id === id);
  const inTrouble = sources.filter(({ trouble }) => trouble !== '');
  const ordered = [...inTrouble, ...sources.filter(({ trouble }) => trouble === '')];
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">How it is</th>
            <th scope="col" className="num">
              Events
            </th>
            <th scope="col" className="num">
              Rejected
            </th>
            <th scope="col">Last arrival</th>
            <th scope="col">Latest event (UTC)</th>
            <th scope="col">Feeds</th>
          </tr>
        </thead>
        <tbody>
          {ordered.map((source) => (
            <tr key={source.source}>
              <td>
                <strong>
                  <Logged text={source.source} limit={60} />
                </strong>
                <br />
                <span className="fine">{infoOf(source.source)?.title}</span>
              </td>
              <td>
                {source.trouble === '' ? (
                  'as usual'
                ) : (
                  <span className="problem">
                    ⚠ <Logged text={source.trouble} />
                  </span>
                )}
              </td>
              <td className="num">{formatCount(source.events)}</td>
              <td className="num">
                {source.rejected === 0 ? '0' : <strong>{formatCount(source.rejected)}</strong>}
              </td>
              <td>
                {source.last_arrival === null ? (
                  <span className="fine">never</span>
                ) : (
                  <Ago at={source.last_arrival} />
                )}
              </td>
              <td>
                {source.latest_event === null ? (
                  <span className="fine">its rows have no time of their own</span>
                ) : (
                  <Time at={source.latest_event} />
                )}
              </td>
              <td>
                <Feeds feeds={infoOf(source.source)?.feeds ?? []} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Feeds({ feeds }: { feeds: string[] }) {
  if (feeds.length === 0) return <span className="fine">who is who, or only counted</span>;
  return feeds.map((id) => (
    <Link key={id} to={strategyPath(id)} className="chip">
      {id.split('-')[0]}
    </Link>
  ));
}

function Known({ known, connected }: { known: KnownSource[]; connected: LiveSource[] }) {
  const here = new Set(connected.map(({ source }) => source));
  const rest = known.filter(({ id, into }) => !here.has(id) && into !== 'nothing');
  const products = [...new Set(rest.map(({ product }) => product))].sort((a, b) => a.localeCompare(b));
  return (
    <section>
      <h2>What else can be read</h2>
      <details>
        <summary>
          {formatCount(rest.length)} more logs of {products.length} products
        </summary>
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Product</th>
                <th scope="col">Logs</th>
                <th scope="col">Would feed</th>
              </tr>
            </thead>
            <tbody>
              {products.map((product) => {
                const own = rest.filter((source) => source.product === product);
                return (
                  <tr key={product}>
                    <td>{product}</td>
                    <td>{own.map(({ id, status }) => `${id} (${status})`).join(', ')}</td>
                    <td>
                      <Feeds feeds={[...new Set(own.flatMap(({ feeds }) => feeds))].sort()} />
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}
