-- What is worked out of the events before questions are asked. A hunt builds all of it anew (src/detect/derive.ts). What runs
-- on builds anew what is open, and keeps what it sealed (src/live/seal.ts): `is_open` tells them apart, so that one partition is replaced
-- as a whole, and the columns of roll-ups say how a sealed row and an open one of the same key add up.

-- What is inside, which ranges are containers. IPv4 prefixes are written
-- in mapped form (::ffff:10.0.0.0/104), so that one trie holds both families.
CREATE TABLE IF NOT EXISTS zone (prefix String, kind String, label String) ENGINE = MergeTree ORDER BY prefix;

-- Who held an address when: disjoint intervals. entity_id is '' where several holders remained (ambiguous).
CREATE TABLE IF NOT EXISTS address_holder (
  ip IPv6,
  valid_from DateTime64(6, 'UTC'),
  valid_to DateTime64(6, 'UTC'),
  entity_id String,
  container_uid String,
  confidence Float32,
  candidates Array(String)
) ENGINE = MergeTree ORDER BY (ip, valid_from);

-- Containers by the first 12 characters of their id, as short as any sensor writes it.
CREATE TABLE IF NOT EXISTS container (
  short_uid String, container_uid String, container_name String, image String, workload String, entity_id String
) ENGINE = MergeTree ORDER BY short_uid;

-- A tuple as somebody behind or before NAT saw it, and the tuple with the real ends.
CREATE TABLE IF NOT EXISTS nat_alias (
  seen_src_ip IPv6, seen_src_port UInt16, seen_dst_ip IPv6, seen_dst_port UInt16, protocol LowCardinality(String),
  valid_from DateTime64(6, 'UTC'), valid_to DateTime64(6, 'UTC'),
  src_ip IPv6, src_port UInt16, dst_ip IPv6, dst_port UInt16, is_open UInt8 DEFAULT 0
) ENGINE = MergeTree PARTITION BY is_open ORDER BY (seen_src_ip, seen_dst_ip, seen_dst_port, seen_src_port);

-- One row per connection, whatever number of sensors saw it. Ends are the real ones: before source NAT, after destination NAT.
CREATE TABLE IF NOT EXISTS connection (
  time DateTime64(6, 'UTC'),
  end_time DateTime64(6, 'UTC'),
  src_ip IPv6,
  src_port UInt16,
  dst_ip IPv6,
  dst_port UInt16,
  protocol LowCardinality(String),
  -- Initiator to responder, and back; bytes at IP level where a sensor had them.
  bytes_out UInt64,
  bytes_in UInt64,
  packets_out UInt64,
  packets_in UInt64,
  has_bytes UInt8,
  app LowCardinality(String),
  -- 1 when app was only guessed from the port.
  is_app_by_port UInt8,
  state LowCardinality(String),
  domain String,
  -- What the initiator talked to: the name if one was seen, else the address.
  peer String,
  is_proxied UInt8,
  ja3 String,
  ja4 String,
  entity_id LowCardinality(String),
  attribution LowCardinality(String),
  confidence Float32,
  container_uid String,
  is_src_inside UInt8,
  is_dst_inside UInt8,
  dst_entity_id LowCardinality(String),
  dst_attribution LowCardinality(String),
  dst_confidence Float32,
  sources Array(LowCardinality(String)),
  connections UInt32,
  is_baseline UInt8,
  is_open UInt8 DEFAULT 0
) ENGINE = MergeTree PARTITION BY is_open ORDER BY (entity_id, peer, dst_port, time);

-- Clocks that count from boot: what to add, how sure, from how many matching connections.
CREATE TABLE IF NOT EXISTS clock_alignment (
  source LowCardinality(String), file String, offset_seconds Float64, error_seconds Float64, matches UInt32
) ENGINE = MergeTree ORDER BY file;

