-- what: The container inventory was read, so that an address has an owner.
-- when_not_ok: degraded
SELECT toUInt8(count() > 0) AS ok,
  if(ok, '', 'no container inventory: findings name addresses, not workloads') AS reason
FROM container_inventory
