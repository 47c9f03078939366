-- Functions every source and analytic may use. Addresses are kept as IPv6 so that one column holds both families.

-- IPv4-mapped IPv6 is the same address as its IPv4 form, and is shown so.
CREATE OR REPLACE FUNCTION ip_text AS (ip) -> replaceRegexpOne(IPv6NumToString(ip), '^::ffff:(\\d+\\.\\d+\\.\\d+\\.\\d+)$', '\\1');

-- NULL for anything that is not an address.
CREATE OR REPLACE FUNCTION to_ip AS (text) -> toIPv6OrNull(text);

-- A group of hosts, not a host: 224.0.0.0/4, ff00::/8 and the broadcast address.
CREATE OR REPLACE FUNCTION is_group_address AS (ip) ->
  ip >= toIPv6('ff00::') OR (ip >= toIPv6('::ffff:224.0.0.0') AND ip <= toIPv6('::ffff:239.255.255.255')) OR ip = toIPv6('::ffff:255.255.255.255');

-- Ranges nobody routes on the internet, as far as two ends are told apart by them.
CREATE OR REPLACE FUNCTION is_private_address AS (ip) ->
  (ip >= toIPv6('::ffff:10.0.0.0') AND ip <= toIPv6('::ffff:10.255.255.255')) OR (ip >= toIPv6('::ffff:172.16.0.0') AND ip <= toIPv6('::ffff:172.31.255.255'))
  OR (ip >= toIPv6('::ffff:192.168.0.0') AND ip <= toIPv6('::ffff:192.168.255.255')) OR (ip >= toIPv6('::ffff:100.64.0.0') AND ip <= toIPv6('::ffff:100.127.255.255'))
  OR (ip >= toIPv6('fc00::') AND ip <= toIPv6('fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'));

-- Which of two ends opened the connection, where nobody saw it begin: the other one has the port that looks more like a server's
-- (well known, in common use, not ephemeral, lower); with the same port on both sides, a private end called a public one.
-- Exactly one of the two ends is the likely client, whichever is asked first, so that both directions of a flow agree.
CREATE OR REPLACE FUNCTION server_port_rank AS (port) -> multiIf(port < 1024, 0,
  port IN (1433, 1521, 1883, 2049, 2375, 2376, 2379, 2380, 3000, 3128, 3306, 3389, 4317, 4318, 4443, 5000, 5432, 5601, 5671, 5672, 5900, 5985, 5986, 6379, 6443, 7946, 8000, 8008,
    8080, 8081, 8086, 8443, 8472, 8888, 9000, 9042, 9090, 9092, 9093, 9100, 9200, 9300, 9418, 9999, 10250, 11211, 15672, 27017, 50051), 1,
  port < 32768, 2, 3);
CREATE OR REPLACE FUNCTION is_likely_client AS (ip, port, other_ip, other_port) ->
  (server_port_rank(port), port, is_private_address(ip), ip) > (server_port_rank(other_port), other_port, is_private_address(other_ip), other_ip);

-- NULL unless 0..65535: a port of 70000 must be rejected, never wrapped.
CREATE OR REPLACE FUNCTION to_port AS (text) -> if(toInt64OrNull(text) BETWEEN 0 AND 65535, toInt64OrNull(text), NULL);

-- The name of an IANA protocol number, as sensors write it: 6 is tcp, 1 and 58 are icmp; of others the number itself.
CREATE OR REPLACE FUNCTION protocol_name AS (number) -> transform(ifNull(number, ''), ['6', '17', '1', '58', '132'], ['tcp', 'udp', 'icmp', 'icmp', 'sctp'], ifNull(number, ''));

-- NULL unless a whole number of at least 0 that fits UInt64.
CREATE OR REPLACE FUNCTION to_count AS (text) -> toUInt64OrNull(text);

