-- Event tables, named and flattened after OCSF classes. Each ends in the columns every event has:
-- where it came from (source, load_id, file, line) and who the sensor itself says it was (container_uid).
-- ReplacingMergeTree with event_uid last in the key: a row read twice collapses into one.

-- OCSF 4001 Network Activity. One row is one VIEW of a connection (start, update, poll, end, or a TLS handshake);
-- schema/0004 joins the views. A `window` is a stretch of a flow's time, as flow logs tell it, often one direction only:
-- what came back is another row with the same ends, and windows of one sensor add up. `traffic_bytes_out` is src to dst, at IP level where the sensor has it.
CREATE TABLE IF NOT EXISTS network_activity (
  time DateTime64(6, 'UTC'),
  end_time DateTime64(6, 'UTC'),
  src_endpoint_ip IPv6,
  src_endpoint_port UInt16,
  dst_endpoint_ip IPv6,
  dst_endpoint_port UInt16,
  -- The same connection as seen behind NAT (conntrack's reply tuple, turned round); equal to the above without NAT.
  translated_src_ip IPv6 DEFAULT src_endpoint_ip,
  translated_src_port UInt16 DEFAULT src_endpoint_port,
  translated_dst_ip IPv6 DEFAULT dst_endpoint_ip,
  translated_dst_port UInt16 DEFAULT dst_endpoint_port,
  connection_info_protocol_name LowCardinality(String),
  traffic_bytes_out UInt64 DEFAULT 0,
  traffic_bytes_in UInt64 DEFAULT 0,
  traffic_packets_out UInt64 DEFAULT 0,
  traffic_packets_in UInt64 DEFAULT 0,
  -- 0 when this view cannot count bytes (a start event, a handshake, accounting off): unknown, not none.
  has_bytes UInt8 DEFAULT 0,
  -- Seconds by which `time` may be early or late: whole-second stamps, polls.
  time_error Float32 DEFAULT 0,
  view Enum8('start' = 1, 'update' = 2, 'poll' = 3, 'end' = 4, 'handshake' = 5, 'window' = 6),
  -- 1 where the record does not say who opened the connection and its ports were asked (is_likely_client): another view may know better.
  is_direction_guessed UInt8 DEFAULT 0,
  app_name LowCardinality(String) DEFAULT '',
  connection_state LowCardinality(String) DEFAULT '',
  dst_endpoint_domain String DEFAULT '',
  tls_version LowCardinality(String) DEFAULT '',
  ja3_hash String DEFAULT '',
  ja4 String DEFAULT '',
  -- The producer's id of the connection: Zeek's uid, conntrack's id.
  session_uid String DEFAULT '',
  -- At the source's end; host for a process of the host.
  container_uid String DEFAULT '',
  node LowCardinality(String) DEFAULT '',
  source LowCardinality(String),
  load_id UInt32,
  file LowCardinality(String),
  line UInt32,
  event_uid UInt64 MATERIALIZED cityHash64(source, node, time, end_time, src_endpoint_ip, src_endpoint_port, dst_endpoint_ip,
    dst_endpoint_port, connection_info_protocol_name, view, session_uid, connection_state, traffic_bytes_out, traffic_bytes_in, dst_endpoint_domain)
) ENGINE = ReplacingMergeTree
ORDER BY (src_endpoint_ip, dst_endpoint_ip, dst_endpoint_port, src_endpoint_port, connection_info_protocol_name, time, event_uid);

-- OCSF 4002 HTTP Activity. Body lengths are what the message declared or the sensor counted, in bytes.
CREATE TABLE IF NOT EXISTS http_activity (
  time DateTime64(6, 'UTC'),
  src_endpoint_ip IPv6,
  src_endpoint_port UInt16,
  dst_endpoint_ip IPv6,
  dst_endpoint_port UInt16,
  http_request_method LowCardinality(String),
  -- Host header, or the CONNECT target behind a proxy; without port.
  url_hostname String,
  url_path String,
  user_agent String DEFAULT '',
  request_body_bytes UInt64 DEFAULT 0,
  response_body_bytes UInt64 DEFAULT 0,
  http_status UInt16 DEFAULT 0,
  request_mime LowCardinality(String) DEFAULT '',
  is_proxied UInt8 DEFAULT 0,
  session_uid String DEFAULT '',
  container_uid String DEFAULT '',
  node LowCardinality(String) DEFAULT '',
  source LowCardinality(String),
  load_id UInt32,
  file LowCardinality(String),
  line UInt32,
  event_uid UInt64 MATERIALIZED cityHash64(source, node, time, src_endpoint_ip, src_endpoint_port, dst_endpoint_ip, dst_endpoint_port,
    http_request_method, url_hostname, url_path, request_body_bytes, session_uid)
) ENGINE = ReplacingMergeTree ORDER BY (src_endpoint_ip, dst_endpoint_ip, time, event_uid);

-- OCSF 4003 DNS Activity.
CREATE TABLE IF NOT EXISTS dns_activity (
  time DateTime64(6, 'UTC'),
  src_endpoint_ip IPv6,
  src_endpoint_port UInt16,
  dst_endpoint_ip IPv6,
  dst_endpoint_port UInt16,
  query_hostname String,
  query_type LowCardinality(String) DEFAULT '',
  rcode LowCardinality(String) DEFAULT '',
  answers Array(String),
  session_uid String DEFAULT '',
  container_uid String DEFAULT '',
  node LowCardinality(String) DEFAULT '',
  source LowCardinality(String),
  load_id UInt32,
  file LowCardinality(String),
  line UInt32,
  event_uid UInt64 MATERIALIZED cityHash64(source, node, time, src_endpoint_ip, src_endpoint_port, dst_endpoint_ip, query_hostname, query_type, session_uid, rcode, answers)
) ENGINE = ReplacingMergeTree ORDER BY (src_endpoint_ip, time, event_uid);

-- OCSF 4008 FTP Activity. activity: put, get, list, other.
CREATE TABLE IF NOT EXISTS ftp_activity (
  time DateTime64(6, 'UTC'),
  src_endpoint_ip IPv6,
  src_endpoint_port UInt16,
  dst_endpoint_ip IPv6,
  dst_endpoint_port UInt16,
  activity LowCardinality(String),
  command LowCardinality(String),
  file_name String DEFAULT '',
  file_size UInt64 DEFAULT 0,
  code UInt16 DEFAULT 0,
  data_ip IPv6 DEFAULT '::',
  data_port UInt16 DEFAULT 0,
  session_uid String DEFAULT '',
  container_uid String DEFAULT '',
  node LowCardinality(String) DEFAULT '',
  source LowCardinality(String),
  load_id UInt32,
  file LowCardinality(String),
  line UInt32,
  event_uid UInt64 MATERIALIZED cityHash64(source, node, time, src_endpoint_ip, src_endpoint_port, dst_endpoint_ip, command, file_name, session_uid)
) ENGINE = ReplacingMergeTree ORDER BY (src_endpoint_ip, time, event_uid);

-- OCSF 1007 Process Activity. cmd_line is masked; cmd_line_complete is 0 when the sensor cut it, cmd_line_joined is 1 when
-- the sensor joined the arguments with blanks, so that their quoting is lost.
CREATE TABLE IF NOT EXISTS process_activity (
  time DateTime64(6, 'UTC'),
  activity LowCardinality(String),
  process_name LowCardinality(String),
  process_file_path String DEFAULT '',
  cmd_line String,
  cmd_line_complete UInt8 DEFAULT 1,
  cmd_line_joined UInt8 DEFAULT 0,
  pid UInt32 DEFAULT 0,
  parent_process_name LowCardinality(String) DEFAULT '',
  user_name LowCardinality(String) DEFAULT '',
  rule String DEFAULT '',
  container_uid String DEFAULT '',
  container_name String DEFAULT '',
  container_image String DEFAULT '',
  pod String DEFAULT '',
  namespace LowCardinality(String) DEFAULT '',
  -- Seconds by which the time may be wrong, when a clock had to be aligned.
  time_error Float64 DEFAULT 0,
  node LowCardinality(String) DEFAULT '',
  source LowCardinality(String),
  load_id UInt32,
  file LowCardinality(String),
  line UInt32,
  event_uid UInt64 MATERIALIZED cityHash64(source, node, time, activity, pid, cmd_line, container_uid, container_name, rule)
) ENGINE = ReplacingMergeTree ORDER BY (container_uid, time, event_uid);

-- OCSF 1001 File System Activity; with addresses, 4010 Network File Activity.
CREATE TABLE IF NOT EXISTS file_activity (
  time DateTime64(6, 'UTC'),
  -- open_write, write, read, delete, network_transfer; open where the sensor does not say for what, failed where nothing came of it
  activity LowCardinality(String),
  file_path String,
  file_size UInt64 DEFAULT 0,
  -- write only: what one process has written to the file since it was last told.
  bytes_written UInt64 DEFAULT 0,
  file_mime LowCardinality(String) DEFAULT '',
  file_sha256 String DEFAULT '',
  process_name LowCardinality(String) DEFAULT '',
  pid UInt32 DEFAULT 0,
  -- network_transfer only: who sent the file to whom.
  src_endpoint_ip IPv6 DEFAULT '::',
  dst_endpoint_ip IPv6 DEFAULT '::',
  app_name LowCardinality(String) DEFAULT '',
  container_uid String DEFAULT '',
  time_error Float64 DEFAULT 0,
  session_uid String DEFAULT '',
  node LowCardinality(String) DEFAULT '',
  source LowCardinality(String),
  load_id UInt32,
  file LowCardinality(String),
  line UInt32,
  event_uid UInt64 MATERIALIZED cityHash64(source, node, time, activity, file_path, pid, container_uid, session_uid)
) ENGINE = ReplacingMergeTree ORDER BY (container_uid, time, event_uid);

-- OCSF 6003 API Activity: engine events and the Kubernetes audit log.
CREATE TABLE IF NOT EXISTS api_activity (
  time DateTime64(6, 'UTC'),
  -- create, start, exec_create, exec_start, connect, update, patch, get …
  api_operation LowCardinality(String),
  -- container, network, volume, image, pods, secrets, cronjobs …
  resource_type LowCardinality(String),
  resource_uid String DEFAULT '',
  resource_name String DEFAULT '',
  namespace LowCardinality(String) DEFAULT '',
  subresource LowCardinality(String) DEFAULT '',
  actor_user_name String DEFAULT '',
  src_endpoint_ip IPv6 DEFAULT '::',
  http_status UInt16 DEFAULT 0,
  -- The command a container was started with or that was executed in it; masked.
  cmd_line String DEFAULT '',
  -- 1 when argv was joined with blanks, so that quoting is lost (Docker's exec events).
  cmd_line_joined UInt8 DEFAULT 0,
  is_interactive UInt8 DEFAULT 0,
  container_uid String DEFAULT '',
  container_name String DEFAULT '',
  container_image String DEFAULT '',
  -- What changed or was asked, as compact JSON, masked, at most 4,000 characters.
  detail String DEFAULT '',
  node LowCardinality(String) DEFAULT '',
  source LowCardinality(String),
  load_id UInt32,
  file LowCardinality(String),
  line UInt32,
  event_uid UInt64 MATERIALIZED cityHash64(source, node, time, api_operation, resource_type, resource_uid, resource_name, subresource, cmd_line, actor_user_name, detail)
) ENGINE = ReplacingMergeTree ORDER BY (resource_type, time, event_uid);

-- OCSF 6003 API Activity, told by the other end: what code hosts and image registries say of pushes, pulls and settings.
CREATE TABLE IF NOT EXISTS repository_activity (
  time DateTime64(6, 'UTC'),
  -- code-host, registry
  service_kind LowCardinality(String),
  -- push, pull, upload-start, upload, check, negotiate, create, visibility, key, member, delete, other
  api_operation LowCardinality(String),
  -- The name the service was called by, without port; may be unknown.
  host String DEFAULT '',
  repository String DEFAULT '',
  -- manifest, blob, code, repository, key …
  resource_type LowCardinality(String) DEFAULT '',
  resource_uid String DEFAULT '',
  -- Of a manifest: its own and those of what it refers to.
  media_types Array(String),
  -- Of a manifest: the digests of what it refers to; empty where the source does not tell.
  referenced_uids Array(String),
  -- Bytes that came in with it; 0 when unknown.
  bytes UInt64 DEFAULT 0,
  actor_user_name String DEFAULT '',
  user_agent String DEFAULT '',
  -- The client as the service saw it: behind NAT, port 0 when unknown.
  src_endpoint_ip IPv6 DEFAULT '::',
  src_endpoint_port UInt16 DEFAULT 0,
  http_request_method LowCardinality(String) DEFAULT '',
  http_status UInt16 DEFAULT 0,
  is_public UInt8 DEFAULT 0,
  -- The service's own word for it, and more; masked, at most 1,000 characters.
  detail String DEFAULT '',
  container_uid String DEFAULT '',
  node LowCardinality(String) DEFAULT '',
  source LowCardinality(String),
  load_id UInt32,
  file LowCardinality(String),
  line UInt32,
  event_uid UInt64 MATERIALIZED cityHash64(source, node, time, api_operation, host, repository, resource_type, resource_uid, actor_user_name, src_endpoint_ip, src_endpoint_port, http_status, bytes, detail)
) ENGINE = ReplacingMergeTree ORDER BY (service_kind, repository, time, event_uid);

-- Events of a sensor whose clock counts from boot. schema/0004 aligns them through matching connections.
CREATE TABLE IF NOT EXISTS monotonic_activity (
  -- Nanoseconds since boot.
  monotonic_ns UInt64,
  -- exec, exit, connect, open_write
  activity LowCardinality(String),
  pid UInt32,
  cgroup_id UInt64,
  process_name String,
  file_path String DEFAULT '',
  cmd_line String DEFAULT '',
  cmd_line_complete UInt8 DEFAULT 1,
  -- connect only.
  src_endpoint_ip IPv6 DEFAULT '::',
  src_endpoint_port UInt16 DEFAULT 0,
  dst_endpoint_ip IPv6 DEFAULT '::',
  dst_endpoint_port UInt16 DEFAULT 0,
  node LowCardinality(String) DEFAULT '',
  source LowCardinality(String),
  load_id UInt32,
  file LowCardinality(String),
  line UInt32,
  event_uid UInt64 MATERIALIZED cityHash64(source, node, file, monotonic_ns, activity, pid, file_path, cmd_line, src_endpoint_port)
) ENGINE = ReplacingMergeTree ORDER BY (file, monotonic_ns, event_uid);
