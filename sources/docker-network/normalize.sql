-- One network an element. Docker: Name, Id, Driver, IPAM.Config[].Subnet; Podman's own form: name, id, driver, subnets[].subnet.
WITH
  coalesce(Name, name) AS network,
  coalesce(Id, id) AS network_id,
  if(Name IS NULL, JSONExtractArrayRaw(ifNull(podman_subnets, '')), JSONExtractArrayRaw(ifNull(IPAM, ''), 'Config')) AS ranges,
  arrayFilter(text -> text != '', arrayMap(range -> concat(JSONExtractString(range, 'Subnet'), JSONExtractString(range, 'subnet')), ranges)) AS subnet_texts,
  arrayFilter(text -> text != '', arrayMap(range -> concat(JSONExtractString(range, 'Gateway'), JSONExtractString(range, 'gateway')), ranges)) AS gateway_texts,
  arrayFilter(text -> to_ip(splitByChar('/', text)[1]) IS NULL
    OR ifNull(to_count(splitByChar('/', text)[2]), 999) > if(position(text, ':') > 0, 128, 32), subnet_texts) AS bad_subnets
SELECT
  ifNull(network, '') AS network_name,
  ifNull(network_id, '') AS network_uid,
  ifNull(coalesce(Driver, podman_driver), '') AS driver,
  subnet_texts AS subnets,
  gateway_texts AS gateways,
  line_number AS line,
  raw,
  multiIf(
    network IS NULL OR network = '', if(isValidUTF8(raw), 'not a network: no Name', 'not valid UTF-8'),
    network_id IS NULL OR network_id = '', 'not a network: no Id',
    length(bad_subnets) > 0, concat('not a subnet: ', arrayStringConcat(bad_subnets, ' ')),
    '') AS reject
FROM (SELECT * EXCEPT(driver, subnets), driver AS podman_driver, subnets AS podman_subnets FROM {{input}})
