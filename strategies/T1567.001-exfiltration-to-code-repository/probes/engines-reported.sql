-- what: Containers that were seen working stand in an inventory; an orchestrator nobody reads shows here.
-- when_not_ok: degraded
SELECT toUInt8(unknown = 0) AS ok,
  if(ok, '', concat(toString(unknown), ' containers were seen working that no inventory names')) AS reason
FROM (
  SELECT uniqExact(substring(container_uid, 1, 12)) AS unknown FROM (
    SELECT container_uid FROM process_activity WHERE container_uid NOT IN ('', 'host')
    UNION ALL
    SELECT container_uid FROM file_activity WHERE container_uid NOT IN ('', 'host')
  ) WHERE substring(container_uid, 1, 12) NOT IN (SELECT short_uid FROM container)
)
