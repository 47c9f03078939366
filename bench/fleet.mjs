// A fleet's connections as Zeek's conn.log: containers that ask 20 services each, over and over.

let serial = 0;

/** A connection that ends at `at`, seconds since 1970. */
export function connection(at, from, to, sent) {
  serial += 1;
  const packets = Math.ceil(sent / 1400) + 4;
  return `{"ts":${at.toFixed(6)},"uid":"C${serial.toString(36).padStart(12, '0')}","id.orig_h":"${from}","id.orig_p":${32768 + (serial % 28000)},"id.resp_h":"${to}","id.resp_p":443,"proto":"tcp","service":"ssl","duration":0.4,"orig_bytes":${sent},"resp_bytes":5200,"conn_state":"SF","history":"ShADadFf","orig_pkts":${packets},"orig_ip_bytes":${sent + 52 * packets},"resp_pkts":9,"resp_ip_bytes":5700}`;
}

/** Containers for so many connections a second: each opens two at most, or it would be a flood. */
export const fleetFor = (rate) => Math.max(500, Math.ceil(rate / 2));

const address = (host) => `10.88.${1 + Math.floor(host / 250)}.${2 + (host % 250)}`;

/** One of a fleet's usual connections. */
export function usual(at, containers) {
  const host = Math.floor(Math.random() * containers);
  const service = (host * 7 + Math.floor(Math.random() ** 2 * 20)) % 200;
  return connection(at, address(host), `203.0.113.${service + 1}`, 300 + Math.floor(Math.random() * 4000));
}

/** A container of none of them, and where nobody went before. */
export const stranger = (number) => ({ from: `10.88.200.${number + 1}`, to: `198.51.100.${number + 1}` });

/** stowaway.yaml of the server that is measured. */
export const FLEET_CONFIG = { container_cidrs: ['10.88.0.0/16'] };
