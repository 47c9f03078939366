import { contactMinutes } from './contacts.js';

/** Sums over `connection`, in the order in which one needs the other. */
export const ROLL_UPS = [
  'egress_hour',
  'egress_pair',
  'egress_window',
  'inflow_hour',
  'contact_minute',
] as const;

/** Where roll-ups are summed from, and which of them are asked for. */
export interface Sums {
  /** Connections, and what entities sent in them: `connection` and `egress`, or the same of fewer connections. */
  connections: string;
  egress: string;
  isOpen: 0 | 1;
}

const ROLES = ['initiator', 'responder'];

/** Sums per hour; each role by itself, so that the initiators are read in the order in which connections lie. */
const hoursOf = ({ egress }: Sums, role: string) => `
SELECT entity_id, role, peer, peer_port, any(app) AS app, max(is_peer_inside) AS is_peer_inside, toStartOfHour(minute) AS hour, min(minute) AS first_minute, max(minute) AS last_minute, any(peer_ip) AS peer_ip,
  sum(e.bytes_out) AS bytes_out, sum(e.bytes_in) AS bytes_in, sum(e.connections), max(e.is_answered) AS is_answered, max(e.is_baseline) AS is_baseline
FROM ${egress} AS e WHERE role = '${role}' GROUP BY entity_id, role, peer, peer_port, hour`;

const egressHours = (sums: Sums) =>
  ROLES.map((role) => `INSERT INTO egress_hour SELECT *, ${sums.isOpen} FROM (${hoursOf(sums, role)})`);

/** Who knows whom, from sums per hour. */
const egressPairs = (hours: string, isOpen: 0 | 1) => `
INSERT INTO egress_pair
SELECT entity_id, role, peer, peer_ip, is_peer_inside, is_baseline, min(first_minute), max(last_minute), sum(e.bytes_out), sum(e.bytes_in), ${isOpen}
FROM ${hours} AS e GROUP BY entity_id, role, peer, peer_ip, is_peer_inside, is_baseline`;

/** Minutes from the connections, each role by itself for the same reason. */
const egressMinutes = ({ egress, isOpen }: Sums) =>
  ROLES.map(
    (role) => `
INSERT INTO egress_window
SELECT entity_id, role, 60 AS scale, toUInt32(minute) AS bucket, minute, minute, sum(e.bytes_out), sum(e.bytes_in), argMax(peer, e.bytes_out), max(e.is_baseline), ${isOpen}
FROM ${egress} AS e WHERE role = '${role}' AND NOT is_peer_inside AND is_answered AND is_web_or_unknown(app) GROUP BY entity_id, role, minute`,
  );

/** Hours and days from sums per hour. */
const egressDays = (hours: string, isOpen: 0 | 1) =>
  [3600, 86400].map(
    (scale) => `
INSERT INTO egress_window
SELECT entity_id, role, ${scale}, intDiv(toUInt32(hour), ${scale}) * ${scale} AS bucket, min(first_minute), max(last_minute), sum(e.bytes_out), sum(e.bytes_in), argMax(peer, e.bytes_out), max(e.is_baseline), ${isOpen}
FROM ${hours} AS e WHERE NOT is_peer_inside AND is_answered AND is_web_or_unknown(app) GROUP BY entity_id, role, bucket`,
  );

/** Bytes between two entities inside, seen from the one that received them. What mostly goes the other way is no inflow. */
const inflowHours = ({ connections, isOpen }: Sums) => `
INSERT INTO inflow_hour
SELECT side.2 AS receiver, side.3 AS sender, side.1 AS way, c.dst_port, toStartOfHour(c.time) AS begun, min(c.time), max(c.end_time), sum(side.4), sum(side.5), sum(c.connections),
  max(side.4), argMax(dateDiff('millisecond', c.time, c.end_time) / 1000, side.4), max(c.is_baseline), ${isOpen}
FROM ${connections} AS c
ARRAY JOIN [('push', toString(dst_entity_id), toString(entity_id), c.bytes_out, c.bytes_in), ('pull', toString(entity_id), toString(dst_entity_id), c.bytes_in, c.bytes_out)] AS side
WHERE c.is_src_inside AND c.is_dst_inside AND c.has_bytes AND c.entity_id != '' AND c.dst_entity_id != '' AND c.entity_id != c.dst_entity_id AND side.4 > side.5
GROUP BY receiver, sender, way, c.dst_port, begun`;

/** Every roll-up of all connections there are, in the order in which one needs the other. */
export const rollUpAll = (): string[] => {
  const sums: Sums = { connections: 'connection', egress: 'egress', isOpen: 0 };
  return [
    ...egressHours(sums),
    ...egressMinutes(sums),
    egressPairs('egress_hour', 0),
    ...egressDays('egress_hour', 0),
    inflowHours(sums),
    contactMinutes('connection', { isOpen: 0, isWhole: true }),
  ];
};

/** The same of some connections: parts that add up with those of others. */
export const rollUpPart = (sums: Sums): { table: (typeof ROLL_UPS)[number]; statement: string }[] => {
  const hours = ROLES.map((role) => hoursOf(sums, role)).join(' UNION ALL ');
  const told = (table: (typeof ROLL_UPS)[number], statements: string[]) =>
    statements.map((statement) => ({ table, statement }));
  return [
    ...told('egress_hour', egressHours(sums)),
    ...told('egress_pair', [egressPairs(`(${hours})`, sums.isOpen)]),
    ...told('egress_window', [...egressMinutes(sums), ...egressDays(`(${hours})`, sums.isOpen)]),
    ...told('inflow_hour', [inflowHours(sums)]),
    ...told('contact_minute', [contactMinutes(sums.connections, { isOpen: sums.isOpen, isWhole: false })]),
  ];
};
