import type { Store } from '../store/store.js';

/** Seconds within which a connection counts as that of a git or registry command: tools pack and compress before they connect. */
const COMMAND_SECONDS = 120;

/** Asking for a clone sends less. What sends as much pushes, unless it gets many times more: acknowledgements of a download are a thirtieth of it. */
const UPLOAD_BYTES = 262_144;

/**
 * Names the peers that are code hosts or image registries. Lists know the public ones. Any other gives itself away: a command names it, or one that
 * pushes and names no other runs in the entity just before it connects to the command's port and sends much, or more than it gets; a request has the
 * form that only git or a registry knows; or its SSH server says that it serves code. What only follows a command may be anything, so that it
 * counts for that entity alone.
 */
export async function deriveCodeDestinations(store: Store): Promise<void> {
  await store.run('TRUNCATE TABLE code_destination');
  await store.run(`
INSERT INTO code_destination SELECT e.entity_id, e.peer, any(d.kind), min(d.how)
FROM (SELECT DISTINCT entity_id, peer FROM hour_judged WHERE role = 'initiator') AS e
JOIN (
  SELECT '' AS only, peer, s.kind AS kind, 'list' AS how
  FROM (SELECT DISTINCT peer, arrayJoin(domain_suffixes(peer)) AS suffix FROM hour_judged WHERE role = 'initiator' AND position(peer, '.') > 0) AS e
  JOIN (SELECT * FROM service WHERE list = 'code-hosts') AS s ON s.domain = e.suffix
  UNION ALL
  SELECT '', host, ${KIND_OF_PROTOCOL}, 'command' FROM command WHERE ${IS_CODE} AND host != ''
  UNION ALL
  SELECT toString(c.entity_id), c.peer, k.kind, 'follows a command'
  FROM (SELECT entity_id, peer, domain, ip_text(dst_ip) AS address, dst_port, time FROM connection WHERE entity_id IN (SELECT entity_id FROM command WHERE ${IS_CODE}) AND protocol = 'tcp' AND (NOT has_bytes OR bytes_out > bytes_in OR bytes_out >= ${UPLOAD_BYTES} AND 8 * bytes_out >= bytes_in)) AS c
  JOIN (SELECT entity_id, time, time_error, host, port, ${KIND_OF_PROTOCOL} AS kind FROM command WHERE ${IS_CODE} AND direction = 'upload') AS k ON k.entity_id = c.entity_id
  WHERE c.time + INTERVAL 1 SECOND + toIntervalMillisecond(toUInt64(1000 * k.time_error)) >= k.time AND c.time <= k.time + INTERVAL ${COMMAND_SECONDS} SECOND
    AND (k.host IN ('', c.peer, c.address) OR (c.domain = '' AND to_ip(k.host) IS NULL))
    AND (c.dst_port = k.port OR (k.port = 0 AND c.dst_port IN (22, 80, 443, 5000, 9418)))
  UNION ALL
  SELECT '', peer, if(startsWith(url_path, '/v2/'), 'registry', 'code-host'), 'request' FROM http_request
  WHERE match(url_path, '^/v2/.+/(?:blobs/uploads|manifests)(?:/|$)|/git-(?:receive|upload)-pack$|/info/refs[?]service=git-')
  UNION ALL
  SELECT '', peer, 'code-host', 'port' FROM hour_judged WHERE peer_port = 9418 AND role = 'initiator'
  UNION ALL
  SELECT '', peer, 'code-host', 'server' FROM connection_judged WHERE app = 'ssh-git'
) AS d ON d.peer = e.peer
WHERE only = '' OR only = toString(e.entity_id)
GROUP BY e.entity_id, e.peer`);
}

const IS_CODE = "protocol IN ('git', 'registry')";
const KIND_OF_PROTOCOL = "if(protocol = 'git', 'code-host', 'registry')";
