/** Headers of a TCP packet with its usual options, and without: what is left of a packet is what was said. */
const HEADERS = 52;
const BARE_HEADERS = 40;
/** A request line, a probe's greeting; who says less and hears less has said nothing. */
const SILENCE_BYTES = 64;

/** Unknown is not futile: a start without counters says nothing, unless its last word was an unanswered SYN. */
const IS_FUTILE = `multiIf(
  NOT has_bytes, protocol = 'tcp' AND (state IN ('SYN_SENT', 'S0', 'REJ')),
  bytes_in = 0 AND packets_in = 0, 1,
  protocol != 'tcp', 0,
  state IN ('S0', 'REJ', 'RSTOS0', 'SYN_SENT'), 1,
  packets_in = 0 OR packets_out = 0, 0,
  bytes_out <= ${HEADERS} * packets_out + ${SILENCE_BYTES} AND bytes_in <= ${HEADERS} * packets_in + ${SILENCE_BYTES} AND bytes_out >= ${BARE_HEADERS} * packets_out)`;

/** Minutes an entity spent on a target. Under three connections and a hundred packets nobody asks about one, once it is whole. */
export const contactMinutes = (
  connections: string,
  { isOpen, isWhole }: { isOpen: 0 | 1; isWhole: boolean },
): string => `
INSERT INTO contact_minute
SELECT entity_id, dst_ip, protocol, toStartOfMinute(time) AS minute, any(c.peer), topK(1)(dst_port)[1], max(is_dst_inside), sum(c.connections) AS opened, sumIf(c.connections, is_futile), uniqExact(dst_port), sum(bytes_in),
  round(sum(packets_out / minutes)) AS packets_a_minute, round(sum(bytes_out / minutes)), round(sumIf(packets_out / minutes, is_unanswered)), round(sumIf(bytes_out / minutes, is_unanswered)), uniqExact(src_ip), max(c.is_baseline), ${isOpen}
FROM (
  SELECT *, ${IS_FUTILE} AS is_futile, has_bytes AND bytes_in = 0 AND packets_in = 0 AS is_unanswered,
    greatest(1, dateDiff('second', time, end_time) / 60) AS minutes
  FROM ${connections} WHERE entity_id != '' AND NOT is_group_address(dst_ip) AND NOT match(ip_text(dst_ip), '^(127[.]|::1$)')
) AS c
GROUP BY entity_id, dst_ip, protocol, minute
${isWhole ? 'HAVING opened >= 3 OR packets_a_minute >= 100' : ''}`;
