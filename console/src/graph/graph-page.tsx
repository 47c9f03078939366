import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { bothOf } from '../../../src/model/event-query/terms.js';
import type { GraphEdge, GraphNode, ServiceGraph } from '../../../src/model/explore.js';
import { countOf, formatBytes, formatCount, formatTime, formatWindow } from '../../../src/output/format.js';
import { type ApiProblem, get, queryOf } from '../api.js';
import { Picture } from '../charts/frame.js';
import { type DrawnEdge, type DrawnNode, heightOf, LayeredGraph } from '../charts/layered-graph.js';
import { huntPath, withoutTime } from '../hunt/asked.js';
import { QueryBar } from '../hunt/query-bar.js';
import { entityOf } from '../hunt/values.js';
import { Asked, Empty } from '../parts/states.js';
import { type Address, canAskFor, entityPath, go, Link, withQuery } from '../router.js';
import { Logged } from '../text.js';
import { GraphLegend, nameOf, unusual } from './words.js';

/** Who inside talks to whom: what is new or loud, or all of it. */
export default function GraphPage({ address }: { address: Address }) {
  const filter = address.query.get('filter') ?? '';
  const edges = address.query.get('edges') === 'all' ? 'all' : 'unusual';
  const [now, setNow] = useState(() => new Date().toISOString());
  useEffect(() => {
    document.title = 'Graph · Stowaway';
  }, []);
  const path = `/graph${queryOf({ filter, now, edges })}`;
  const query = useQuery<ServiceGraph, ApiProblem>({
    queryKey: [path],
    queryFn: () => get<ServiceGraph>(path),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const ask = (changes: { filter?: string }): void => {
    setNow(new Date().toISOString());
    go(withQuery(address, { filter: changes.filter || null }));
  };
  return (
    <div className="hunt">
      <h1>Who talks to whom</h1>
      <QueryBar key={filter} asked={{ table: 'connection', filter }} problem={query.error} onAsk={ask} />
      <nav aria-label="Which edges" className="views">
        {(['unusual', 'all'] as const).map((which) => (
          <Link
            key={which}
            to={withQuery(address, { edges: which === 'all' ? which : null })}
            aria-current={which === edges ? 'page' : undefined}
          >
            {which === 'all' ? 'All' : 'New and loud'}
            {query.data && (
              <span className="fine">
                {' '}
                {formatCount(which === 'all' ? query.data.edges_total : query.data.unusual_total)}
              </span>
            )}
          </Link>
        ))}
      </nav>
      {!query.error && (
        <Asked query={query} what="who talks to whom">
          {(graph) =>
            graph.edges.length === 0 ? (
              <Nothing graph={graph} edges={edges} />
            ) : (
              <section className="panel">
                <Drawing graph={graph} filter={filter} />
              </section>
            )
          }
        </Asked>
      )}
    </div>
  );
}

function Nothing({ graph, edges }: { graph: ServiceGraph; edges: 'unusual' | 'all' }) {
  const isQuiet = edges === 'unusual' && graph.edges_total > 0;
  return (
    <Empty
      title={
        isQuiet ? 'Nothing new, and nothing loud.' : 'No connection of anybody inside is known at that time.'
      }
    >
      <p>
        {isQuiet
          ? `${countOf(graph.edges_total, 'edge')} in ${formatWindow(graph)} UTC, each seen before.`
          : 'A source of connections may be silent or missing: that nothing is here does not say that nothing happened.'}
      </p>
    </Empty>
  );
}

function Drawing({ graph, filter }: { graph: ServiceGraph; filter: string }) {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const rest = withoutTime(filter);
  const drawn = (side: 'from' | 'to'): DrawnNode[] =>
    [...new Set(graph.edges.map((edge) => edge[side]))].map((id) =>
      nodeOf(nodes.get(id)!, side, { graph, filter, rest }),
    );
  const edges = graph.edges.map((edge) => edgeOf(edge, nodes, { graph, rest }));
  const layers = [drawn('from'), drawn('to')];
  return (
    <Picture
      isInteractive
      sentence={describe(graph)}
      height={heightOf(layers)}
      table={{
        columns: [
          'From',
          'To',
          'What is unusual',
          'Connections',
          'Bytes out',
          'Bytes in',
          'Ports',
          'First seen (UTC)',
          'Last (UTC)',
        ],
        rows: graph.edges.map((edge, index) => [
          nameOf(nodes.get(edge.from)!),
          edges[index]!.href ? (
            <Link key="to" to={edges[index]!.href!}>
              {nameOf(nodes.get(edge.to)!)}
            </Link>
          ) : (
            nameOf(nodes.get(edge.to)!)
          ),
          unusual(edge),
          formatCount(edge.connections),
          formatBytes(edge.bytes_out),
          formatBytes(edge.bytes_in),
          <Logged key="ports" text={[...edge.ports, ...edge.apps].join(', ')} limit={80} />,
          formatTime(edge.first),
          formatTime(edge.last),
        ]),
      }}
      legend={<GraphLegend />}
    >
      <LayeredGraph titles={['Who', 'To whom']} layers={layers} edges={edges} />
    </Picture>
  );
}

interface Around {
  graph: ServiceGraph;
  filter: string;
  /** The filter without its times. */
  rest: string;
}

function nodeOf(node: GraphNode, side: 'from' | 'to', { graph, filter, rest }: Around): DrawnNode {
  const own = side === 'from' ? node.filter_from : node.filter_to;
  const entity = entityOf(node.name);
  const to =
    node.kind === 'group'
      ? `/graph${queryOf({ filter: bothOf(filter, own), edges: 'all' })}`
      : node.kind === 'destination'
        ? huntPath({ filter: bothOf(rest, own), span: graph })
        : canAskFor(entity.name)
          ? entityPath(entity)
          : null;
  const found = node.findings > 0 ? `, ${countOf(node.findings, 'open finding')}` : '';
  const note =
    node.kind === 'group'
      ? `${countOf(node.members, 'member')}${found}`
      : `${node.is_inside ? 'inside' : 'outside'}${found}`;
  const look = node.kind === 'group' ? 'group' : node.is_inside ? 'inside' : 'outside';
  return { id: node.id, label: nameOf(node), note, to, look, findings: node.findings };
}

function edgeOf(
  edge: GraphEdge,
  nodes: ReadonlyMap<string, GraphNode>,
  { graph, rest }: Pick<Around, 'graph' | 'rest'>,
): DrawnEdge {
  const [from, to] = [nodes.get(edge.from)!, nodes.get(edge.to)!];
  return {
    ...{ layer: 0, from: edge.from, to: edge.to, bytes: edge.bytes_out },
    look: edge.is_new ? 'new' : edge.is_loud ? 'loud' : 'usual',
    says: `${nameOf(from)} to ${nameOf(to)}: ${countOf(edge.connections, 'connection')}, ${formatBytes(edge.bytes_out)} out${unusual(edge) && `, ${unusual(edge)}`}`,
    href: huntPath({ filter: bothOf(rest, from.filter_from, to.filter_to), span: graph }),
  };
}

function describe({ nodes, edges, from, history_from, ...graph }: ServiceGraph): string {
  const isYoung = history_from === null || history_from >= from;
  return [
    `${countOf(edges.length, 'edge')} among ${countOf(nodes.length, 'node')} in ${formatWindow({ from, to: graph.to })} UTC;`,
    `${formatCount(graph.unusual_total)} of ${countOf(graph.edges_total, 'edge')} are new, or sent in an hour more than three times what they ever did.`,
    graph.is_grouped
      ? `There are ${formatCount(graph.nodes_total)} nodes: those of a namespace, domain or network stand as one.`
      : '',
    isYoung
      ? 'What is kept begins within this time, so that everything is new to it.'
      : `New is what was not seen since ${formatTime(history_from!)}.`,
  ]
    .filter(Boolean)
    .join(' ');
}
