import { useEffect } from 'react';
import type { EntityPicture, FindingPage } from '../../../src/model/live.js';
import { countOf, formatBytes, formatCount, formatTime } from '../../../src/output/format.js';
import { queryOf, useApi } from '../api.js';
import { MirrorChart } from '../charts/mirror-chart.js';
import { FindingLine } from '../parts/finding-line.js';
import { Asked } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { type Address, Link } from '../router.js';
import { Logged, shown } from '../text.js';

/** Who somebody is, as far as the sensors told; what went in and out; to whom, and since when. */
export default function EntityPage({ address }: { address: Address }) {
  const [kind, name] = [address.query.get('kind') ?? '', address.query.get('name') ?? ''];
  const query = useApi<EntityPicture>(`/entity${queryOf({ kind, name })}`);
  useEffect(() => {
    document.title = `${shown(name, 60)} · Stowaway`;
  }, [name]);
  return (
    <article className="entity-page">
      <header>
        <p className="kicker">
          <Link to="/">Queue</Link>
          <Logged text={kind} limit={20} />
        </p>
        <h1>
          <Logged text={name} />
        </h1>
      </header>
      <EntityFindings name={name} />
      <Asked query={query} what="this entity">
        {(picture) => <Picture picture={picture} />}
      </Asked>
    </article>
  );
}

function Picture({ picture }: { picture: EntityPicture }) {
  return (
    <>
      <section>
        <h2>In and out</h2>
        <MirrorChart picture={picture} />
      </section>
      <section>
        <h2>Destinations and clients</h2>
        <Peers picture={picture} />
      </section>
      <section>
        <h2>Who it is</h2>
        <dl className="facts">
          {picture.containers.map(({ container_uid, container_name, image }) => (
            <div key={container_uid}>
              <dt>Container</dt>
              <dd>
                <Logged text={container_name} limit={60} /> <Logged text={container_uid.slice(0, 12)} mono />
                <br />
                <Logged text={image} limit={120} mono />
              </dd>
            </div>
          ))}
          {picture.addresses.map(({ ip, from, to, confidence }) => (
            <div key={`${ip} ${from}`}>
              <dt>
                Held <Logged text={ip} limit={60} />
              </dt>
              <dd>
                {formatTime(from)}–{Date.parse(to) > Date.now() ? 'now' : formatTime(to)} UTC, confidence{' '}
                {confidence.toFixed(2)}
              </dd>
            </div>
          ))}
        </dl>
      </section>
    </>
  );
}

function Peers({ picture }: { picture: EntityPicture }) {
  return (
    <>
      <div className="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">With</th>
              <th scope="col" className="num">
                Port
              </th>
              <th scope="col">What</th>
              <th scope="col">Who began</th>
              <th scope="col">First seen (UTC)</th>
              <th scope="col">Last seen (UTC)</th>
              <th scope="col" className="num">
                Connections
              </th>
              <th scope="col" className="num">
                Sent
              </th>
              <th scope="col" className="num">
                Received
              </th>
            </tr>
          </thead>
          <tbody>
            {picture.peers.map((peer) => (
              <tr key={`${peer.peer} ${peer.port} ${peer.role}`}>
                <td>
                  <Logged text={peer.peer} limit={80} mono />{' '}
                  {peer.is_inside && <span className="chip">inside</span>}
                </td>
                <td className="num">{peer.port}</td>
                <td>
                  <Logged text={peer.app} limit={20} />
                </td>
                <td>{peer.role === 'initiator' ? 'this entity' : 'the other side'}</td>
                <td>
                  <Time at={peer.first} />
                </td>
                <td>
                  <Time at={peer.last} />
                </td>
                <td className="num">{formatCount(peer.connections)}</td>
                <td className="num">{formatBytes(peer.bytes_out)}</td>
                <td className="num">{formatBytes(peer.bytes_in)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {picture.peers_total > picture.peers.length && (
        <p className="fine">
          The {picture.peers.length} that were sent most, of {countOf(picture.peers_total, 'peer')}.
        </p>
      )}
    </>
  );
}

function EntityFindings({ name }: { name: string }) {
  const query = useApi<FindingPage>(`/findings${queryOf({ entity: name, suppressed: true, limit: 20 })}`);
  return (
    <section>
      <h2>Findings</h2>
      <Asked query={query} what="its findings">
        {({ findings, total }) =>
          total === 0 ? (
            <p className="none">No finding is about it.</p>
          ) : (
            <ul className="plain">
              {findings.map((kept) => (
                <FindingLine key={kept.uid} kept={kept}>
                  {kept.finding.technique} <Logged text={kept.finding.title} limit={120} />
                </FindingLine>
              ))}
            </ul>
          )
        }
      </Asked>
    </section>
  );
}
