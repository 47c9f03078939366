/** What tshark prints of each packet, in this order: the first occurrence, which is the outermost header's. */
export const CAPTURE_FIELDS = [
  ...['frame.time_epoch', 'frame.len', 'frame.protocols'],
  ...['ip.src', 'ip.dst', 'ip.len', 'ip.proto', 'ipv6.src', 'ipv6.dst', 'ipv6.plen'],
  ...[
    'tcp.srcport',
    'tcp.dstport',
    'tcp.flags',
    'udp.srcport',
    'udp.dstport',
    'sctp.srcport',
    'sctp.dstport',
  ],
  ...['icmp.type', 'icmpv6.type'],
] as const;

/** Connections open at a time; those that were silent longest are told first. A flood with made-up sources fills it, and no memory. */
const MAX_OPEN = 65_536;
/** Silence after which packets of the same ends are another connection; TCP that was answered says when it ends. */
const PATIENCE_SECONDS = { talking: 3600, other: 60 };
const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];
const IPV6_HEADER = 40;
const ETHERNET_HEADER = 14;
/** Headers that may stand between IPv6's own and what it carries. */
const IPV6_EXTENSIONS = /^(?:ipv6[.].+|ah)$/;

interface Packet {
  time: string;
  seconds: number;
  bytes: number;
  protocol: string;
  src: string;
  dst: string;
  sport: number;
  dport: number;
  flags: number;
  /** True or false where the packet says which end began. */
  isAnswer: boolean | null;
}

interface Connection extends Omit<Packet, 'time' | 'bytes' | 'isAnswer'> {
  begun: string;
  ended: string;
  isOpened: boolean;
  bytesOut: number;
  bytesIn: number;
  packetsOut: number;
  packetsIn: number;
  flagsOut: number;
  flagsIn: number;
}

/** Adds packets up to connections, and yields each as a line of JSON when it is over. */
export class CaptureConnections {
  readonly #open = new Map<string, Connection>();
  packets = 0;
  /** Frames without IP addresses. */
  others = 0;

