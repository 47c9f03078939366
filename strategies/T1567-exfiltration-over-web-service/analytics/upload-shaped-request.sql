-- what: Does a single HTTP request look like an upload by a tool, however small?
-- class: traffic
-- role: context
-- needs: http_activity, http_activity.request_body_bytes
-- parameters: shaped_body_floor_bytes
-- cost: 0.25
-- A weak hint, for the ranking of what stays below the thresholds: a stolen password needs few bytes. A body larger than
-- its answer, a client that is no browser, a path that speaks of uploading, a host that nobody else talks to.
WITH
  fleet AS (SELECT peer, uniqExact(entity_id) AS callers, count() AS requests FROM http_request WHERE entity_id != '' GROUP BY peer),
  shaped AS (
    SELECT *, match(user_agent, '(?i)^(curl|wget|python|go-http|okhttp|axios|node|java|libwww|perl|ruby|powershell|php|busybox|$)') AS is_tool,
      match(url_path, '(?i)(upload|/file|/drop|/gate|/put|/post|[.]php$|/sync|/collect)') AS is_upload_path
    FROM http_request
    WHERE entity_id != '' AND NOT is_baseline AND method IN ('POST', 'PUT', 'PATCH') AND request_body_bytes >= {shaped_body_floor_bytes:UInt64} AND request_body_bytes > 2 * response_body_bytes
  )
SELECT s.entity_id AS entity_id, min(s.time) AS window_from, max(s.time) + toIntervalSecond(1) AS window_to,
  (0.1 + 0.1 * max(s.is_tool) + 0.1 * max(s.is_upload_path) + 0.05 * (any(f.callers) = 1 AND any(f.requests) <= 20)) * if(max(s.is_peer_inside), 0.8, 1) AS likelihood,
  concat(toString(count()), if(count() = 1, ' request', ' requests'), ' shaped like an upload to ', s.peer, ', ', formatReadableSize(sum(s.request_body_bytes)), ' by ', if(max(s.is_tool), 'a tool', 'a browser or unknown client')) AS says,
  map('requests', toString(count()), 'request_body_bytes', toString(sum(s.request_body_bytes)), 'is_tool', toString(max(s.is_tool)), 'is_upload_path', toString(max(s.is_upload_path)), 'callers', toString(any(f.callers)), 'peer', s.peer) AS measured,
  [s.peer] AS destinations
FROM shaped AS s JOIN fleet AS f ON f.peer = s.peer
GROUP BY s.entity_id, s.peer, toStartOfHour(s.time)
HAVING likelihood >= 0.2
ORDER BY likelihood DESC LIMIT 5 BY s.entity_id
