-- What is to be told to whom, and what became of it: one row a notice and channel, its highest revision counts (read with FINAL).
-- Every revision of a delivery has the same offered_at, so that all of them expire together: were only the last to go, an older one
-- would stand there as if it still waited. Reads leave out what is about to expire.
CREATE TABLE IF NOT EXISTS outbox (
  channel LowCardinality(String),
  -- Id of the notice: an alert's uid and version, or a strategy's state.
  notice String,
  revision UInt64,
  -- What belongs together at the receiver; deliveries of one thread go out in the order of `place`.
  thread String,
  -- The alert's uid, or the strategy's id.
  subject String,
  what LowCardinality(String),
  severity LowCardinality(String),
  -- Of the alert; 0 for a strategy's state.
  version UInt64,
  place UInt64,
  -- waiting, sending, sent, failed, replaced (a newer state is told instead), held (its incident is told already)
  state LowCardinality(String),
  attempts UInt32,
  offered_at DateTime64(3, 'UTC'),
  -- From when on its age counts: offered_at, or when somebody asked for another try.
  since DateTime64(3, 'UTC'),
  due_at DateTime64(3, 'UTC'),
  attempted_at DateTime64(3, 'UTC'),
  -- Until when the channel is left alone after this one's last attempt.
  rest_until DateTime64(3, 'UTC'),
  -- What it was sent in: its own id, or a digest's. Stays the same on each attempt.
  parcel String,
  -- Further alerts of the same incident that are not told by themselves.
  others UInt32,
  -- What the receiver answered last, or what went wrong.
  answer String,
  -- The notice as JSON; empty once it is not needed any more.
  body String
) ENGINE = ReplacingMergeTree(revision)
ORDER BY (channel, notice)
TTL toDateTime(offered_at) + INTERVAL 30 DAY;
