import type { FindingFlood } from '../../../src/model/live.js';
import { countOf, formatCount } from '../../../src/output/format.js';
import { linearScale } from '../../../src/output/scale.js';
import { shown } from '../text.js';
import { FRAME, Picture, RIGHT } from './frame.js';

const ROW = 24;
const NAMES = 260;

/** At whom it was aimed: a flood has few targets, and one has nearly all. */
export function TargetsChart({ flood }: { flood: FindingFlood }) {
  const { targets, targets_total: all } = flood;
  const of = targets.some(({ connections }) => connections > 1) ? 'connections' : 'packets';
  const total = flood.minutes.reduce((sum, minute) => sum + minute[of], 0);
  const share = (target: FindingFlood['targets'][number]) => target[of] / Math.max(1, total);
  const x = linearScale([0, 1], [NAMES, RIGHT - 70]);
  const name = ({ ip, peer, port, protocol }: FindingFlood['targets'][number]) =>
    shown(`${peer === ip || peer === '' ? ip : `${peer} (${ip})`} ${protocol}/${port}`, 90);
  const first = targets[0]!;
  return (
    <Picture
      sentence={`${formatShare(share(first))} of ${formatCount(total)} ${of} went to ${name(first)}; ${countOf(all, 'target')} in all.`}
      height={targets.length * ROW + 8}
      table={{
        columns: ['Target', 'Connections', 'Packets', `Share of ${of}`],
        rows: targets.map((target) => [
          name(target),
          formatCount(target.connections),
          formatCount(target.packets),
          formatShare(share(target)),
        ]),
      }}
    >
      {targets.map((target, index) => (
        <g key={`${target.ip} ${target.protocol}`} transform={`translate(0 ${index * ROW + 4})`}>
          <text className="lane-name" x={0} y={15}>
            {shown(name(target), 38)}
          </text>
          <line className="axis" x1={NAMES} x2={NAMES} y1={0} y2={ROW} />
          <rect
            className="bar"
            x={NAMES}
            width={Math.max(1, x(share(target)) - NAMES)}
            y={4}
            height={ROW - 9}
          />
          <text className="tick" x={Math.min(x(share(target)) + 8, FRAME.width - 60)} y={15}>
            {formatShare(share(target))}
          </text>
        </g>
      ))}
    </Picture>
  );
}

const formatShare = (share: number): string => (share < 0.01 ? 'under 1 %' : `${Math.round(share * 100)} %`);
