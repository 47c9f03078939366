-- What is kept beside the tables of a hunt while events come (src/live/).

CREATE MATERIALIZED VIEW IF NOT EXISTS network_to_open TO network_open AS SELECT * FROM network_activity;

CREATE MATERIALIZED VIEW IF NOT EXISTS http_to_open TO http_open AS SELECT * FROM http_activity;

-- Of each tuple, what ended by then is sealed in the pass at hand (src/detect/seal.ts).
CREATE TABLE IF NOT EXISTS sealable (
  s_ip IPv6, s_port UInt16, d_ip IPv6, d_port UInt16, protocol LowCardinality(String), lane String, until DateTime64(6, 'UTC')
) ENGINE = MergeTree ORDER BY (s_ip, d_ip, d_port, s_port, protocol, lane);

-- moved: its views lie in network_sealing and http_sealing. added: its connections are counted. done: its views are gone from what is open.
CREATE TABLE IF NOT EXISTS sealing_pass (
  pass UInt32, state Enum8('moved' = 1, 'added' = 2, 'done' = 3), at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = MergeTree ORDER BY (pass, state) TTL toDateTime(at) + INTERVAL 30 DAY;

-- A pass that was cut short adds nothing twice: what it inserts carries its name.
ALTER TABLE connection MODIFY SETTING non_replicated_deduplication_window = 1000;

ALTER TABLE nat_alias MODIFY SETTING non_replicated_deduplication_window = 1000;

ALTER TABLE egress_hour MODIFY SETTING non_replicated_deduplication_window = 1000;

ALTER TABLE egress_pair MODIFY SETTING non_replicated_deduplication_window = 1000;

ALTER TABLE egress_window MODIFY SETTING non_replicated_deduplication_window = 1000;

ALTER TABLE inflow_hour MODIFY SETTING non_replicated_deduplication_window = 1000;

ALTER TABLE contact_minute MODIFY SETTING non_replicated_deduplication_window = 1000;
