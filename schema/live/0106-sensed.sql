-- Where sensors that name the container, pod or host of a connection saw it connect from, by the hour: who held an address is told by this,
-- and not by every connection of a day again (src/detect/inventory.ts).
CREATE TABLE IF NOT EXISTS sensed_source (
  src_endpoint_ip IPv6, node LowCardinality(String), container_uid String, hour DateTime('UTC'),
  time SimpleAggregateFunction(min, DateTime64(6, 'UTC')), end_time SimpleAggregateFunction(max, DateTime64(6, 'UTC'))
) ENGINE = AggregatingMergeTree ORDER BY (hour, src_endpoint_ip, container_uid, node);
