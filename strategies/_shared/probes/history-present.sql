-- what: At least 24 hours of traffic are known, so that "usual" means something.
-- when_not_ok: degraded
SELECT toUInt8(hours >= 24) AS ok,
  if(ok, '', concat('only ', toString(hours), ' h of history: volumes are judged by the cold-start rule')) AS reason
FROM (SELECT intDiv(toUInt64(dateDiff('minute', min(first_minute), max(last_minute))), 60) AS hours FROM egress_pair)
