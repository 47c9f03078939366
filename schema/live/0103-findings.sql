-- Findings through their life. The newest version of a uid is the finding; what became of it stands in finding_event.
CREATE TABLE IF NOT EXISTS finding (
  uid String,
  version UInt64,
  strategy LowCardinality(String),
  entity_kind LowCardinality(String),
  entity_name String,
  incident String,
  severity LowCardinality(String),
  status LowCardinality(String),
  state LowCardinality(String),
  score Float64,
  window_from DateTime64(6, 'UTC'),
  window_to DateTime64(6, 'UTC'),
  opened_at DateTime64(3, 'UTC'),
  updated_at DateTime64(3, 'UTC'),
  closed_at Nullable(DateTime64(3, 'UTC')),
  verdict Nullable(String),
  assignee Nullable(String),
  -- Entity, reason and destinations in lower case, for searching.
  searched String,
  -- JSON of Finding and of FindingDetail (src/model/hunt-result.ts).
  finding String,
  detail String
) ENGINE = ReplacingMergeTree(version) ORDER BY uid;

-- Who did what to it, when and why.
CREATE TABLE IF NOT EXISTS finding_event (
  uid String,
  version UInt64,
  at DateTime64(3, 'UTC'),
  what LowCardinality(String),
  who String,
  why String
) ENGINE = MergeTree ORDER BY (uid, at, version);

-- States of strategies as they changed.
CREATE TABLE IF NOT EXISTS strategy_state (
  id LowCardinality(String), state LowCardinality(String), sight LowCardinality(String), reasons Array(String), since DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (id, since) TTL toDateTime(since) + INTERVAL 400 DAY;