-- Epoch seconds (with fraction) or ISO 8601, to microseconds; NULL when neither. A number that is no epoch is never
-- guessed to be a date: "19.5" is nineteen seconds of a capture that starts at 0, and so in 1970.
CREATE OR REPLACE FUNCTION to_time AS (text) -> multiIf(
  match(text, '^[0-9]{9,10}([.][0-9]*)?$'), toDateTime64OrNull(text, 6, 'UTC'),
  match(text, '^[0-9]{1,8}([.][0-9]*)?$'), fromUnixTimestamp64Micro(toInt64(ifNull(toFloat64OrNull(text), 0) * 1e6), 'UTC'),
  match(text, '^[-+]?[0-9]*[.]?[0-9]*([eE][-+]?[0-9]*)?$'), NULL,
  -- The engine makes 09:01 of 08:61. A leap second is one.
  match(text, '[T ](?:2[4-9]|[3-9][0-9]):|:(?:6[1-9]|[7-9][0-9])'), NULL,
  parseDateTime64BestEffortOrNull(text, 6, 'UTC'));

-- True for a time no log can have yet; `now` is the time of loading. Times near 1970 are a capture whose clock starts at 0.
CREATE OR REPLACE FUNCTION is_absurd_time AS (t) -> t < toDateTime64(0, 6, 'UTC') OR t > now64(6, 'UTC') + INTERVAL 366 DAY;

