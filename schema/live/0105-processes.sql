-- What processes that share a store agree on (docs/decisions/0021-one-scheduler-by-lease.md).

-- Numbers that one process has and no other: blocks of load numbers, and the terms of who judges (src/store/claim.ts).
CREATE TABLE IF NOT EXISTS claim (
  name LowCardinality(String), number UInt64, holder String, at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = MergeTree ORDER BY (name, number, holder);

-- What shards stored of each load, as it came: no merge changes it. Only in a cluster; elsewhere rows are counted where they lie.
CREATE TABLE IF NOT EXISTS stored (
  load_id UInt32, rows UInt64, since DateTime64(6, 'UTC'), until DateTime64(6, 'UTC'), at DateTime('UTC') DEFAULT now()
) ENGINE = MergeTree ORDER BY load_id TTL at + INTERVAL 2 DAY;

-- How the processes are that take logs, by their own word.
CREATE TABLE IF NOT EXISTS intake (
  name String,
  at DateTime64(3, 'UTC') DEFAULT now64(3),
  -- What waits to be loaded, and what of it could not be loaded so far.
  segments UInt64,
  failed String,
  -- It ended in order, with nothing left.
  is_gone UInt8
) ENGINE = ReplacingMergeTree(at) ORDER BY name TTL toDateTime(at) + INTERVAL 30 DAY;

-- Who judges asks for what was noted lately.
ALTER TABLE load ADD INDEX IF NOT EXISTS by_time at TYPE minmax;
