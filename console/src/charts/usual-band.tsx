import type { Scale } from '../../../src/output/scale.js';
import { FRAME, RIGHT } from './frame.js';

/** From nothing to the upper end of what is usual, with the median dashed; never thinner than can be seen. */
export function UsualBand({
  usual,
  y,
  label,
}: {
  usual: { median: number; upper: number };
  y: Scale;
  label: (value: number) => string;
}) {
  const bottom = y(0);
  const height = Math.max(3, bottom - y(usual.upper));
  return (
    <g>
      <rect className="band" x={FRAME.left} width={RIGHT - FRAME.left} y={bottom - height} height={height} />
      <line className="median" x1={FRAME.left} x2={RIGHT} y1={y(usual.median)} y2={y(usual.median)} />
      <text className="note" x={FRAME.left + 6} y={bottom - height - 6}>
        usual: up to {label(usual.upper)}
      </text>
    </g>
  );
}