-- Hides secrets before anything is stored: user:password pairs, URL user info, authorisation headers and cookies,
-- secret-looking assignments and options, and well-known token shapes. Keeps what names the account, so that an analyst
-- can revoke it, and every other word of a command. src/store/mask.test.ts lists what it must hide and must keep.
CREATE OR REPLACE FUNCTION mask_credentials AS (text) ->
  -- Most texts hold none of the words below, and are told apart four times as fast as they are searched.
  if(NOT match(text, '(?i)@|pass|pwd|secret|token|key|sig|auth|cookie|cred|sess|(?:^|[\\s"\'])-[a-z]{0,5}u|--user|\\s-p|\\s-a\\s|gh[pousr]_|github_|glpat|xox|akia|asia|aiza|npm_|dckr|hvs[.]|sk[-_]|eyJ|BEGIN'), text,
  -- Token shapes.
  replaceRegexpAll(
  -- The value after a word that says "secret": password=x, "token": "x", ?sig=x.
  replaceRegexpAll(
  -- Programs with a password option of their own: sshpass -p x, mysql -px, ftpput -u u -p x, redis-cli -a x, openssl -pass pass:x.
  replaceRegexpAll(
  -- Options: --password x, --ftp-pass=x. --password-stdin and --token-file take no secret.
  replaceRegexpAll(
  -- Cookie: a=b; c=d
  replaceRegexpAll(
  -- Authorization: Bearer x, and the other headers that carry one.
  replaceRegexpAll(
  -- -u user:password. Not -u 1000:1000 (docker run) and not -u http://… (scanners).
  replaceRegexpAll(
  -- scheme://user:password@host and scheme://token@host
  replaceRegexpAll(
  replaceRegexpAll(text,
    '(://[^/?#@:\\s]*):[^/?#\\s]+@', '\\1:***@'),
    '(://)[A-Za-z0-9_.~%-]{20,}@', '\\1***@'),
    '((?:^|[\\s"\'])(?:-[A-Za-z]{0,5}[uU]|--user|--proxy-user|--(?:[a-z]+-)?creds)(?:\\s+|=)?["\']?[^\\s:"\']*[^\\s:"\'0-9/][^\\s:"\'/]*)[:%](?:[^\\s"\'/]|/[^\\s"\'/])[^\\s"\']*', '\\1:***'),
    '(?i)((?:authorization|x-[a-z0-9-]*(?:token|key|auth|secret)|(?:private|job|deploy)-token|apikey)\\\\?["\']?\\s*:\\s*\\\\?["\']?(?:(?:bearer|basic|token|digest|negotiate|ntlm|apikey|aws4-hmac-sha256)\\s+)?)(?:[a-z]+="[^"]*"|[^\\s"\'\\\\]+)(?:,\\s*[a-z]+=(?:"[^"]*"|[^\\s"\',]*))*', '\\1***'),
    '(?i)(cookie2?\\\\?["\']?\\s*:\\s*\\\\?["\']?)[^\\s"\'\\\\;]+(?:;\\s*[^\\s"\'\\\\;=]+=[^\\s"\'\\\\;]*)*;?', '\\1***'),
    '(?i)((?:^|[\\s"\'])--?(?:[a-z0-9]+-)*(?:pass|password|passwd|passphrase|secret|token|api-?key|access-?key|secret-key)(?:\\s*=\\s*|\\s+))(?:"[^"]*"|\'[^\']*\'|[^\\s"\'-][^\\s"\']*)', '\\1***'),
    '((?:sshpass\\s+-p\\s*|(?:mysql|mysqldump|mysqladmin|mariadb)(?:\\s+[^\\s|;&]+)*?\\s+-p|ftp(?:put|get)(?:\\s+[^\\s|;&]+)*?\\s+-p\\s+|redis-cli(?:\\s+[^\\s|;&]+)*?\\s+-a\\s+|(?:docker|podman|buildah|helm|skopeo|oras|crane)\\s+(?:[a-z]+\\s+)?login(?:\\s+[^\\s|;&]+)*?\\s+-p\\s+|\\s-pass(?:in|out)?\\s+pass:))(?:"[^"]*"|\'[^\']*\'|[^\\s"\']+)', '\\1***'),
    '(?i)((?:password|passphrase|secret|token|api[_-]?key|access[_-]?key|account[_-]?key|secret[_-]?key|private[_-]?key|signature|credential|(?:^|[^a-z])(?:pass|sig|auth|sessionid|phpsessid|jsessionid))(?:\\\\?["\']?\\s*:\\s*|=|\\s+=\\s+)\\\\?|(?:passwd|(?-i:pwd|Pwd|_PWD))(?:\\\\?["\']\\s*:\\s*|=)\\\\?)(?:"[^"\\\\]*|\'[^\'\\\\]*|[^\\s"\'&\\\\]+)', '\\1***'),
    '(?:\\bgh[pousr]_[A-Za-z0-9]{20,}|\\bgithub_pat_[A-Za-z0-9_]{20,}|\\bglpat-[A-Za-z0-9_-]{16,}|\\bxox[abprs]-[A-Za-z0-9-]{10,}|\\b(?:AKIA|ASIA)[A-Z0-9]{16}|\\bAIza[A-Za-z0-9_-]{35}|\\bnpm_[A-Za-z0-9]{30,}|\\bdckr_pat_[A-Za-z0-9_-]{20,}|\\bhvs[.][A-Za-z0-9_-]{20,}|\\bsk[-_](?:live_|ant-|proj-)?[A-Za-z0-9_-]{24,}|\\beyJ[A-Za-z0-9_-]{8,}[.]eyJ[A-Za-z0-9_-]{8,}[.][A-Za-z0-9_-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*)', '***'));

-- Zeek writes control characters, separators and (older versions) UTF-8 inside a value as \xHH, and a backslash as \\.
CREATE OR REPLACE FUNCTION unescape_zeek AS (text) -> if(position(text, '\\') = 0 OR NOT isValidUTF8(text), text,
  arrayStringConcat(arrayMap(
    part -> multiIf(part = '\\\\', '\\', startsWith(part, '\\x') AND length(part) = 4, unhex(substring(part, 3)), part),
    extractAll(text, '(\\\\x[0-9a-fA-F]{2}|\\\\\\\\|[^\\\\]+|\\\\)'))));

-- A set or vector of a Zeek log: a JSON array, or, where the log does not say the type, elements between commas.
CREATE OR REPLACE FUNCTION zeek_list AS (text) -> multiIf(
  ifNull(text, '') = '', CAST([], 'Array(String)'),
  startsWith(ifNull(text, ''), '['), JSONExtract(ifNull(text, ''), 'Array(String)'),
  splitByChar(',', ifNull(text, '')));

