import { memo } from 'react';
import type { FindingSeries, KeptFinding } from '../../../src/model/live.js';
import { formatProbability } from '../../../src/output/format.js';
import { Sparkline } from '../charts/sparkline.js';
import { SeverityBadge, Standing } from '../parts/badges.js';
import { Ago } from '../parts/time.js';
import { findingPath, Link } from '../router.js';
import { Logged } from '../text.js';

interface Row {
  kept: KeptFinding;
  series: FindingSeries | null;
  isSelected: boolean;
  onSelect: () => void;
}

export const QueueRow = memo(
  function QueueRow({ kept, series, isSelected, onSelect }: Row) {
    const { finding, uid } = kept;
    return (
      <tr className={`sev-${finding.severity}`} aria-selected={isSelected}>
        <td className="select">
          <input
            type="checkbox"
            checked={isSelected}
            onChange={onSelect}
            aria-label={`Select ${finding.technique}`}
            aria-describedby={`entity-${uid}`}
          />
        </td>
        <td>
          <SeverityBadge severity={finding.severity} />
        </td>
        <td className="num score">{formatProbability(finding.score)}</td>
        <td className="entity">
          <Link to={findingPath(uid)} data-uid={uid} id={`entity-${uid}`}>
            <Logged text={finding.entity.name} limit={80} />
          </Link>
          <span className="fine">
            {finding.technique} · {finding.entity.kind}
          </span>
        </td>
        <td className="why">
          <span className="clamp">
            <Logged text={finding.why} />
          </span>
        </td>
        <td>{series && <Sparkline series={series} />}</td>
        <td className="when">
          <Ago at={finding.window.to} />
        </td>
        <td>
          <Standing kept={kept} />
        </td>
      </tr>
    );
  },
  (a, b) =>
    a.kept.uid === b.kept.uid &&
    a.kept.version === b.kept.version &&
    a.series === b.series &&
    a.isSelected === b.isSelected,
);
