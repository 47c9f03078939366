import type { Finding } from '../model/hunt-result.js';
import type { FindingFlood } from '../model/live.js';
import type { Store } from '../store/store.js';

/** How far back what is usual is looked for, and how long before the finding it ends. */
const USUAL_DAYS = 14;
const LEAD_SECONDS = 300;
/** Fewer minutes tell nothing of what is usual. */
const LEAST_MINUTES = 10;
const MOST_MINUTES = 1500;
const MOST_TARGETS = 10;

const MINUTE = `formatDateTime(minute, '%FT%TZ', 'UTC')`;

/** What a finding's entity did minute by minute, against what it did before, and at whom it was aimed. */
export async function floodOf(store: Store, entity: string, { window }: Finding): Promise<FindingFlood> {
  const asked = {
    entity,
    from: Math.floor(Date.parse(window.from) / 1000) - LEAD_SECONDS,
    to: Math.ceil(Date.parse(window.to) / 1000) + LEAD_SECONDS,
  };
  const within = `entity_id = {entity:String} AND minute >= toDateTime({from:Int64}, 'UTC') AND minute <= toDateTime({to:Int64}, 'UTC')`;
  const [minutes, targets, [usual]] = await Promise.all([
    store.rows<FindingFlood['minutes'][number]>(
      `SELECT ${MINUTE} AS time, sum(c.connections) AS connections, sum(c.futile) AS futile, sum(c.packets) AS packets
       FROM contact_minute AS c WHERE ${within} GROUP BY minute ORDER BY minute LIMIT ${MOST_MINUTES}`,
      asked,
    ),
    store.rows<FindingFlood['targets'][number] & { all: number }>(
      `SELECT *, count() OVER () AS all FROM (
         SELECT ip_text(target) AS ip, any(c.peer) AS peer, any(c.port) AS port, protocol, sum(c.connections) AS connections, sum(c.packets) AS packets
         FROM contact_minute AS c WHERE ${within} GROUP BY target, protocol
       ) ORDER BY connections DESC, packets DESC, ip, protocol LIMIT ${MOST_TARGETS}`,
      asked,
    ),
    store.rows<{ minutes: number; connections: [number, number]; packets: [number, number] }>(
      `SELECT count() AS minutes, quantiles(0.5, 0.99)(connections) AS connections, quantiles(0.5, 0.99)(packets) AS packets FROM (
         SELECT minute, sum(c.connections) AS connections, sum(c.packets) AS packets FROM contact_minute AS c
         WHERE entity_id = {entity:String} AND minute < toDateTime({from:Int64}, 'UTC') AND minute >= toDateTime({from:Int64}, 'UTC') - INTERVAL ${USUAL_DAYS} DAY
         GROUP BY minute)`,
      asked,
    ),
  ]);
  const range = ([median, upper]: [number, number]) => ({ median, upper });
  return {
    minutes,
    usual:
      usual && usual.minutes >= LEAST_MINUTES
        ? { minutes: usual.minutes, connections: range(usual.connections), packets: range(usual.packets) }
        : null,
    targets: targets.map(({ all: _, ...target }) => target),
    targets_total: targets[0]?.all ?? 0,
  };
}