-- Suricata's names of applications and protocols in the words of the rest: ssl for TLS, '' where it found none; icmpv6, and ip-89 for a number.
CREATE OR REPLACE FUNCTION suricata_app AS (app) -> transform(ifNull(app, ''),
  ['tls', 'failed', 'unknown', 'none', 'http1', 'http2', 'http_any', 'doh2', 'krb5', 'ikev2', 'mdns', 'llmnr', 'ftp_data'],
  ['ssl', '', '', '', 'http', 'http', 'http', 'http', 'krb', 'ike', 'dns', 'dns', 'ftp-data'], ifNull(app, ''));
CREATE OR REPLACE FUNCTION suricata_protocol AS (proto) -> multiIf(
  match(ifNull(proto, ''), '^[0-9]{1,3}$'), concat('ip-', toString(toUInt16OrZero(ifNull(proto, '')))),
  lower(ifNull(proto, '')) = 'ipv6-icmp', 'icmpv6',
  lower(ifNull(proto, '')));

-- What an SSH server says it runs, before anything is encrypted: ssh-git for the software that code hosts alone run (GitHub, which calls itself
-- by a commit nowadays, GitLab, Bitbucket, Gerrit, CodeCommit, Azure DevOps), ssh for any other. The names are those the services show to ssh-keyscan.
CREATE OR REPLACE FUNCTION ssh_application AS (software) -> if(match(ifNull(software, ''),
  '^(?:SSH-[0-9.]+-)?(?:babeld|GitLab-SSHD|conker_|GerritCodeReview|AWSCodeCommit|SSHBlackbox|[0-9a-f]{7,10}$)'), 'ssh-git', 'ssh');

-- A host name without port, brackets and trailing dot, in lower case: "[2001:db8::1]:443" is 2001:db8::1.
CREATE OR REPLACE FUNCTION host_of AS (authority) -> lower(replaceRegexpOne(multiIf(
  startsWith(authority, '['), extract(authority, '^\\[([^\\]]*)'),
  countSubstrings(authority, ':') > 1, authority,
  replaceRegexpOne(authority, ':[0-9]*$', '')), '[.]$', ''));

-- 0 at `low`, 1 at `high`, linear in the logarithm between, never outside 0..1.
CREATE OR REPLACE FUNCTION log_ramp AS (value, low, high) -> greatest(0, least(1, log(greatest(toFloat64(value), 1e-9) / low) / log(high / low)));

-- Median absolute deviation of an array of numbers. The median goes in as an array: a lambda that captures one copies it per element.
CREATE OR REPLACE FUNCTION array_mad AS (numbers) -> arrayReduce('quantileExactInclusive(0.5)',
  arrayMap((x, median) -> abs(x - median), numbers, arrayWithConstant(length(numbers), arrayReduce('quantileExactInclusive(0.5)', numbers))));

-- Differences between neighbours: one less than numbers.
CREATE OR REPLACE FUNCTION array_gaps AS (numbers) -> arrayPopFront(arrayDifference(numbers));

-- Applications whose uploads are not web uploads and have strategies and analytics of their own.
CREATE OR REPLACE FUNCTION is_web_or_unknown AS (app) -> app NOT IN ('dns', 'ntp', 'dhcp', 'ftp', 'ftp-data', 'ftps', 'ftps-data', 'ssh', 'ssh-git', 'smtp', 'sip', 'imap', 'pop3', 'syslog', 'snmp', 'smb', 'krb', 'rdp');

-- The registered domain decides list membership: a.b.pastebin.com is pastebin.com.
CREATE OR REPLACE FUNCTION domain_suffixes AS (domain) -> arrayMap(i -> arrayStringConcat(arraySlice(splitByChar('.', lower(domain)), i), '.'), range(1, length(splitByChar('.', domain))));

-- Folders that everybody may write and nobody misses: where things are put down for a while.
CREATE OR REPLACE FUNCTION is_scratch_path AS (path) -> match(path, '^/(?:tmp|var/tmp|dev/shm|run/shm|run/lock|var/lock)/');

