-- podman events: Time is RFC 3339 with nanoseconds (to 4.x) or timeNano / time as numbers (later).
WITH
  to_count(timeNano) AS nanos,
  if(nanos < 7258118400000000000, fromUnixTimestamp64Micro(toInt64(intDiv(nanos, 1000)), 'UTC'), NULL) AS exact,
  coalesce(exact, to_time(Time), to_time(time_text), to_time(timestamp)) AS happened
SELECT
  ifNull(happened, toDateTime64(0, 6, 'UTC')) AS time,
  ifNull(Status, '') AS api_operation,
  ifNull(Type, '') AS resource_type,
  ifNull(ID, '') AS resource_uid,
  if(Type = 'network', coalesce(Network, network, Name, ''), ifNull(Name, '')) AS resource_name,
  -- A network's event is about the container that joins or leaves it.
  if(Type IN ('container', 'network'), ifNull(ID, ''), '') AS container_uid,
  if(Type = 'container', ifNull(Name, ''), '') AS container_name,
  if(Type = 'container', ifNull(Image, ''), '') AS container_image,
  substringUTF8(mask_credentials(ifNull(Attributes, '')), 1, 4000) AS detail,
  line_number AS line,
  raw,
  multiIf(
    Status IS NULL OR Type IS NULL, if(isValidUTF8(raw), 'not a Podman event: no Status or no Type', 'not valid UTF-8'),
    happened IS NULL, concat('no time: Time is ', coalesce(Time, time_text, timestamp, timeNano, 'missing')),
    is_absurd_time(happened), concat('time is out of range: ', coalesce(Time, time_text, timestamp, timeNano)),
    '') AS reject
FROM (SELECT * EXCEPT(time), time AS time_text FROM {{input}})
