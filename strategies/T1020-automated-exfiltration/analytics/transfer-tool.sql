-- what: Did a command in the container upload by FTP, SFTP, SCP or rsync?
-- class: process
-- role: trigger
-- needs: command
-- parameters: tool_confidence_min
-- cost: 0.25
SELECT entity_id, min(c.time) AS window_from, max(c.time) + toIntervalSecond(60) AS window_to,
  max(c.confidence) * 0.85 AS likelihood,
  concat(arrayStringConcat(arraySort(groupUniqArray(3)(c.tool)), ', '), ' uploads by ', arrayStringConcat(arraySort(groupUniqArray(3)(c.protocol)), ', '), ' in the container', if(max(c.is_complete) = 0, ', seen only in a cut command line', '')) AS says,
  map('commands', toString(count()), 'tools', arrayStringConcat(groupUniqArray(5)(c.tool), ' '), 'evidence', argMax(c.evidence, c.confidence), 'confidence', toString(round(max(c.confidence), 2))) AS measured,
  arrayFilter(h -> h != '', groupUniqArray(20)(c.host)) AS destinations
FROM command AS c
WHERE direction = 'upload' AND protocol IN ('ftp', 'ftps', 'sftp', 'scp', 'rsync') AND NOT is_baseline AND confidence >= {tool_confidence_min:Float64}
  AND NOT (to_ip(host) IS NOT NULL AND dictGetOrDefault('zone_of', 'kind', ifNull(to_ip(host), toIPv6('::')), 'outside') != 'outside')
GROUP BY entity_id, toStartOfHour(c.time)
