import type { ReactNode } from 'react';
import { linearScale } from '../../../src/output/scale.js';
import { Link } from '../router.js';
import { FRAME } from './frame.js';

/** Something in a column. The same may stand in several, and is told apart by the column. */
export interface DrawnNode {
  id: string;
  /** Safe to show. */
  label: string;
  /** What else is known of it, in a few words. */
  note: string;
  /** Null where nothing is behind it. */
  to: string | null;
  look: 'inside' | 'outside' | 'group' | 'centre';
  /** Open findings. */
  findings: number;
}

/** From a node of one column to a node of the next. */
export interface DrawnEdge {
  /** Of the column on the left. */
  layer: number;
  from: string;
  to: string;
  bytes: number;
  look: 'new' | 'loud' | 'usual';
  says: string;
  href: string | null;
}

const [ROW, TOP, BOX] = [30, 30, 22];
const LONGEST_LABEL = { 2: 42, 3: 30 } as const;

/** Height of the picture of so many columns. */
export const heightOf = (layers: readonly DrawnNode[][]): number =>
  TOP + Math.max(...layers.map((nodes) => nodes.length)) * ROW + 6;

/** Columns of nodes with edges between neighbours; each node and each edge leads on. */
export function LayeredGraph({
  titles,
  layers,
  edges,
}: {
  titles: string[];
  layers: DrawnNode[][];
  edges: DrawnEdge[];
}) {
  const places = placesOf(layers, edges);
  const width = layers.length === 2 ? 330 : 232;
  const left = (layer: number) => (layer * (FRAME.width - width)) / (layers.length - 1);
  const thickness = linearScale([0, Math.log1p(Math.max(1, ...edges.map(({ bytes }) => bytes)))], [1.2, 4.5]);
  return (
    <g>
      {titles.map((title, layer) => (
        <text key={title} className="tick" x={left(layer)} y={14}>
          {title}
        </text>
      ))}
      {edges.map((edge) => {
        const [y1, y2] = [places[edge.layer]!.get(edge.from)!, places[edge.layer + 1]!.get(edge.to)!];
        const [x1, x2] = [left(edge.layer) + width, left(edge.layer + 1)];
        const middle = (x1 + x2) / 2;
        const d = `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
        return (
          <To key={`${edge.layer} ${edge.from} ${edge.to}`} to={edge.href} label={edge.says} className="edge">
            <title>{edge.says}</title>
            <path className="reach" d={d} />
            <path className={`line ${edge.look}`} d={d} strokeWidth={thickness(Math.log1p(edge.bytes))} />
          </To>
        );
      })}
      {layers.map((nodes, layer) =>
        nodes.map((node) => (
          <To
            key={`${titles[layer]} ${node.id}`}
            to={node.to}
            label={`${node.label}: ${node.note}`}
            className={`node ${node.look}`}
          >
            <title>{`${node.label}: ${node.note}`}</title>
            <rect
              x={left(layer) + 0.5}
              y={places[layer]!.get(node.id)! - BOX / 2}
              width={width - 1}
              height={BOX}
              rx={node.look === 'outside' ? 11 : 4}
            />
            <text x={left(layer) + 10} y={places[layer]!.get(node.id)! + 4}>
              {clipped(node.label, LONGEST_LABEL[layers.length as 2 | 3])}
            </text>
            {node.findings > 0 && (
              <text className="finds" x={left(layer) + width - 9} y={places[layer]!.get(node.id)! + 4}>
                ▲{node.findings}
              </text>
            )}
          </To>
        )),
      )}
    </g>
  );
}

/** A link where there is something behind it. */
function To({
  to,
  label,
  className,
  children,
}: {
  to: string | null;
  label: string;
  className: string;
  children: ReactNode;
}) {
  return to === null ? (
    <g className={className}>{children}</g>
  ) : (
    <Link to={to} aria-label={label} className={className}>
      {children}
    </Link>
  );
}

const clipped = (label: string, most: number): string =>
  label.length <= most ? label : `${label.slice(0, most - 1)}…`;

/** Heights of the nodes by column: each as near to its neighbours as there is room. */
function placesOf(layers: readonly DrawnNode[][], edges: readonly DrawnEdge[]): Map<string, number>[] {
  const most = Math.max(...layers.map((nodes) => nodes.length));
  const places = layers.map((nodes) =>
    spread(
      nodes.map(({ id }) => id),
      most,
    ),
  );
  for (let pass = 0; pass < 4; pass += 1)
    for (const side of ['right', 'left'] as const)
      layers.forEach((nodes, layer) => {
        const across = side === 'right' ? layer - 1 : layer + 1;
        if (places[across] === undefined) return;
        const wish = new Map(nodes.map(({ id }) => [id, meanOf(id)]));
        function meanOf(id: string): number {
          const near = edges
            .filter((edge) =>
              side === 'right'
                ? edge.layer === across && edge.to === id
                : edge.layer === layer && edge.from === id,
            )
            .map((edge) => places[across]!.get(side === 'right' ? edge.from : edge.to)!);
          return near.length === 0 ? places[layer]!.get(id)! : near.reduce((a, b) => a + b) / near.length;
        }
        const order = [...wish].sort((a, b) => a[1] - b[1]).map(([id]) => id);
        places[layer] = spread(order, most);
      });
  return places;
}

/** Evenly, in the middle of what the longest column takes. */
function spread(ids: readonly string[], most: number): Map<string, number> {
  const step = ids.length <= 1 ? 0 : Math.min(2 * ROW, ((most - 1) * ROW) / (ids.length - 1));
  const start = TOP + ROW / 2 + ((most - 1) * ROW - (ids.length - 1) * step) / 2;
  return new Map(ids.map((id, index) => [id, start + index * step]));
}
