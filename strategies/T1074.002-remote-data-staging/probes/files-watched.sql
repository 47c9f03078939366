-- what: Files that containers write are watched, so that a shared volume is no hidden channel.
-- when_not_ok: degraded
SELECT toUInt8(count() > 0) AS ok,
  if(ok, '', 'no file of a container is watched: what is put into shared volumes is seen only by the commands that name them') AS reason
FROM file_activity WHERE activity IN ('write', 'open_write')
