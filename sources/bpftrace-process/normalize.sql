-- Lines of exec.bt. They look like JSON but bpftrace escapes nothing, so fields are found by their place, not by a JSON parser:
-- quotes inside an argument do no harm. Only \" in valid JSON shows a producer that did escape; its strings are decoded.
WITH
  trimRight(raw) AS text,
  extractGroups(text, '^\\{"t":"([a-z]+)","ns":(\\d+),"pid":(\\d+)(?:,"cg":(\\d+))?(?:,"comm":"([^"]*)")?') AS head,
  head[1] AS kind,
  position(text, '\\"') > 0 AND isValidJSON(text) AS is_escaped,
  -- The last record of a file, or one broken by a newline in an argument, lacks its end.
  endsWith(text, '}') AS is_whole,
  extractGroups(text, '"comm":".*?","file":"(.*?)","argv":\\["(.*)$') AS exec_parts,
  if(is_escaped, JSONExtractString(text, 'file'), if(kind = 'exec', exec_parts[1], extract(text, '"file":"(.*)","fl":'))) AS file,
  if(is_escaped, JSONExtract(text, 'argv', 'Array(String)'),
    splitByString('","', replaceRegexpOne(exec_parts[2], '"\\]\\}$', ''))) AS printed_arguments,
  -- An absent argument is printed empty, and behind it may stand environment variables: argv ends there.
  if(has(printed_arguments, ''), arraySlice(printed_arguments, 1, indexOf(printed_arguments, '') - 1), printed_arguments) AS arguments,
  if(file = '', head[5], extract(file, '([^/]*)/?$')) AS program,
  arrayStringConcat(arrayMap(word -> if(match(word, '^[A-Za-z0-9_@%+=:,./-]+$'), word, concat('\'', replaceAll(word, '\'', '\'\\\'\''), '\'')), arrayConcat([program], arguments)), ' ') AS command,
  extractGroups(text, '"s":"([^"]*):(\\d+)","d":"([^"]*):(\\d+)","from":(\\d+),"to":(\\d+)\\}$') AS socket,
  socket[6] = '2' OR (socket[6] = '1' AND socket[5] = '2') AS is_connect
SELECT
  ifNull(to_count(head[2]), 0) AS monotonic_ns,
  multiIf(
    kind = 'sock', if(is_connect, 'connect', 'tcp_state'),
    kind = 'execret', 'exec_result',
    kind = 'connect', 'connect_call',
    kind = 'openw', 'open_write',
    kind) AS activity,
  toUInt32(ifNull(to_count(head[3]) % 4294967296, 0)) AS pid,
  ifNull(to_count(head[4]), 0) AS cgroup_id,
  if(kind = 'exec', program, head[5]) AS process_name,
  if(kind IN ('exec', 'openw'), file, '') AS file_path,
  if(kind = 'exec', mask_credentials(command), '') AS cmd_line,
  -- Three arguments: there may be a fourth. 63 bytes: it may have been longer. Something behind an empty one: it may be an argument.
  kind != 'exec' OR (is_whole AND length(arguments) < 3 AND length(file) < 63
    AND arrayAll(word -> word = '', arraySlice(printed_arguments, length(arguments) + 1))
    AND NOT arrayExists(word -> length(word) >= 63, arguments)) AS cmd_line_complete,
  ifNull(to_ip(socket[1]), toIPv6('::')) AS src_endpoint_ip,
  ifNull(to_port(socket[2]), 0) AS src_endpoint_port,
  ifNull(to_ip(socket[3]), toIPv6('::')) AS dst_endpoint_ip,
  ifNull(to_port(socket[4]), 0) AS dst_endpoint_port,
  line_number AS line,
  raw,
  multiIf(
    length(head) = 0, if(isValidUTF8(raw), 'not a record of exec.bt (or the rest of one that a newline in an argument broke)', 'not valid UTF-8'),
    kind NOT IN ('exec', 'execret', 'exit', 'sock', 'connect', 'openw'), concat('not a known kind of record: ', kind),
    to_count(head[2]) IS NULL, concat('ns is no count of nanoseconds: ', head[2]),
    NOT ifNull(to_count(head[3]) < 4294967296, 0), concat('pid is out of range: ', head[3]),
    head[4] != '' AND to_count(head[4]) IS NULL, concat('cg is no cgroup id: ', head[4]),
    kind = 'exec' AND length(exec_parts) = 0 AND NOT is_escaped, 'an exec record without file and argv',
    kind = 'sock' AND length(socket) = 0, 'a sock record without addresses and states',
    kind = 'sock' AND (to_ip(socket[1]) IS NULL OR to_ip(socket[3]) IS NULL), concat('no addresses: ', socket[1], ' ', socket[3]),
    kind = 'sock' AND (to_port(socket[2]) IS NULL OR to_port(socket[4]) IS NULL), concat('not a port: ', socket[2], ' ', socket[4]),
    '') AS reject
FROM {{input}}
