-- what: At least 90 % of outbound connections have an owner by container id, by address and time, or by cgroup.
-- when_not_ok: degraded
SELECT toUInt8(total = 0 OR named >= 0.9 * total) AS ok,
  if(ok, '', concat(toString(round(100 * named / total)), ' % of ', toString(total), ' outbound connections have a certain owner')) AS reason
FROM (
  SELECT count() AS total, countIf(attribution IN ('native', 'ip+time', 'cgroup')) AS named
  FROM connection WHERE is_src_inside AND NOT is_dst_inside AND NOT is_baseline
)
