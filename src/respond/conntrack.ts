/** One entry of the kernel's connection table, with what each side has sent so far (bytes at IP level). */
export interface Flow {
  /** The kernel's id; a port used again has another. */
  id: string;
  protocol: string;
  source: string;
  destination: string;
  /** Address that answers: behind a published port it is the container's. */
  answerer: string;
  /** Ports of source and destination; 0 where the protocol has none. */
  source_port: number;
  destination_port: number;
  bytes: number;
  packets: number;
  answer_bytes: number;
  answer_packets: number;
}

/**
 * Reads `conntrack -L -o id,extended`. Lines without counters (nf_conntrack_acct is 0, or the flow began before it
 * was set) are left out: they say nothing about bytes.
 */
export function parseConntrack(text: string): Flow[] {
  return text.split('\n').flatMap((line) => parseLine(line) ?? []);
}

function parseLine(line: string): Flow | null {
  const words = line.trim().split(/\s+/);
  const values = (key: string): string[] =>
    words.flatMap((word) => (word.startsWith(`${key}=`) ? [word.slice(key.length + 1)] : []));
  const [source, answerer] = values('src');
  const [destination] = values('dst');
  const [source_port = 0] = values('sport').map(Number);
  const [destination_port = 0] = values('dport').map(Number);
  const [bytes, answer_bytes] = values('bytes').map(Number);
  const [packets, answer_packets] = values('packets').map(Number);
  const [id] = values('id');
  if (!source || !destination || !answerer || id === undefined) return null;
  if (
    bytes === undefined ||
    answer_bytes === undefined ||
    packets === undefined ||
    answer_packets === undefined
  )
    return null;
  // "ipv4 2 tcp 6 …"; without `extended` the family is missing.
  const protocol = (/^ipv[46]$/.test(words[0]!) ? words[2] : words[0]) ?? '';
  const ends = { source, source_port, destination, destination_port, answerer };
  return { id, protocol, ...ends, bytes, packets, answer_bytes, answer_packets };
}
