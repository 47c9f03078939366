-- what: Engine events or the API server's audit log were read, so that an exec shortly before is seen.
-- when_not_ok: degraded
SELECT toUInt8(count() > 0) AS ok,
  if(ok, '', 'no engine events and no audit log: who started or entered a container is unknown') AS reason
FROM api_activity
