import type { ServeConfig } from '../model/serve-config.js';
import { Refusal } from './refusal.js';

/** How much is taken at once, and from one. */
export interface Limits {
  /** A body as it is sent, and when it is decompressed. */
  bodyBytes: number;
  plainBytes: number;
  /** All bodies that are held at one time. */
  memoryBytes: number;
  concurrentIngest: number;
  /** Of one token; twice as many may come at once. */
  requestsPerSecond: number;
  headerTimeoutSeconds: number;
  requestTimeoutSeconds: number;
  connections: number;
  streams: number;
}

/** The limits that stowaway.yaml states. */
export const limitsOf = ({ limits }: ServeConfig): Limits => ({
  bodyBytes: limits.body_bytes,
  plainBytes: limits.decompressed_bytes,
  memoryBytes: limits.memory_bytes,
  concurrentIngest: limits.concurrent_ingest,
  requestsPerSecond: limits.requests_per_second,
  headerTimeoutSeconds: limits.header_timeout_seconds,
  requestTimeoutSeconds: limits.request_timeout_seconds,
  connections: limits.connections,
  streams: limits.streams,
});

const BUSY_SECONDS = 1;

/** Counts the requests that hand over logs, and the memory their bodies take. */
export class Gate {
  #requests = 0;
  #bytes = 0;
  readonly #byToken = new Map<string, number>();

  constructor(private readonly limits: Limits) {}

  get requests(): number {
    return this.#requests;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Runs `work` as one of the requests; `charge` counts memory that is taken until it ends. One token has at most half of the places, so that a producer
   * that sends slowly does not shut out the others.
   */
  async enter<T>(token: string, work: (charge: (bytes: number) => void) => Promise<T>): Promise<T> {
    const { concurrentIngest, memoryBytes } = this.limits;
    const own = this.#byToken.get(token) ?? 0;
    if (this.#requests >= concurrentIngest || own >= Math.ceil(concurrentIngest / 2))
      throw new Refusal(503, 'too many requests hand over logs at this moment: ask again', BUSY_SECONDS);
    let held = 0;
    this.#requests += 1;
    this.#byToken.set(token, own + 1);
    try {
      return await work((bytes) => {
        if (this.#bytes + bytes > memoryBytes)
          throw new Refusal(503, 'too much is being handed over at this moment: ask again', BUSY_SECONDS);
        held += bytes;
        this.#bytes += bytes;
      });
    } finally {
      this.#bytes -= held;
      this.#requests -= 1;
      const left = this.#byToken.get(token)! - 1;
      if (left === 0) this.#byToken.delete(token);
      else this.#byToken.set(token, left);
    }
  }
}

/** A name that was not heard of for longest is forgotten first. */
const MAX_NAMES = 10_000;

/** A bucket for each name: `perSecond` flow in, and it holds `burst`. */
export class RateLimit {
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    private readonly now: () => number,
  ) {}

  /** @returns 0 when one more is allowed, else the seconds until it would be. */
  take(name: string): number {
    const at = this.now();
    const before = this.#buckets.get(name) ?? { left: this.burst, at };
    const left = Math.min(this.burst, before.left + (Math.max(0, at - before.at) / 1000) * this.perSecond);
    this.#buckets.delete(name);
    this.#buckets.set(name, { left: left < 1 ? left : left - 1, at });
    if (this.#buckets.size > MAX_NAMES) this.#buckets.delete(this.#buckets.keys().next().value!);
    return left < 1 ? Math.max(1, Math.ceil((1 - left) / this.perSecond)) : 0;
  }
}
