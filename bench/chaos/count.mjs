// What a server that was hurt has stored and told, against what it was handed.
import { openStore, withSettings } from '../../dist/store/store.js';

/** Opened, and opened again though nobody was told that it had closed: a clock that is set may close a finding and open it again. */
const isToldTwice = (told) =>
  told
    .filter(({ what }) => what === 'opened' || what === 'closed')
    .some(({ what }, index, all) => what === 'opened' && all[index - 1]?.what === 'opened');

/** Reads a store that no server uses now. */
export async function count(location, ledger, hook) {
  const raw = await openStore(location);
  const store = withSettings(raw, { final: 1 });
  try {
    const rows = await store.rows(
      'SELECT session_uid AS uid, count() AS times FROM network_activity GROUP BY uid',
    );
    const times = new Map(rows.map(({ uid, times }) => [uid, times]));
    const [sums] = await store.rows(`
SELECT (SELECT sum(traffic_bytes_out) FROM network_activity) AS seen, (SELECT sum(bytes_out) FROM connection) AS joined,
  (SELECT sum(bytes_out) FROM egress_hour WHERE role = 'initiator') AS hours, (SELECT count() FROM connection) AS connections`);
    const findings = await store.rows('SELECT uid, entity_name, strategy FROM finding');
    const due = await store.rows("SELECT notice FROM outbox WHERE state IN ('waiting', 'sending')");
    const opened = hook.told.filter(({ what }) => what === 'opened');
    const perFinding = new Map();
    for (const one of opened) perFinding.set(one.alert.uid, [...(perFinding.get(one.alert.uid) ?? []), one]);
    const wrong = {
      'acknowledged events that are missing': [...ledger.acknowledged].filter((uid) => !times.has(uid))
        .length,
      'events stored more than once': rows.filter(({ times }) => times > 1).length,
      'events that nobody sent': rows.filter(
        ({ uid }) => !ledger.acknowledged.has(uid) && !ledger.unknown.has(uid),
      ).length,
      'bytes missing from connections': sums.seen - sums.joined,
      'bytes missing from sums by the hour': sums.seen - sums.hours,
      'connections too many or few': sums.connections - rows.length,
      'uploads without a finding': [...ledger.uploads].filter(
        (entity) => !findings.some((one) => one.entity_name === entity),
      ).length,
      'findings that exist twice':
        findings.length -
        new Set(findings.map(({ entity_name, strategy }) => `${strategy} ${entity_name}`)).size,
      'findings nobody was told of, nor will be': findings.filter(
        ({ uid, entity_name }) =>
          ledger.uploads.has(entity_name) &&
          !perFinding.has(uid) &&
          !due.some(({ notice }) => notice.startsWith(uid)),
      ).length,
      'told twice as if for the first time': [...perFinding.keys()].filter((uid) =>
        isToldTwice(hook.told.filter(({ alert, may_repeat }) => alert?.uid === uid && !may_repeat)),
      ).length,
    };
    return {
      acknowledged: ledger.acknowledged.size,
      stored: rows.length,
      findings: findings.length,
      told: opened.length,
      repeated: opened.filter(({ may_repeat }) => may_repeat).length,
      wrong: Object.entries(wrong).filter(([, number]) => number !== 0),
    };
  } finally {
    await raw.close();
  }
}
