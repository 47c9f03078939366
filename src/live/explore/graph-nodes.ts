import { isIP } from 'node:net';
import { termText } from '../../model/event-query/terms.js';
import type { GraphEdge, GraphNode, ServiceGraph } from '../../model/explore.js';
import { canonicalNetwork } from '../../model/network-address.js';

/** A picture with more nodes than this shows nothing. */
const MOST_NODES = 300;

/** An edge as the store has it. */
export type SeenEdge = Omit<GraphEdge, 'from' | 'to' | 'is_new' | 'is_loud'> & {
  entity: string;
  /** '' where it is not known who answered; then `destination` says to whom. */
  dst_entity: string;
  destination: string;
  /** Registered domain of the destination; of an address it means nothing. */
  domain: string;
  is_inside: number;
  is_new: number;
  is_loud: number;
};

/** Nodes and edges: each by itself, or, where these are too many, those that have a namespace, domain or network in common as one. */
export function edgesAmong(
  seen: readonly SeenEdge[],
  findings: ReadonlyMap<string, number>,
): Pick<ServiceGraph, 'nodes' | 'edges' | 'is_grouped' | 'nodes_total'> {
  const single = new Graph(findings);
  for (const edge of seen) single.add(edge, { from: ownNode(edge, 'from'), to: ownNode(edge, 'to') });
  if (single.size <= MOST_NODES) return { ...single.whole(), is_grouped: false, nodes_total: single.size };
  const grouped = new Graph(findings);
  for (const edge of seen) grouped.add(edge, { from: groupOf(edge, 'from'), to: groupOf(edge, 'to') });
  return { ...grouped.whole(), is_grouped: true, nodes_total: single.size };
}

type Bare = Pick<GraphNode, 'kind' | 'name' | 'is_inside' | 'filter_from' | 'filter_to'>;
type Side = 'from' | 'to';

/** Collects edges between nodes; those between the same two become one. Beyond what can be drawn, edges of further nodes are left out. */
class Graph {
  readonly #nodes = new Map<string, { node: GraphNode; members: Set<string> }>();
  readonly #edges = new Map<string, GraphEdge>();

  constructor(readonly findings: ReadonlyMap<string, number>) {}

  get size(): number {
    return this.#nodes.size;
  }

  add(seen: SeenEdge, ends: Record<Side, Bare>): void {
    const from = this.#meet(ends.from, seen.entity);
    const to = this.#meet(ends.to, seen.dst_entity || seen.destination);
    const key = `${from}\n${to}`;
    const known = this.#edges.get(key);
    this.#edges.set(key, known ? joined(known, seen) : { from, to, ...told(seen) });
  }

  whole(): Pick<ServiceGraph, 'nodes' | 'edges'> {
    const drawn = new Set<string>();
    const edges = [...this.#edges.values()].filter(({ from, to }) => {
      const added = new Set([from, to].filter((id) => !drawn.has(id)));
      if (drawn.size + added.size > MOST_NODES) return false;
      for (const id of added) drawn.add(id);
      return true;
    });
    const nodes = [...this.#nodes.values()].filter(({ node }) => drawn.has(node.id));
    return {
      edges,
      nodes: nodes.map(({ node, members }) => ({
        ...node,
        members: members.size,
        findings: [...members].reduce((sum, id) => sum + (this.findings.get(id) ?? 0), 0),
      })),
    };
  }

  #meet(bare: Bare, member: string): string {
    const id = `${bare.kind}:${bare.name}`;
    const known = this.#nodes.get(id);
    if (known) {
      known.members.add(member);
      if (known.node.filter_to === '') known.node.filter_to = bare.filter_to;
      if (known.node.filter_from === '') known.node.filter_from = bare.filter_from;
    } else
      this.#nodes.set(id, { node: { id, ...bare, members: 1, findings: 0 }, members: new Set([member]) });
    return id;
  }
}

const told = ({ connections, bytes_out, bytes_in, ports, apps, first, last, ...edge }: SeenEdge) => ({
  ...{ connections, bytes_out, bytes_in, ports, apps, first, last },
  is_new: edge.is_new === 1,
  is_loud: edge.is_loud === 1,
});

const MOST_NAMED = 5;

const joined = (known: GraphEdge, seen: SeenEdge): GraphEdge => ({
  ...known,
  connections: known.connections + seen.connections,
  bytes_out: known.bytes_out + seen.bytes_out,
  bytes_in: known.bytes_in + seen.bytes_in,
  ports: [...new Set([...known.ports, ...seen.ports])].slice(0, MOST_NAMED),
  apps: [...new Set([...known.apps, ...seen.apps])].slice(0, MOST_NAMED),
  first: [known.first, seen.first].sort()[0]!,
  last: [known.last, seen.last].sort()[1]!,
  is_new: known.is_new || seen.is_new === 1,
  is_loud: known.is_loud || seen.is_loud === 1,
});

function ownNode(edge: SeenEdge, side: Side): Bare {
  const name = side === 'from' ? edge.entity : edge.dst_entity;
  if (name !== '')
    return {
      ...{ kind: 'entity', name, is_inside: true },
      ...{ filter_from: termText('entity', name), filter_to: termText('dst_entity', name) },
    };
  return {
    ...{ kind: 'destination', name: edge.destination, is_inside: edge.is_inside === 1 },
    ...{ filter_from: '', filter_to: termText('peer', edge.destination) },
  };
}

/** Names that can stand in a pattern as they are. */
const PLAIN = /^[\w.-]+$/;

function groupOf(edge: SeenEdge, side: Side): Bare {
  const id = side === 'from' ? edge.entity : edge.dst_entity;
  return id === '' ? groupOfDestination(edge) : groupOfEntity(id, ownNode(edge, side));
}

function groupOfEntity(id: string, own: Bare): Bare {
  const colon = id.indexOf(':');
  const [kind, name] = [id.slice(0, colon), id.slice(colon + 1)];
  const slash = name.indexOf('/');
  const group = (name: string, pattern: string): Bare => ({
    ...{ kind: 'group', name, is_inside: true },
    ...{ filter_from: `entity:${pattern}`, filter_to: `dst_entity:${pattern}` },
  });
  if (kind === 'address') return groupOfAddress(name, own);
  if (slash > 0 && PLAIN.test(name.slice(0, slash)))
    return group(`${name.slice(0, slash)}/…`, `${kind}:${name.slice(0, slash)}/*`);
  // A release, project or set writes its name in front.
  const [, family] = /^([A-Za-z0-9]+)[-_.]/.exec(name) ?? [];
  return family === undefined ? own : group(`${family}…`, `${kind}:${family}*`);
}

function groupOfDestination(edge: SeenEdge): Bare {
  const { destination, domain } = edge;
  const own = ownNode(edge, 'to');
  if (isIP(destination) !== 0) return groupOfAddress(destination, own);
  if (domain === '' || !PLAIN.test(domain)) return own;
  return {
    ...{ kind: 'group', name: domain, is_inside: own.is_inside },
    ...{ filter_from: '', filter_to: `peer:${domain},*.${domain}` },
  };
}

function groupOfAddress(address: string, own: Bare): Bare {
  const isShort = isIP(address) === 4;
  const network = canonicalNetwork(`${address}/${isShort ? 24 : 64}`);
  if (network === null) return own;
  const pattern = address.replace(/\d+$/, '*');
  const filters = isShort
    ? { filter_from: `entity:address:${pattern}`, filter_to: `peer:${pattern}` }
    : { filter_from: `src_ip:${network}`, filter_to: `dst_ip:${network}` };
  return { kind: 'group', name: network, is_inside: own.is_inside, ...filters };
}
