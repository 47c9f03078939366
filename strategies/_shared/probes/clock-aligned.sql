-- what: Sensors that count from boot could be put on the common clock.
-- when_not_ok: degraded
SELECT toUInt8(count() = 0) AS ok,
  if(ok, '', concat('no common clock for ', arrayStringConcat(groupArray(10)(file), ', '))) AS reason
FROM (SELECT DISTINCT file FROM monotonic_activity WHERE file NOT IN (SELECT file FROM clock_alignment))
