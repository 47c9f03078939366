-- what: Does a program whose TLS handshake this entity never showed before send something to a place that is new to it?
-- class: process
-- role: context
-- needs: connection.bytes_out, connection.tls_client
-- parameters: novelty_floor_bytes, tls_clients_max
-- cost: 0.5
-- Who brings a tool of his own brings its handshake, whatever its file is called and whoever runs it. A workload that is updated shows a new one
-- too, but goes on talking to the places it talked to: a handshake with which one of those is asked as well says nothing, nor does
-- another one of an entity that has many, such as a build or a browser. New for a week, as destinations are.
-- Of JA4 the parts about ciphers and extensions are compared: the first part changes with the place (a name or an address, ALPN). JA3 changes with
-- that too, and with each connection of a client that shuffles its extensions: it is asked only where JA4 was not told for a day.
WITH
  (of_ja3, of_ja4) -> arrayFilter(p -> p.2 != '', [('JA4', arrayStringConcat(arraySlice(splitByChar('_', of_ja4), 2), '_')), ('JA3', of_ja3)]) AS prints,
  sent_with AS (
    SELECT entity_id, print, peer, min(time) AS first_sent, max(end_time) AS last_sent, sum(bytes_out) AS sent, sum(bytes_in) AS received
    FROM connection_judged ARRAY JOIN prints(ja3, ja4) AS print
    WHERE (ja3 != '' OR ja4 != '') AND entity_id != '' AND NOT is_baseline AND NOT is_dst_inside
    GROUP BY entity_id, print, peer, toDate(time) HAVING sent >= {novelty_floor_bytes:UInt64} AND 2 * sent >= received
  ),
  handshakes AS (
    SELECT entity_id, print, min(time) AS since, max(is_baseline) AS is_known, groupUniqArray(1000)(peer) AS asked
    FROM connection ARRAY JOIN prints(ja3, ja4) AS print
    WHERE (ja3 != '' OR ja4 != '') AND entity_id IN (SELECT entity_id FROM sent_with) GROUP BY entity_id, print
  ),
  lives AS (
    SELECT entity_id, groupArray((print.1, since, is_known)) AS shown FROM handshakes GROUP BY entity_id
  ),
  before AS (
    SELECT h.entity_id AS entity_id, h.print AS print, h.since AS since, h.asked AS asked,
      arrayFilter(t -> t.3 OR t.2 < h.since, l.shown) AS older,
      -- Of a kind that a sensor only began to tell, everything is new.
      arrayFilter(kind -> arrayExists(t -> t.1 = kind AND (t.3 OR t.2 <= h.since - INTERVAL 1 DAY), older), ['JA4', 'JA3']) AS kinds,
      arrayCount(t -> t.1 = h.print.1, older) AS clients,
      round(dateDiff('hour', arrayMin(t -> t.2, older), h.since) / 24, 1) AS days
    FROM handshakes AS h JOIN lives AS l ON l.entity_id = h.entity_id
    WHERE NOT h.is_known AND kinds[1] = h.print.1 AND clients <= {tls_clients_max:UInt32}
  ),
  usual AS (
    SELECT entity_id, peer, min(first_minute) AS first_asked, max(is_baseline) AS is_known FROM egress_pair
    WHERE role = 'initiator' AND entity_id IN (SELECT entity_id FROM before) GROUP BY entity_id, peer
  ),
  habits AS (
    SELECT b.entity_id AS entity_id, b.print AS print, groupUniqArrayIf(u.peer, u.is_known OR u.first_asked + INTERVAL 1 MINUTE < b.since) AS peers
    FROM before AS b JOIN usual AS u ON u.entity_id = b.entity_id GROUP BY b.entity_id, b.print
  )
SELECT s.entity_id AS entity_id, s.first_sent AS window_from, s.last_sent + toIntervalSecond(1) AS window_to, 0.35 AS likelihood,
  concat('a TLS client it never showed before (', s.print.1, ' ', substring(s.print.2, 1, 12), ') sent ', formatReadableSize(s.sent), ' to ', s.peer) AS says,
  map(lower(s.print.1), substring(s.print.2, 1, 64), 'bytes_out', toString(s.sent), 'bytes_in', toString(s.received), 'peer', s.peer, 'clients_before', toString(b.clients), 'history_days', toString(b.days)) AS measured,
  [s.peer] AS destinations
FROM sent_with AS s JOIN before AS b ON b.entity_id = s.entity_id AND b.print = s.print LEFT JOIN habits AS h ON h.entity_id = s.entity_id AND h.print = s.print
WHERE s.first_sent < b.since + INTERVAL 7 DAY AND NOT hasAny(b.asked, h.peers)
ORDER BY s.sent DESC LIMIT 5 BY s.entity_id
