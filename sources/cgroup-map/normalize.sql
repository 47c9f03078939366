-- "<cgroup id> <container name> <cgroup path>": the container's id is the last 64 hexadecimal digits of the path.
-- Docker writes docker/<id> or docker-<id>.scope, Podman libpod-<id>, containerd and CRI-O cri-containerd-<id>, crio-<id>.
WITH
  extractGroups(raw, '^(\\S+) (\\S+) (/\\S*)\\s*$') AS parts,
  extract(parts[3], '^.*(?:^|[^0-9a-f])([0-9a-f]{64})(?:[^0-9a-f]|$)') AS container
SELECT
  ifNull(to_count(parts[1]), 0) AS cgroup_id,
  container AS container_uid,
  parts[2] AS container_name,
  line_number AS line,
  raw,
  multiIf(
    length(parts) = 0, if(isValidUTF8(raw), 'not "<cgroup id> <container name> <cgroup path>"', 'not valid UTF-8'),
    to_count(parts[1]) IS NULL, concat('not a cgroup id: ', parts[1]),
    container = '', concat('no container id (64 hexadecimal digits) in the path: ', parts[3]),
    '') AS reject
FROM {{input}}
