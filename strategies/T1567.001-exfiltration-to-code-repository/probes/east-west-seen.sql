-- what: Where two containers or more are known, connections between inside addresses are among the logs.
-- when_not_ok: degraded
SELECT toUInt8(holders < 2 OR inside > 0) AS ok,
  if(ok, '', 'no connection between inside addresses was seen: traffic between containers may be out of sight') AS reason
FROM (SELECT uniqExact(ip) AS holders FROM address_holder) AS known
CROSS JOIN (SELECT count() AS inside FROM connection WHERE is_src_inside AND is_dst_inside) AS seen
