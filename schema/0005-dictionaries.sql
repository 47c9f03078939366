-- Lookups by address over the tables of 0004.

CREATE DICTIONARY IF NOT EXISTS zone_of (prefix String, kind String DEFAULT 'outside', label String DEFAULT '')
PRIMARY KEY prefix SOURCE(CLICKHOUSE(TABLE 'zone')) LAYOUT(IP_TRIE) LIFETIME(0);

CREATE DICTIONARY IF NOT EXISTS holder_of (
  ip IPv6, valid_from DateTime64(6, 'UTC'), valid_to DateTime64(6, 'UTC'), entity_id String, container_uid String, confidence Float32, is_known UInt8 DEFAULT 0
) PRIMARY KEY ip SOURCE(CLICKHOUSE(QUERY 'SELECT ip, valid_from, valid_to, entity_id, container_uid, confidence, 1 AS is_known FROM address_holder'))
LAYOUT(COMPLEX_KEY_RANGE_HASHED()) RANGE(MIN valid_from MAX valid_to) LIFETIME(0);
