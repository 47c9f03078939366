import { tend, wholeTable } from '../store/sharding.js';
import type { Store } from '../store/store.js';

export interface ClockAlignment {
  source: string;
  file: string;
  offset_seconds: number;
  error_seconds: number;
  matches: number;
}

/**
 * Puts events of sensors that count from boot on the common clock.
 *
 * Each connect such a sensor saw is matched with the connection of the same four-tuple; the median difference is the
 * offset, and the 90th percentile of the rest is its stated error. Ports are used again, so matches far from the median
 * (over a minute) are other connections and are left out. A file without a match stays off the clock, and is named.
 */
export async function alignClocks(store: Store): Promise<{ aligned: ClockAlignment[]; unaligned: string[] }> {
  await unplace(store);
  await store.run('TRUNCATE TABLE clock_alignment');
  const events = (await store.rows<{ n: number }>('SELECT count() AS n FROM monotonic_activity'))[0]!.n;
  if (events === 0) return { aligned: [], unaligned: [] };
  await store.run(ALIGN);
  const [aligned, unaligned] = await Promise.all([
    store.rows<ClockAlignment>('SELECT * FROM clock_alignment ORDER BY file'),
    store.rows<{ file: string }>(
      'SELECT DISTINCT file FROM monotonic_activity WHERE file NOT IN (SELECT file FROM clock_alignment) ORDER BY file',
    ),
    store.run(insertProcesses(store)),
    store.run(insertFiles(store)),
  ]);
  return { aligned, unaligned: unaligned.map((row) => row.file) };
}

/** A kept store holds what an earlier hunt placed, maybe by another offset. Deleting waits for ever while merges are stopped. */
async function unplace(store: Store): Promise<void> {
  const placed = await store.rows<{ source: string }>('SELECT DISTINCT source FROM clock_alignment');
  const sources = placed.map(({ source }) => source);
  if (sources.length === 0) return;
  for (const table of ['process_activity', 'file_activity']) {
    await tend(store, table, (part) => ({ sql: `SYSTEM START MERGES ${part}` }));
    await tend(store, table, (part) => ({
      sql: `DELETE FROM ${part} WHERE source IN {sources:Array(String)}`,
      parameters: { sources },
    }));
  }
}

const ALIGN = `
INSERT INTO clock_alignment
WITH matched AS (
  SELECT m.source AS source, m.file AS file,
    toUnixTimestamp64Micro(c.time) / 1e6 - m.monotonic_ns / 1e9 AS difference
  FROM (SELECT * FROM monotonic_activity WHERE activity = 'connect' AND src_endpoint_port != 0) AS m
  JOIN connection AS c ON c.src_ip = m.src_endpoint_ip AND c.src_port = m.src_endpoint_port
    AND c.dst_ip = m.dst_endpoint_ip AND c.dst_port = m.dst_endpoint_port
),
centre AS (SELECT file, quantileExact(0.5)(difference) AS median FROM matched GROUP BY file)
SELECT any(source), file, quantileExact(0.5)(difference) AS offset, greatest(quantileExact(0.9)(abs(difference - median)), 0.001), count()
FROM matched JOIN centre USING (file) WHERE abs(difference - median) < 60
GROUP BY file`;

const PLACED = `
SELECT fromUnixTimestamp64Nano(toInt64(m.monotonic_ns + a.offset_seconds * 1e9), 'UTC') AS at, a.error_seconds AS time_error, g.container_uid AS container_uid,
  m.activity AS activity, m.process_name AS process_name, m.file_path AS file_path, m.cmd_line AS cmd_line, m.cmd_line_complete AS cmd_line_complete, m.pid AS pid,
  m.node AS node, m.source AS source, m.load_id AS load_id, m.file AS file, m.line AS line
FROM (SELECT * FROM monotonic_activity WHERE cgroup_id > 1) AS m
JOIN clock_alignment AS a ON a.file = m.file
LEFT ANY JOIN cgroup_inventory AS g ON g.cgroup_id = m.cgroup_id`;

const insertProcesses = (store: Store) => `
INSERT INTO ${wholeTable(store, 'process_activity')} (time, activity, process_name, process_file_path, cmd_line, cmd_line_complete, pid, container_uid, time_error, node, source, load_id, file, line)
SELECT toDateTime64(at, 6, 'UTC'), 'launch', process_name, file_path, cmd_line, cmd_line_complete, pid, container_uid, time_error, node, source, load_id, file, line
FROM (${PLACED}) WHERE activity = 'exec'`;

const insertFiles = (store: Store) => `
INSERT INTO ${wholeTable(store, 'file_activity')} (time, activity, file_path, process_name, pid, container_uid, time_error, node, source, load_id, file, line)
SELECT toDateTime64(at, 6, 'UTC'), 'open_write', file_path, process_name, pid, container_uid, time_error, node, source, load_id, file, line
FROM (${PLACED}) WHERE activity = 'open_write'`;
