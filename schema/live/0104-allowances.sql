-- Allowances given to a running server. The highest revision of an id counts: 1 as it was given, 2 once it is revoked.
CREATE TABLE IF NOT EXISTS allowance (
  id String,
  revision UInt64,
  -- JSON of AllowanceEntry (src/model/allowance.ts).
  entry String,
  given_by String,
  given_at DateTime64(3, 'UTC'),
  revoked_by String,
  revoked_at Nullable(DateTime64(3, 'UTC')),
  revoked_why String
) ENGINE = ReplacingMergeTree(revision) ORDER BY id;
