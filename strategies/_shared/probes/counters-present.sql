-- what: At least half of the connections between two hosts carry byte counts.
-- when_not_ok: blind
-- Group memberships (IGMP) and the like are entries that kernels make before anybody counts; nothing is sent out by them.
SELECT toUInt8(total = 0 OR counted >= 0.5 * total) AS ok,
  if(ok, '', concat('only ', toString(counted), ' of ', toString(total), ' connections carry byte counts: set net.netfilter.nf_conntrack_acct=1 or read ended connections')) AS reason
FROM (SELECT count() AS total, countIf(has_bytes) AS counted FROM connection WHERE NOT is_baseline AND NOT is_group_address(dst_ip))
