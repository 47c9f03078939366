import type { Finding } from '../../../src/model/hunt-result.js';
import type { FindingPage } from '../../../src/model/live.js';
import { queryOf, useApi } from '../api.js';
import { FindingLine } from '../parts/finding-line.js';
import { canAskFor } from '../router.js';
import { Logged } from '../text.js';
import { Section } from './finding-page.js';

const MOST = 8;

/** Findings of the same story, and others on the same entity. */
export function Similar({ finding }: { finding: Finding }) {
  const common = { limit: MOST + 1, suppressed: true };
  const story = useApi<FindingPage>(`/findings${queryOf({ incident: finding.incident, ...common })}`);
  const entity = useApi<FindingPage>(
    canAskFor(finding.entity.name) ? `/findings${queryOf({ entity: finding.entity.name, ...common })}` : null,
  );
  const found = new Map(
    [...(story.data?.findings ?? []), ...(entity.data?.findings ?? [])]
      .filter(({ uid }) => uid !== finding.uid)
      .map((kept) => [kept.uid, kept]),
  );
  if (found.size === 0) return null;
  return (
    <Section id="similar" title="Belongs to it, or is about the same entity">
      <ul className="plain">
        {[...found.values()].slice(0, MOST).map((kept) => (
          <FindingLine
            key={kept.uid}
            kept={kept}
            relation={kept.finding.incident === finding.incident ? 'same incident,' : 'same entity,'}
          >
            {kept.finding.technique} <Logged text={kept.finding.entity.name} limit={60} />
          </FindingLine>
        ))}
      </ul>
    </Section>
  );
}
