-- Who is who. Rows are snapshots: `observed_at` is when the engine said so.
CREATE TABLE IF NOT EXISTS container_inventory (
  container_uid String,
  container_name String,
  image String,
  image_digest String DEFAULT '',
  pod String DEFAULT '',
  namespace LowCardinality(String) DEFAULT '',
  -- Stable identity: controller owner, compose service, Swarm service, a given name, else image and command.
  workload String,
  owner_kind LowCardinality(String) DEFAULT '',
  -- (network name, address) pairs; the name, since engines disagree on ids.
  addresses Array(Tuple(network String, ip IPv6)),
  valid_from DateTime64(6, 'UTC'),
  -- 2200-01-01 while it runs or when nobody said that it stopped.
  valid_to DateTime64(6, 'UTC'),
  network_mode LowCardinality(String) DEFAULT '',
  is_privileged UInt8 DEFAULT 0,
  -- Namespaces of the host it runs in: hostPID, hostIPC.
  host_namespaces Array(String),
  -- Added ones by name, dropped ones with a minus in front.
  capabilities Array(String),
  cmd_line String DEFAULT '',
  mounts Array(String),
  labels Map(String, String),
  -- Hash of what a redeploy or a tamperer changes: image digest, environment names and values, mounts, capabilities, command.
  config_hash UInt64 DEFAULT 0,
  node LowCardinality(String) DEFAULT '',
  source LowCardinality(String),
  load_id UInt32,
  file LowCardinality(String),
  line UInt32,
  event_uid UInt64 MATERIALIZED cityHash64(source, node, container_uid, valid_from, valid_to, config_hash, addresses)
) ENGINE = ReplacingMergeTree ORDER BY (container_uid, valid_from, event_uid);

CREATE TABLE IF NOT EXISTS network_inventory (
  network_name String,
  network_uid String,
  driver LowCardinality(String) DEFAULT '',
  subnets Array(String),
  gateways Array(String),
  node LowCardinality(String) DEFAULT '',
  source LowCardinality(String),
  load_id UInt32,
  file LowCardinality(String),
  line UInt32,
  event_uid UInt64 MATERIALIZED cityHash64(source, node, network_uid, subnets)
) ENGINE = ReplacingMergeTree ORDER BY (network_uid, event_uid);

CREATE TABLE IF NOT EXISTS cgroup_inventory (
  cgroup_id UInt64,
  container_uid String,
  container_name String DEFAULT '',
  node LowCardinality(String) DEFAULT '',
  source LowCardinality(String),
  load_id UInt32,
  file LowCardinality(String),
  line UInt32,
  event_uid UInt64 MATERIALIZED cityHash64(source, node, file, cgroup_id, container_uid)
) ENGINE = ReplacingMergeTree ORDER BY (cgroup_id, event_uid);

-- Every line nobody could read, with its place and the reason.
CREATE TABLE IF NOT EXISTS dead_letter (
  source LowCardinality(String),
  load_id UInt32,
  file LowCardinality(String),
  line UInt32,
  reason String,
  -- Masked, at most 500 characters.
  raw String,
  at DateTime('UTC') DEFAULT now()
) ENGINE = MergeTree ORDER BY (load_id, line);

-- One row per file and source that was loaded; content_hash stops a second reading.
CREATE TABLE IF NOT EXISTS load (
  load_id UInt32,
  source LowCardinality(String),
  file String,
  content_hash String,
  rows_read UInt64,
  rows_stored UInt64,
  rows_rejected UInt64,
  is_baseline UInt8,
  at DateTime('UTC') DEFAULT now()
) ENGINE = MergeTree ORDER BY load_id;
