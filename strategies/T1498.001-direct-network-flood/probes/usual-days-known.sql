-- what: At least three days of traffic are known, or a baseline was given, so that "usual" means something.
-- when_not_ok: degraded
SELECT toUInt8(hours >= 72 OR taught) AS ok,
  if(ok, '', concat('only ', toString(hours), ' h of history: rates are judged by ceilings, slow floods by the cold-start rule')) AS reason
FROM (SELECT intDiv(toUInt64(dateDiff('minute', min(first_minute), max(last_minute))), 60) AS hours, max(is_baseline) AS taught FROM egress_pair)