-- What credential a file holds, by its path; '' for none. The same words as the host sensor's own (src/sense/credential-files.ts),
-- and src/store/credential-kind.test.ts holds them together. Public certificates end in .pem, too.
CREATE OR REPLACE FUNCTION credential_kind AS (path) -> multiIf(
  match(path, '(?:^|/)(?:etc/ssl/certs|usr/share/ca-certificates|etc/pki/tls/certs|etc/ca-certificates)/|(?:^|/)(?:ca-certificates|cacert|cert|ca-bundle)[.](?:pem|crt)$'), '',
  match(path, 'serviceaccount.*/token$'), 'kubernetes token',
  match(path, '(?:^|/)(?:kubeconfig|admin[.]conf|kubelet[.]conf|[.]kube/config)$'), 'kubernetes configuration',
  match(path, '(?:^|/)(?:id_rsa|id_dsa|id_ecdsa|id_ed25519|identity)$'), 'ssh key',
  match(path, '(?:^|/)(?:known_hosts|authorized_keys)$'), 'ssh host list',
  match(path, '(?:^|/)[.]ssh/config$'), 'ssh configuration',
  match(path, '(?:^|/)(?:[.]aws/(?:credentials|config)|application_default_credentials[.]json|credentials[.]db|[.]azure/(?:.*/)?(?:accessTokens|msal_token_cache|azureProfile)[.]json)$'), 'cloud credentials',
  match(path, '(?:^|/)(?:[.]docker/config[.]json|[.]dockercfg)$|containers/(?:.*/)?auth[.]json$'), 'registry credentials',
  match(path, '(?:^|/)[.]git-credentials$'), 'git credentials',
  match(path, '(?:^|/)[.](?:netrc|pgpass|my[.]cnf|htpasswd)$'), 'login',
  match(path, '(?:^|/)[.](?:npmrc|pypirc|yarnrc[.]yml)$'), 'package registry token',
  match(path, '(?:^|/)etc/g?shadow$'), 'password hashes',
  match(path, '[.](?:pem|key|ppk|p12|pfx|kdbx)$'), 'private key',
  endsWith(path, '.tfstate'), 'terraform state',
  match(path, '(?:^|/)[.]env$'), 'environment file',
  '');

-- What of the host gives a container the host: its root, its secrets, its processes, its engine. '' for anything else.
CREATE OR REPLACE FUNCTION sensitive_mount AS (source) -> multiIf(
  source = '/', 'the root of the host',
  match(source, '(?:docker|containerd|crio|podman)[.]sock$'), 'the engine''s socket',
  match(source, '^/(?:proc|sys|dev|boot)$'), concat(source, ' of the host'),
  match(source, '^/(?:etc|root|home|var|usr|lib)$'), concat(source, ' of the host'),
  match(source, '^/(?:etc/(?:kubernetes|ssh|shadow|docker)|root/|home/[^/]+/?$|home/[^/]+/[.]ssh|var/(?:lib|run)$|var/lib/(?:docker|kubelet|containerd|containers|etcd)(?:/?$|/pods/?$))'), concat(source, ' of the host'),
  '');

-- Kind and name of a pod's controller, by the endings that controllers give their pods; the letters are those Kubernetes draws names from.
CREATE OR REPLACE FUNCTION pod_owner AS (pod) -> multiIf(
  pod = '', ['', ''],
  match(pod, '^.+-\\d{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$'), ['CronJob', extract(pod, '^(.+)-\\d{8,10}-[^-]{5}$')],
  match(pod, '^.+-[bcdfghjklmnpqrstvwxz2456789]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$'), ['Deployment', extract(pod, '^(.+)-[^-]+-[^-]{5}$')],
  match(pod, '^.+-\\d{1,4}$'), ['StatefulSet', extract(pod, '^(.+)-\\d+$')],
  -- DaemonSets, Jobs and bare ReplicaSets look alike.
  match(pod, '^.+-[bcdfghjklmnpqrstvwxz2456789]{5}$'), ['Controller', extract(pod, '^(.+)-[^-]{5}$')],
  ['Pod', pod]);
