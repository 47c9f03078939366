-- what: Does a program whose TLS handshake this entity never showed before send something to a place that is new to it?
-- class: process
-- role: context
-- needs: connection.bytes_out, connection.ja3
-- parameters: novelty_floor_bytes, tls_clients_max
-- cost: 0.5
-- Who brings a tool of his own brings its handshake, whatever its file is called and whoever runs it. A workload that is updated shows a new one
-- too, but goes on talking to the places it talked to: a handshake with which one of those is asked as well says nothing, nor does
-- another one of an entity that has many, such as a build or a browser. New for a week, as destinations are.
WITH
  sent_with AS (
    SELECT entity_id, ja3, peer, min(time) AS first_sent, max(end_time) AS last_sent, sum(bytes_out) AS sent, sum(bytes_in) AS received FROM connection_judged
    WHERE ja3 != '' AND entity_id != '' AND NOT is_baseline AND NOT is_dst_inside
    GROUP BY entity_id, ja3, peer, toDate(time) HAVING sent >= {novelty_floor_bytes:UInt64} AND 2 * sent >= received
  ),
  handshakes AS (
    SELECT entity_id, ja3, min(time) AS since, max(is_baseline) AS is_known, groupUniqArray(1000)(peer) AS asked FROM connection
    WHERE ja3 != '' AND entity_id IN (SELECT entity_id FROM sent_with) GROUP BY entity_id, ja3
  ),
  lives AS (
    SELECT entity_id, min(since) AS born, max(is_known) AS has_baseline, groupArray((since, is_known)) AS shown FROM handshakes GROUP BY entity_id
  ),
  before AS (
    SELECT h.entity_id AS entity_id, h.ja3 AS ja3, h.since AS since, h.asked AS asked, arrayCount(t -> t.2 OR t.1 < h.since, l.shown) AS clients, round(dateDiff('hour', l.born, h.since) / 24, 1) AS days
    FROM handshakes AS h JOIN lives AS l ON l.entity_id = h.entity_id
    WHERE NOT h.is_known AND (l.has_baseline OR h.since >= l.born + INTERVAL 1 DAY) AND clients BETWEEN 1 AND {tls_clients_max:UInt32}
  ),
  usual AS (
    SELECT entity_id, peer, min(first_minute) AS first_asked, max(is_baseline) AS is_known FROM egress_pair
    WHERE role = 'initiator' AND entity_id IN (SELECT entity_id FROM before) GROUP BY entity_id, peer
  ),
  habits AS (
    SELECT b.entity_id AS entity_id, b.ja3 AS ja3, groupUniqArrayIf(u.peer, u.is_known OR u.first_asked + INTERVAL 1 MINUTE < b.since) AS peers
    FROM before AS b JOIN usual AS u ON u.entity_id = b.entity_id GROUP BY b.entity_id, b.ja3
  )
SELECT s.entity_id AS entity_id, s.first_sent AS window_from, s.last_sent + toIntervalSecond(1) AS window_to, 0.35 AS likelihood,
  concat('a TLS client it never showed before (JA3 ', substring(s.ja3, 1, 12), ') sent ', formatReadableSize(s.sent), ' to ', s.peer) AS says,
  map('ja3', s.ja3, 'bytes_out', toString(s.sent), 'bytes_in', toString(s.received), 'peer', s.peer, 'clients_before', toString(b.clients), 'history_days', toString(b.days)) AS measured,
  [s.peer] AS destinations
FROM sent_with AS s JOIN before AS b ON b.entity_id = s.entity_id AND b.ja3 = s.ja3 LEFT JOIN habits AS h ON h.entity_id = s.entity_id AND h.ja3 = s.ja3
WHERE s.first_sent < b.since + INTERVAL 7 DAY AND NOT hasAny(b.asked, h.peers)
ORDER BY s.sent DESC LIMIT 5 BY s.entity_id