-- Commands run in containers, parsed as a shell would (src/model/command-line); one row per transfer a command makes.
CREATE TABLE IF NOT EXISTS command (
  time DateTime64(6, 'UTC'),
  time_error Float64,
  entity_id LowCardinality(String),
  container_uid String,
  -- process: seen as a process; orchestration: told by the engine or the API server.
  seen_by LowCardinality(String),
  cmd_line String,
  is_complete UInt8,
  is_interactive UInt8,
  is_loop UInt8,
  -- Seconds its loops wait in each turn; 0 when they do not.
  loop_pause Float32,
  has_scheduler UInt8,
  -- What it packs, encrypts or dumps: kind is that of intel/staging-tools.yaml, target '|' where another command
  -- of the line reads it, '' where it is what the command prints, or is not in the line.
  packs Array(Tuple(tool String, kind String, target String)),
  tool LowCardinality(String),
  direction LowCardinality(String),
  protocol LowCardinality(String),
  host String,
  port UInt16,
  source_files Array(String),
  evidence String,
  in_loop UInt8,
  confidence Float32,
  is_exec UInt8,
  is_baseline UInt8,
  source LowCardinality(String),
  file LowCardinality(String),
  line UInt32
) ENGINE = MergeTree ORDER BY (entity_id, time);

-- Known services that are used for exfiltration, and indicators from the user's own lists.
CREATE TABLE IF NOT EXISTS service (domain String, kind LowCardinality(String), list LowCardinality(String)) ENGINE = MergeTree ORDER BY domain;

CREATE TABLE IF NOT EXISTS threat_indicator (
  value String, kind LowCardinality(String), list String, valid_from DateTime64(6, 'UTC'), valid_to DateTime64(6, 'UTC'),
  -- When the list was written; a plain list has no dates of its own.
  listed_at DateTime64(6, 'UTC')
) ENGINE = MergeTree ORDER BY value;

-- Peers that are code hosts or image registries to an entity, and how we know: the lists, requests, a command that named them, or one of this
-- entity that ran just before.
CREATE TABLE IF NOT EXISTS code_destination (entity_id LowCardinality(String), peer String, kind LowCardinality(String), how LowCardinality(String)) ENGINE = MergeTree ORDER BY (entity_id, peer);

-- The same per peer, port and hour, for questions about habits.
CREATE TABLE IF NOT EXISTS egress_hour (
  entity_id LowCardinality(String),
  role Enum8('initiator' = 1, 'responder' = 2),
  peer String,
  peer_port UInt16,
  app SimpleAggregateFunction(any, LowCardinality(String)),
  is_peer_inside SimpleAggregateFunction(max, UInt8),
  hour DateTime('UTC'),
  first_minute SimpleAggregateFunction(min, DateTime('UTC')),
  last_minute SimpleAggregateFunction(max, DateTime('UTC')),
  peer_ip SimpleAggregateFunction(any, IPv6),
  bytes_out SimpleAggregateFunction(sum, UInt64),
  bytes_in SimpleAggregateFunction(sum, UInt64),
  connections SimpleAggregateFunction(sum, UInt64),
  -- 0 when nothing ever came back: a flood or a lost datagram, not a transfer.
  is_answered SimpleAggregateFunction(max, UInt8),
  is_baseline SimpleAggregateFunction(max, UInt8),
  is_open UInt8 DEFAULT 0
) ENGINE = AggregatingMergeTree PARTITION BY is_open ORDER BY (entity_id, role, peer, peer_port, hour);

-- Whom an entity ever talked with, and since when: as many rows as pairs, however long they talk. What is known to be good stands by itself.
CREATE TABLE IF NOT EXISTS egress_pair (
  entity_id LowCardinality(String),
  role Enum8('initiator' = 1, 'responder' = 2),
  peer String,
  peer_ip IPv6,
  is_peer_inside UInt8,
  is_baseline UInt8,
  first_minute SimpleAggregateFunction(min, DateTime('UTC')),
  last_minute SimpleAggregateFunction(max, DateTime('UTC')),
  bytes_out SimpleAggregateFunction(sum, UInt64),
  bytes_in SimpleAggregateFunction(sum, UInt64),
  is_open UInt8 DEFAULT 0
) ENGINE = AggregatingMergeTree PARTITION BY is_open ORDER BY (entity_id, role, peer, peer_ip, is_peer_inside, is_baseline);

