-- what: Where several containers share a network, connections between them are seen.
-- when_not_ok: degraded
SELECT toUInt8(containers < 2 OR connections = 0 OR inside > 0) AS ok,
  if(ok, '', 'containers share a network, but no connection between two of them was seen: they may be silent, or br_netfilter is off') AS reason
FROM (
  SELECT (SELECT max(n) FROM (SELECT uniqExact(container_uid) AS n FROM container_inventory ARRAY JOIN addresses AS address GROUP BY tupleElement(address, 'network'))) AS containers,
    count() AS connections, countIf(is_src_inside AND is_dst_inside) AS inside
  FROM connection WHERE NOT is_baseline
)
