-- Functions every source and analytic may use. Addresses are kept as IPv6 so that one column holds both families.

-- IPv4-mapped IPv6 is the same address as its IPv4 form, and is shown so.
CREATE OR REPLACE FUNCTION ip_text AS (ip) -> replaceRegexpOne(IPv6NumToString(ip), '^::ffff:(\\d+\\.\\d+\\.\\d+\\.\\d+)$', '\\1');

-- NULL for anything that is not an address.
CREATE OR REPLACE FUNCTION to_ip AS (text) -> toIPv6OrNull(text);

-- NULL unless 0..65535: a port of 70000 must be rejected, never wrapped.
CREATE OR REPLACE FUNCTION to_port AS (text) -> if(toInt64OrNull(text) BETWEEN 0 AND 65535, toInt64OrNull(text), NULL);

-- NULL unless a whole number of at least 0 that fits UInt64.
CREATE OR REPLACE FUNCTION to_count AS (text) -> toUInt64OrNull(text);

-- Epoch seconds (with fraction) or ISO 8601, to microseconds; NULL when neither, or outside 1990..2200.
CREATE OR REPLACE FUNCTION to_time AS (text) -> if(
  match(text, '^[0-9]{9,10}([.][0-9]*)?$'),
  toDateTime64OrNull(text, 6, 'UTC'),
  parseDateTime64BestEffortOrNull(text, 6, 'UTC'));

-- True for a time no log can have yet or ever had; `now` is the time of loading.
CREATE OR REPLACE FUNCTION is_absurd_time AS (t) -> t < toDateTime64('1990-01-01 00:00:00', 6, 'UTC') OR t > now64(6, 'UTC') + INTERVAL 366 DAY;

-- Hides secrets before anything is stored: user:password pairs, URL user info, authorisation headers, secret-looking
-- assignments and options, and well-known token shapes. Keeps what names the account, so that an analyst can revoke it.
CREATE OR REPLACE FUNCTION mask_credentials AS (text) ->
  replaceRegexpAll(
  replaceRegexpAll(
  replaceRegexpAll(
  replaceRegexpAll(
  replaceRegexpAll(text,
    '(://[^/@:\\s]*):[^/@\\s]+@', '\\1:***@'),
    '(?i)((?:^|\\s)(?:-u|-U|--user|--proxy-user)[ =]?[\'"]?[^\\s:\'"]+):[^\\s\'"]+', '\\1:***'),
    '(?i)((?:authorization|proxy-authorization|x-api-key|x-auth-token|private-token|job-token|cookie|set-cookie)["\']?\\s*:\\s*["\']?(?:(?:bearer|basic|token|digest|negotiate)\\s+)?)[^\\s"\']+', '\\1***'),
    '(?i)((?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|secret[_-]?access[_-]?key|private[_-]?key|client[_-]?secret|pgpassword|mysql_pwd|sshpass\\s+-p)["\']?(?:\\s*[=:]\\s*|\\s+)["\']?)[^\\s"\'&]+', '\\1***'),
    '(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abprs]-[A-Za-z0-9-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|eyJ[A-Za-z0-9_-]{8,}[.]eyJ[A-Za-z0-9_-]{8,}[.][A-Za-z0-9_-]*)', '***');

-- Zeek writes control characters and separators inside a value as \xHH.
CREATE OR REPLACE FUNCTION unescape_zeek AS (text) -> if(position(text, '\\x') = 0, text,
  JSONExtractString(concat('{"v":"', replaceRegexpAll(replaceRegexpAll(replaceAll(text, '"', '\\"'), '\\\\x([0-9a-fA-F]{2})', '\\\\u00\\1'), '\\\\([^u"])', '\\\\\\\\\\1'), '"}'), 'v'));