  *add(line: string): Iterable<string> {
    this.packets += 1;
    const packet = readPacket(line);
    if (packet === null) {
      this.others += 1;
      return;
    }
    const { protocol, src, sport, dst, dport } = packet;
    const there = `${protocol} ${src} ${sport} ${dst} ${dport}`;
    const back = `${protocol} ${dst} ${dport} ${src} ${sport}`;
    const key = this.#open.has(back) ? back : there;
    const known = this.#open.get(key);
    if (known && isAnother(known, packet)) {
      this.#open.delete(key);
      yield told(known);
    }
    const isReused = this.#open.has(key);
    const isTurned = isReused ? key === back : (packet.isAnswer ?? false);
    const name = isReused ? key : isTurned ? back : there;
    const connection = this.#open.get(name) ?? begin(packet, isTurned);
    count(connection, packet, isTurned && there !== back);
    // Set anew, so that the map's order is that of the last packets.
    this.#open.delete(name);
    this.#open.set(name, connection);
    if (this.#open.size > MAX_OPEN) yield* this.#tellSilent();
  }

  /** An eighth at once: to find the first entry of a map costs more the more were taken from its front. */
  *#tellSilent(): Iterable<string> {
    for (const [key, connection] of this.#open) {
      if (this.#open.size <= (MAX_OPEN / 8) * 7) break;
      this.#open.delete(key);
      yield told(connection);
    }
  }

  *end(): Iterable<string> {
    for (const connection of this.#open.values()) yield told(connection);
    this.#open.clear();
  }
}

function readPacket(line: string): Packet | null {
  const values = line.split('\t');
  const field = (name: (typeof CAPTURE_FIELDS)[number]) => values[CAPTURE_FIELDS.indexOf(name)] ?? '';
  const layers = field('frame.protocols').split(':');
  const at = layers.findIndex((layer) => layer === 'ip' || layer === 'ipv6');
  if (at === -1) return null;
  const isV4 = layers[at] === 'ip';
  const [src, dst] = isV4 ? [field('ip.src'), field('ip.dst')] : [field('ipv6.src'), field('ipv6.dst')];
  if (src === '' || dst === '') return null;
  const carried = layers.slice(at + 1).find((layer) => !IPV6_EXTENSIONS.test(layer)) ?? '';
  const isPorted = carried === 'tcp' || carried === 'udp' || carried === 'sctp';
  const type = carried === 'icmp' ? field('icmp.type') : carried === 'icmpv6' ? field('icmpv6.type') : '';
  const flags = carried === 'tcp' ? Number(field('tcp.flags')) || 0 : 0;
  // A segment that the card would have cut may have no length of its own.
  const told = isV4
    ? Number(field('ip.len'))
    : Number(field('ipv6.plen')) && Number(field('ipv6.plen')) + IPV6_HEADER;
  return {
    time: field('frame.time_epoch'),
    seconds: Number(field('frame.time_epoch')),
    bytes: told || Math.max(0, Number(field('frame.len')) - ETHERNET_HEADER),
    protocol: nameOf(carried, isV4 ? field('ip.proto') : ''),
    src,
    dst,
    sport: isPorted ? Number(field(`${carried}.srcport`)) : 0,
    dport: isPorted ? Number(field(`${carried}.dstport`)) : 0,
    flags,
    isAnswer: flags & SYN ? (flags & ACK) !== 0 : type === '' ? null : type === '0' || type === '129',
  };
}

/** What tshark calls no protocol (a fragment is "data") goes by its number. */
function nameOf(carried: string, number: string): string {
  if (carried.startsWith('icmp')) return 'icmp';
  return ['', 'data', 'ip', 'ipv6'].includes(carried) ? `ip-${number || 'unknown'}` : carried.slice(0, 32);
}

/** A SYN after the end, or after long silence, begins another connection with the same ends. */
function isAnother(known: Connection, { seconds, protocol, flags, isAnswer }: Packet): boolean {
  const silence = seconds - known.seconds;
  const isTalking = protocol === 'tcp' && known.packetsIn > 0 && known.packetsOut > 0;
  const hasEnded = ((known.flagsOut | known.flagsIn) & (FIN | RST)) !== 0;
  // A stray packet before it must not say which end began.
  if (!known.isOpened && isAnswer !== null) return true;
  return (
    silence > (isTalking ? PATIENCE_SECONDS.talking : PATIENCE_SECONDS.other) ||
    (hasEnded && (flags & (SYN | ACK)) === SYN)
  );
}

function begin(packet: Packet, isTurned: boolean): Connection {
  const { time, seconds, protocol, src, dst, sport, dport, flags, isAnswer } = packet;
  const ends = isTurned ? { src: dst, dst: src, sport: dport, dport: sport } : { src, dst, sport, dport };
  const counters = { bytesOut: 0, bytesIn: 0, packetsOut: 0, packetsIn: 0, flagsOut: 0, flagsIn: 0 };
  return {
    begun: time,
    ended: time,
    seconds,
    protocol,
    flags,
    isOpened: isAnswer !== null,
    ...ends,
    ...counters,
  };
}

function count(connection: Connection, { time, seconds, bytes, flags }: Packet, isBack: boolean): void {
  connection.ended = seconds > connection.seconds ? time : connection.ended;
  connection.seconds = Math.max(seconds, connection.seconds);
  if (isBack) {
    connection.bytesIn += bytes;
    connection.packetsIn += 1;
    connection.flagsIn |= flags;
  } else {
    connection.bytesOut += bytes;
    connection.packetsOut += 1;
    connection.flagsOut |= flags;
  }
}

const told = (connection: Connection): string =>
  JSON.stringify({
    capture_start: connection.begun,
    capture_end: connection.ended,
    protocol: connection.protocol,
    src_ip: connection.src,
    src_port: connection.sport,
    dst_ip: connection.dst,
    dst_port: connection.dport,
    is_opened: connection.isOpened,
    bytes_out: connection.bytesOut,
    bytes_in: connection.bytesIn,
    packets_out: connection.packetsOut,
    packets_in: connection.packetsIn,
    flags_out: connection.flagsOut,
    flags_in: connection.flagsIn,
  });
