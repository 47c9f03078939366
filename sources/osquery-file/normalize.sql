-- osquery's file_events: every value is text, or a number with logger_numerics.
WITH
  -- One row of a result: `columns` where each has a line of its own, else an element of a batch or of a snapshot.
  coalesce(columns, added, snapshot, '') AS own,
  to_time(JSONExtract(own, 'time', 'Nullable(String)')) AS told_at,
  -- Whole seconds; the time of the query where the row has none.
  coalesce(told_at, to_time(unixTime)) AS happened,
  JSONExtractString(own, 'action') AS acted,
  JSONExtract(own, 'size', 'Nullable(String)') AS size_text
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  multiIf(acted IN ('CREATED', 'UPDATED', 'MOVED_TO'), 'open_write', acted IN ('DELETED', 'MOVED_FROM'), 'delete', acted = 'ATTRIBUTES_MODIFIED', 'attributes', 'open') AS activity,
  JSONExtractString(own, 'target_path') AS file_path,
  ifNull(to_count(size_text), 0) AS file_size,
  lower(JSONExtractString(own, 'sha256')) AS file_sha256,
  1 AS time_error,
  JSONExtractString(own, 'transaction_id') AS session_uid,
  coalesce(hostIdentifier, hostname, '') AS node,
  line_number AS line,
  raw,
  multiIf(
    JSONExtractString(own, 'target_path') = '', if(isValidUTF8(raw), 'not a row of file_events: no target_path', 'not valid UTF-8'),
    happened IS NULL, concat('no time: time is ', substringUTF8(JSONExtractString(own, 'time'), 1, 80), ', unixTime is ', substringUTF8(ifNull(unixTime, 'missing'), 1, 80)),
    is_absurd_time(happened), concat('time is out of range: ', toString(happened)),
    acted NOT IN ('CREATED', 'UPDATED', 'MOVED_TO', 'DELETED', 'MOVED_FROM', 'ATTRIBUTES_MODIFIED', 'OPENED', 'ACCESSED'), concat('not a known action: ', substringUTF8(acted, 1, 80)),
    ifNull(size_text, '') != '' AND to_count(size_text) IS NULL, concat('size is no count: ', substringUTF8(size_text, 1, 80)),
    '') AS reject
FROM (SELECT * EXCEPT(`diffResults.added`), `diffResults.added` AS added FROM {{input}})
