import { termText, timeText } from '../../../src/model/event-query/terms.js';
import type { GraphEdge, GraphNode, ServiceGraph } from '../../../src/model/explore.js';
import type { Finding } from '../../../src/model/hunt-result.js';
import { countOf, formatBytes, formatCount, formatTime } from '../../../src/output/format.js';
import { queryOf, useApi } from '../api.js';
import { Picture } from '../charts/frame.js';
import { type DrawnEdge, type DrawnNode, heightOf, LayeredGraph } from '../charts/layered-graph.js';
import { GraphLegend, nameOf, unusual } from '../graph/words.js';
import { huntPath } from '../hunt/asked.js';
import { Asked } from '../parts/states.js';
import { canAskFor, entityPath } from '../router.js';
import { shown } from '../text.js';
import { Section } from './finding-page.js';

/** On each side: those that are new first, then those that moved most. */
const MOST = 14;
/** First contacts are known by the minute. */
const GRACE_MS = 60_000;
/** What has connections. */
const TALKING = ['workload', 'container', 'address', 'node'];

/** Who talked to the entity at the time, whom it talked to, and what of it was new. */
export function Neighbourhood({ finding }: { finding: Finding }) {
  const { entity, window } = finding;
  const id = `${entity.kind}:${entity.name}`;
  const span = {
    from: new Date(Date.parse(window.from) - GRACE_MS).toISOString(),
    to: new Date(Date.parse(window.to) + GRACE_MS).toISOString(),
  };
  const pathOf = (field: string): string | null =>
    TALKING.includes(entity.kind) && canAskFor(entity.name)
      ? `/graph${queryOf({ filter: `${termText(field, id)} ${timeText(span)}`, now: span.to, edges: 'all' })}`
      : null;
  const coming = useApi<ServiceGraph>(pathOf('dst_entity'));
  const going = useApi<ServiceGraph>(pathOf('entity'));
  if (pathOf('entity') === null) return null;
  return (
    <Section id="neighbours" title="Who it talked to">
      <Asked query={coming} what="who talked to it">
        {(coming) => (
          <Asked query={going} what="whom it talked to">
            {(going) => <Drawing finding={finding} coming={coming} going={going} />}
          </Asked>
        )}
      </Asked>
    </Section>
  );
}

interface Near {
  node: GraphNode;
  edge: GraphEdge;
}

const nearOf = ({ edges, nodes }: ServiceGraph, side: 'from' | 'to'): Near[] =>
  edges.map((edge) => ({ edge, node: nodes.find(({ id }) => id === edge[side])! }));

function Drawing({
  finding,
  coming,
  going,
}: {
  finding: Finding;
  coming: ServiceGraph;
  going: ServiceGraph;
}) {
  const { kind, name } = finding.entity;
  const id = `${kind}:${name}`;
  const [clients, servers] = [nearOf(coming, 'from'), nearOf(going, 'to')];
  if (clients.length + servers.length === 0)
    return (
      <p className="none">
        No connection of it is kept. Connections expire after `serve.keep_days`, and not every source tells of
        them.
      </p>
    );
  const centre: DrawnNode = {
    ...{ id, label: shown(name, 120), note: 'this entity', findings: 0, look: 'centre' },
    to: entityPath({ kind, name }),
  };
  const sides = [
    { near: clients.slice(0, MOST), layer: 0, term: termText('dst_entity', id), side: 'filter_from' },
    { near: servers.slice(0, MOST), layer: 1, term: termText('entity', id), side: 'filter_to' },
  ] as const;
  const href = ({ term, side }: (typeof sides)[number], { node }: Near): string | null =>
    huntPath({ filter: `${term} ${node[side]}`, span: going });
  const edges = sides.flatMap((one) =>
    one.near.map((near): DrawnEdge => {
      const ends = one.layer === 0 ? { from: near.node.id, to: id } : { from: id, to: near.node.id };
      return { ...ends, layer: one.layer, ...toldOf(near), href: href(one, near) };
    }),
  );
  const layers = [
    sides[0].near.map((near) => neighbour(near, href(sides[0], near))),
    [centre],
    sides[1].near.map((near) => neighbour(near, href(sides[1], near))),
  ];
  const hidden = clients.length + servers.length - edges.length;
  return (
    <Picture
      isInteractive
      sentence={`${describe(clients, servers, going.history_from)}${hidden > 0 ? ` ${countOf(hidden, 'neighbour')} that moved less ${hidden === 1 ? 'is' : 'are'} in the table alone.` : ''}`}
      height={heightOf(layers)}
      legend={<GraphLegend />}
      table={{
        columns: [
          'Neighbour',
          'Who began',
          'What is unusual',
          'Connections',
          'It sent',
          'It was sent',
          'First seen (UTC)',
        ],
        rows: [
          ...clients.map((near) => rowOf(near, 'the neighbour')),
          ...servers.map((near) => rowOf(near, 'this entity')),
        ],
      }}
    >
      <LayeredGraph titles={['Came to it', 'This entity', 'It went to']} layers={layers} edges={edges} />
    </Picture>
  );
}

const toldOf = ({ node, edge }: Near): Pick<DrawnEdge, 'bytes' | 'look' | 'says'> => ({
  bytes: edge.bytes_out + edge.bytes_in,
  look: edge.is_new ? 'new' : edge.is_loud ? 'loud' : 'usual',
  says: `${nameOf(node)}: ${countOf(edge.connections, 'connection')}, ${formatBytes(edge.bytes_out)} out, ${formatBytes(edge.bytes_in)} back${unusual(edge) && `, ${unusual(edge)}`}`,
});

const neighbour = (near: Near, to: string | null): DrawnNode => ({
  ...{
    id: near.node.id,
    label: nameOf(near.node),
    note: toldOf(near).says,
    to,
    findings: near.node.findings,
  },
  look: near.node.kind === 'group' ? 'group' : near.node.is_inside ? 'inside' : 'outside',
});

function rowOf({ node, edge }: Near, began: string): string[] {
  const isOurs = began === 'this entity';
  return [
    nameOf(node),
    began,
    unusual(edge),
    formatCount(edge.connections),
    formatBytes(isOurs ? edge.bytes_out : edge.bytes_in),
    formatBytes(isOurs ? edge.bytes_in : edge.bytes_out),
    formatTime(edge.first),
  ];
}

function describe(clients: Near[], servers: Near[], since: string | null): string {
  const fresh = [...clients, ...servers].filter(({ edge }) => edge.is_new).length;
  const all = clients.length + servers.length;
  return `It talked to ${formatCount(servers.length)}, and ${formatCount(clients.length)} talked to it; ${formatCount(fresh)} of these ${countOf(all, 'neighbour')} ${fresh === 1 ? 'is' : 'are'} new against all that is kept${since === null ? '' : ` since ${formatTime(since)} UTC`}.`;
}
