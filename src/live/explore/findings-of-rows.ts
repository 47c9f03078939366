import type { EventRow } from '../../model/explore.js';
import type { Store } from '../../store/store.js';
import { iso } from '../look.js';

const MOST_FINDINGS = 500;
const MOST_A_ROW = 3;
/** Windows begin with the first row that counted: what led to it is a little before. */
const GRACE_MS = 60_000;

/** For each row the findings about its entity at its time, those of the highest score first. */
export async function findingsOfRows(
  store: Store,
  rows: readonly { entity: string; at: string }[],
): Promise<EventRow['findings'][]> {
  const times = rows.map(({ at }) => Date.parse(at)).sort((a, b) => a - b);
  const entities = [...new Set(rows.map(({ entity }) => entity))].filter((id) => id !== '');
  if (entities.length === 0) return rows.map(() => []);
  const findings = await store.rows<{
    uid: string;
    technique: string;
    entity: string;
    from: string;
    to: string;
  }>(
    `SELECT uid, JSONExtractString(finding, 'technique') AS technique, concat(entity_kind, ':', entity_name) AS entity, ${iso('window_from')} AS from, ${iso('window_to')} AS to
     FROM finding WHERE concat(entity_kind, ':', entity_name) IN {entities:Array(String)} AND status != 'candidate'
       AND window_from <= fromUnixTimestamp64Milli({last:Int64}) AND window_to >= fromUnixTimestamp64Milli({first:Int64})
     ORDER BY score DESC, uid LIMIT ${MOST_FINDINGS}`,
    { entities, first: times[0]! - GRACE_MS, last: times.at(-1)! + GRACE_MS },
  );
  return rows.map(({ entity, at }) =>
    findings
      .filter(
        (one) =>
          one.entity === entity &&
          Date.parse(one.from) - GRACE_MS <= Date.parse(at) &&
          Date.parse(at) <= Date.parse(one.to) + GRACE_MS,
      )
      .slice(0, MOST_A_ROW)
      .map(({ uid, technique }) => ({ uid, technique })),
  );
}
