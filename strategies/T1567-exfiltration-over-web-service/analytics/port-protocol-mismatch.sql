-- what: Does the protocol not belong on its port: web elsewhere, something else on a web port, or an unknown upload on an unregistered port?
-- class: traffic
-- role: context
-- needs: connection, connection.bytes_out
-- parameters: mismatch_floor_bytes
-- cost: 0.5
SELECT c.entity_id AS entity_id, min(c.time) AS window_from, max(c.end_time) AS window_to,
  if(any(kind) = 'unknown', 0.3, 0.4) AS likelihood,
  concat(any(kind_says), ' to ', ip_text(c.dst_ip), ':', toString(c.dst_port), ', ', formatReadableSize(sum(c.bytes_out)), ' out') AS says,
  map('bytes_out', toString(sum(c.bytes_out)), 'port', toString(c.dst_port), 'app', any(c.app), 'kind', any(kind)) AS measured,
  groupUniqArray(3)(c.peer) AS destinations
FROM (
  SELECT *, multiIf(
    NOT is_app_by_port AND app IN ('http', 'ssl', 'quic') AND dst_port NOT IN (80, 443, 8080, 8443, 8000, 8008, 8888, 3128, 853, 993, 995, 465, 587, 990, 989, 5061), 'web-elsewhere',
    dst_port IN (80, 443) AND NOT is_app_by_port AND NOT match(app, '(http|ssl|tls|quic|websocket)'), 'other-on-web-port',
    protocol = 'tcp' AND app = '' AND dst_port > 1023, 'unknown', '') AS kind,
    multiIf(kind = 'web-elsewhere', 'web protocol on a non-standard port', kind = 'other-on-web-port', 'no web protocol on a web port', 'unregistered port') AS kind_says
  FROM connection_judged WHERE entity_id != '' AND NOT is_dst_inside AND NOT is_proxied AND NOT is_baseline AND bytes_out >= {mismatch_floor_bytes:UInt64} AND bytes_out > 2 * bytes_in
) AS c
WHERE kind != ''
GROUP BY c.entity_id, c.dst_ip, c.dst_port
ORDER BY sum(c.bytes_out) DESC LIMIT 10 BY c.entity_id