-- Bytes to outside web or unknown services per entity in windows of a minute, an hour and a day.
CREATE TABLE IF NOT EXISTS egress_window (
  entity_id LowCardinality(String),
  role Enum8('initiator' = 1, 'responder' = 2),
  scale UInt32,
  bucket UInt32,
  first_minute SimpleAggregateFunction(min, DateTime('UTC')),
  last_minute SimpleAggregateFunction(max, DateTime('UTC')),
  bytes_out SimpleAggregateFunction(sum, UInt64),
  bytes_in SimpleAggregateFunction(sum, UInt64),
  top_peer SimpleAggregateFunction(any, String),
  is_baseline SimpleAggregateFunction(max, UInt8),
  is_open UInt8 DEFAULT 0
) ENGINE = AggregatingMergeTree PARTITION BY is_open ORDER BY (entity_id, role, scale, bucket);

-- What came into one entity inside from another, by hour: sent to it (push), or fetched by it (pull).
CREATE TABLE IF NOT EXISTS inflow_hour (
  entity_id LowCardinality(String),
  source_id LowCardinality(String),
  how Enum8('push' = 1, 'pull' = 2),
  port UInt16,
  hour DateTime('UTC'),
  first_time SimpleAggregateFunction(min, DateTime64(6, 'UTC')),
  last_time SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
  bytes_in SimpleAggregateFunction(sum, UInt64),
  -- What the receiver sent the other way.
  bytes_back SimpleAggregateFunction(sum, UInt64),
  connections SimpleAggregateFunction(sum, UInt64),
  -- The one connection that brought most, and how long it was open.
  largest_bytes SimpleAggregateFunction(max, UInt64),
  largest_seconds SimpleAggregateFunction(max, Float64),
  is_baseline SimpleAggregateFunction(max, UInt8),
  is_open UInt8 DEFAULT 0
) ENGINE = AggregatingMergeTree PARTITION BY is_open ORDER BY (entity_id, source_id, hour, how, port);

-- What an entity did to one target in a minute, inside or outside; for questions about rates. A connection is futile when nothing
-- was said in it: no answer, a refusal, or a handshake with no more than a few bytes after it.
CREATE TABLE IF NOT EXISTS contact_minute (
  entity_id LowCardinality(String),
  target IPv6,
  protocol LowCardinality(String),
  minute DateTime('UTC'),
  peer SimpleAggregateFunction(any, String),
  port SimpleAggregateFunction(any, UInt16),
  is_target_inside SimpleAggregateFunction(max, UInt8),
  connections SimpleAggregateFunction(sum, UInt64),
  futile SimpleAggregateFunction(sum, UInt64),
  -- Different ports of the target: a scan has nearly as many as connections.
  ports SimpleAggregateFunction(sum, UInt64),
  received SimpleAggregateFunction(sum, UInt64),
  -- Of connections that last longer: what they sent in a minute on average.
  packets SimpleAggregateFunction(sum, UInt64),
  bytes SimpleAggregateFunction(sum, UInt64),
  -- Packets and bytes of what nothing came back for.
  unanswered_packets SimpleAggregateFunction(sum, UInt64),
  unanswered_bytes SimpleAggregateFunction(sum, UInt64),
  -- Addresses it came from: replicas of a workload.
  sources SimpleAggregateFunction(max, UInt64),
  is_baseline SimpleAggregateFunction(max, UInt8),
  is_open UInt8 DEFAULT 0
) ENGINE = AggregatingMergeTree PARTITION BY is_open ORDER BY (entity_id, target, protocol, minute);
