-- Statements of one file run side by side: the table is there by now.
CREATE MATERIALIZED VIEW IF NOT EXISTS network_to_sensed TO sensed_source AS
SELECT src_endpoint_ip, node, container_uid, toStartOfHour(n.time) AS hour, min(n.time) AS time, max(n.end_time) AS end_time FROM network_activity AS n
WHERE container_uid != '' GROUP BY src_endpoint_ip, node, container_uid, hour;
