import type { GraphEdge, GraphNode } from '../../../src/model/explore.js';
import { entityOf } from '../hunt/values.js';
import { shown } from '../text.js';

/** What pictures of neighbours say alike. */

export const nameOf = ({ kind, name }: GraphNode): string =>
  shown(kind === 'entity' ? entityOf(name).name : name, 120);

export const unusual = ({ is_new, is_loud }: GraphEdge): string =>
  [is_new ? 'new' : '', is_loud ? 'louder than ever' : ''].filter(Boolean).join(', ');

const LOOKS = [
  ['new', 'new'],
  ['loud', 'louder than ever'],
  ['usual', 'seen before'],
] as const;

export function GraphLegend() {
  return (
    <ul className="legend">
      {LOOKS.map(([look, says]) => (
        <li key={look}>
          <svg viewBox="0 0 34 10" width="34" height="10" aria-hidden="true">
            <path className={`line ${look}`} d="M0 5H34" strokeWidth="3" />
          </svg>
          {says}
        </li>
      ))}
      <li>the wider, the more bytes</li>
      <li>▲ open findings</li>
    </ul>
  );
}
