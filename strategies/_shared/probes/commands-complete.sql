-- what: Command lines of containers reach us whole; at most one in ten was cut by its sensor.
-- when_not_ok: degraded
SELECT toUInt8(total = 0 OR cut <= 0.1 * total) AS ok,
  if(ok, '', concat(toString(cut), ' of ', toString(total), ' command lines were cut: what a tool did may be in the part that is missing')) AS reason
FROM (
  SELECT count() AS total, countIf(complete = 0) AS cut
  FROM (
    SELECT cmd_line_complete AS complete FROM process_activity WHERE cmd_line != '' AND container_uid NOT IN ('', 'host')
    UNION ALL
    SELECT cmd_line_complete FROM monotonic_activity WHERE cmd_line != '' AND cgroup_id IN (SELECT cgroup_id FROM cgroup_inventory)
  )
)
