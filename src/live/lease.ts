import { randomUUID } from 'node:crypto';
import { claim } from '../store/claim.js';
import { type Store, withSettings } from '../store/store.js';

/** A term ends when nothing was heard of its holder for so long, by the clock of the store. */
const LEASE_SECONDS = 30;
/** The holder stops so much earlier: its clock may run slower, and what it asked last must have ended. */
const MARGIN = 1 / 3;
/** How often the holder is heard of. */
export const BEAT_SECONDS = 3;

/** What a process that lost the lease must not do any more. */
export class LeaseLostError extends Error {
  override name = 'LeaseLostError';
  constructor() {
    super('another process judges now');
  }
}

const TERM = 'scheduler';
/** Says of a term that its holder ended in order. */
const LEFT = 'scheduler left';

/** Statements of who judges carry it, with their term. */
const MARK = 'stowaway judges in term ';

interface Latest {
  number: number;
  silent: number;
  is_left: number;
}

/**
 * Which of several processes over one store judges: the one whose term it is. Terms are numbers that one process has and no other
 * (store/claim.ts); the newest counts, as long as its holder is heard of. docs/decisions/0021-one-scheduler-by-lease.md says why.
 */
export class Lease {
  readonly #store: Store;
  readonly #holder = randomUUID();
  readonly #seconds: number;
  #term: number | null = null;
  /** Milliseconds of the steady clock. */
  #until = 0;

  constructor(store: Store, seconds = LEASE_SECONDS) {
    this.#store = store;
    this.#seconds = seconds;
  }

  /** The term in which this process judges now; null when it does not. */
  get term(): number | null {
    return performance.now() < this.#until ? this.#term : null;
  }

  /** Keeps the lease, or takes it where nobody has it. To be called one at a time, more often than it ends. */
  async beat(): Promise<void> {
    // Counted from before the store hears of it.
    const begun = performance.now();
    if (this.term !== null) {
      await this.#store.insert('claim', [{ name: TERM, number: this.#term, holder: this.#holder }]);
    } else {
      this.#term = await this.#take();
      if (this.#term === null) return;
      await this.#endStatements();
    }
    this.#until = begun + this.#seconds * 1000 * (1 - MARGIN);
  }

  /** Gives it to whoever asks next. */
  async leave(): Promise<void> {
    const { term } = this;
    this.#until = 0;
    if (term !== null)
      await this.#store.insert('claim', [{ name: LEFT, number: term, holder: this.#holder }]);
  }

  async #take(): Promise<number | null> {
    const [latest] = await this.#store.rows<Latest>(
      `SELECT number, dateDiff('millisecond', max(c.at), now64(3)) AS silent, number IN (SELECT number FROM claim WHERE name = '${LEFT}') AS is_left
       FROM claim AS c WHERE name = '${TERM}' GROUP BY number ORDER BY number DESC LIMIT 1`,
    );
    if (latest && !latest.is_left && latest.silent < this.#seconds * 1000) return null;
    const number = (latest?.number ?? 0) + 1;
    return (await claim(this.#store, { name: TERM, number, holder: this.#holder })) ? number : null;
  }

  /** What an earlier holder asked may still be under way though nobody waits for it. */
  async #endStatements(): Promise<void> {
    const end = (node: Store) =>
      node.run(
        `KILL QUERY WHERE startsWith(Settings['log_comment'], {kind:String}) AND Settings['log_comment'] != {mine:String} SYNC`,
        { kind: MARK, mine: this.#mark },
      );
    const [first = this.#store, ...others] = this.#store.shards?.nodes ?? [];
    await end(first);
    // A node that is gone keeps nobody from telling so.
    await Promise.allSettled(others.map(end));
  }

  get #mark(): string {
    return `${MARK}${this.#term}`;
  }

  /** The store as the holder of this term may use it: nothing is asked of it once the term is over. */
  fence(store: Store): Store {
    const { term } = this;
    const held = async <T>(work: () => Promise<T>): Promise<T> => {
      if (term === null || this.term !== term) throw new LeaseLostError();
      return work();
    };
    const marked = withSettings(store, { log_comment: this.#mark });
    return {
      ...marked,
      shards: store.shards && { ...store.shards, nodes: store.shards.nodes.map((node) => this.fence(node)) },
      rows: (sql, parameters, settings) => held(() => marked.rows(sql, parameters, settings)),
      run: (sql, parameters, settings) => held(() => marked.run(sql, parameters, settings)),
      insert: (table, rows) => held(() => store.insert(table, rows)),
    };
  }
}
