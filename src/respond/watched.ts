import type { Flow } from './conntrack.js';

/** Whose flows are watched. */
export interface WatchedSpec {
  /** Addresses of the contained. */
  addresses: string[];
  /** Only flows with these peers; empty for all. */
  destinations: string[];
}

/** Tells which flows are the contained's own, and which end of them it is. */
export class Watched {
  readonly #addresses: Set<string>;
  readonly #destinations: Set<string>;
  /** Sockets seen so far, as `protocol local peer`: a flow outlives its socket in the table. */
  readonly #sockets = new Set<string>();
  #hasIpv6: boolean;

  /** Whether any of it is spoken in IPv6, as far as is known. */
  get hasIpv6(): boolean {
    return this.#hasIpv6;
  }

  constructor({ addresses, destinations }: WatchedSpec) {
    this.#addresses = new Set(addresses);
    this.#destinations = new Set(destinations);
    this.#hasIpv6 = addresses.some((each) => each.includes(':'));
  }

  /** Takes in the answer of `ss -Htuna`. */
  noteSockets(text: string): void {
    for (const line of text.split('\n')) {
      const [protocol, , , , local, peer] = line.trim().split(/\s+/);
      if (!protocol || !local || !peer) continue;
      const ends = [endOf(local), endOf(peer)];
      this.#sockets.add([protocol, ...ends].join(' '));
      this.#hasIpv6 ||= ends.some((end) => end.split(':').length > 2);
    }
  }

  sideOf(flow: Flow): 'source' | 'answerer' | null {
    const { protocol, source, source_port, destination, destination_port, answerer } = flow;
    const [from, to] = [`${source}:${source_port}`, `${destination}:${destination_port}`];
    const isSource =
      this.#addresses.has(source) ||
      this.#sockets.has(`${protocol} ${from} ${to}`) ||
      // A datagram socket that was never connected has no peer, and perhaps no address.
      this.#sockets.has(`${protocol} ${from} *:*`) ||
      this.#sockets.has(`${protocol} *:${source_port} *:*`);
    if (isSource) return this.#isWanted(destination) ? 'source' : null;
    const isAnswerer = this.#addresses.has(answerer) || this.#sockets.has(`${protocol} ${to} ${from}`);
    return isAnswerer && this.#isWanted(source) ? 'answerer' : null;
  }

  #isWanted(peer: string): boolean {
    return this.#destinations.size === 0 || this.#destinations.has(peer);
  }
}

/** "[::ffff:10.0.0.1]%eth0:80" as the connection table writes it; `*` for any address or port. */
function endOf(text: string): string {
  const at = text.lastIndexOf(':');
  const address = text
    .slice(0, at)
    .replace(/%.*$/, '')
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '');
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  const isAny = plain === '0.0.0.0' || plain === '::' || plain === '*' || plain === '';
  return `${isAny ? '*' : plain}:${text.slice(at + 1)}`;
}
