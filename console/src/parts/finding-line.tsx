import type { ReactNode } from 'react';
import type { KeptFinding } from '../../../src/model/live.js';
import { formatProbability } from '../../../src/output/format.js';
import { findingPath, Link } from '../router.js';
import { SeverityBadge, Standing } from './badges.js';
import { Time } from './time.js';

/** A finding in a line of a list; `relation` says why it stands there. */
export function FindingLine({
  kept,
  relation = '',
  children,
}: {
  kept: KeptFinding;
  relation?: string;
  children: ReactNode;
}) {
  const { finding, uid } = kept;
  return (
    <li>
      <SeverityBadge severity={finding.severity} /> {formatProbability(finding.score)}{' '}
      <Link to={findingPath(uid)}>{children}</Link>{' '}
      <span className="fine">
        {relation} last <Time at={finding.window.to} /> UTC
      </span>{' '}
      <Standing kept={kept} />
    </li>
  );
}
