-- what: The newest entry of the threat-intelligence lists is at most 7 days older than the traffic.
-- when_not_ok: degraded
-- Without any list the analytic itself says that it cannot look.
SELECT toUInt8(entries = 0 OR (newest > toDateTime64('1990-01-02 00:00:00', 6, 'UTC') AND newest >= until - INTERVAL 7 DAY)) AS ok,
  multiIf(ok = 1, '',
    newest <= toDateTime64('1990-01-02 00:00:00', 6, 'UTC'), 'the threat-intelligence lists carry no dates: their age is unknown',
    concat('the newest threat-intelligence entry is of ', toString(toDate(newest)))) AS reason
FROM (SELECT count() AS entries, max(listed_at) AS newest FROM threat_indicator) AS lists
CROSS JOIN (SELECT max(end_time) AS until FROM connection) AS traffic
