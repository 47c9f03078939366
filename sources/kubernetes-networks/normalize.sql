-- Node: spec.podCIDRs (older: podCIDR). Service: spec.clusterIPs (older: clusterIP); None is a service without an address of its own.
WITH
  ifNull(metadata, '') AS meta,
  ifNull(spec_text, '') AS spec,
  JSONExtractString(meta, 'name') AS name,
  if(kind_text = 'Node', ['podCIDRs', 'podCIDR'], ['clusterIPs', 'clusterIP']) AS places,
  arrayFilter(text -> text NOT IN ('', 'None'), arrayDistinct(arrayConcat(
    JSONExtract(spec, places[1], 'Array(String)'), [JSONExtractString(spec, places[2])]))) AS ranges,
  arrayFilter(text -> to_ip(splitByChar('/', text)[1]) IS NULL
    OR if(position(text, '/') > 0, ifNull(to_count(splitByChar('/', text)[2]), 999), 0) > if(position(text, ':') > 0, 128, 32), ranges) AS bad_ranges
SELECT
  if(kind_text = 'Node', concat('pods of ', name), concat('service ', JSONExtractString(meta, 'namespace'), '/', name)) AS network_name,
  JSONExtractString(meta, 'uid') AS network_uid,
  if(kind_text = 'Node', 'kubernetes-node', 'kubernetes-service') AS driver,
  ranges AS subnets,
  if(kind_text = 'Node', name, '') AS node,
  line_number AS line,
  raw,
  multiIf(
    ifNull(kind_text, '') NOT IN ('Node', 'Service'), if(isValidUTF8(raw), 'not a node and not a service', 'not valid UTF-8'),
    name = '' OR network_uid = '', 'no name or no uid',
    length(bad_ranges) > 0, concat('not a range: ', substringUTF8(arrayStringConcat(bad_ranges, ' '), 1, 200)),
    '') AS reject
FROM (SELECT line_number, raw, metadata, kind AS kind_text, spec AS spec_text FROM {{input}})
