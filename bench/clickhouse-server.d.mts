/** Types of clickhouse-server.mjs, for tests. */

/** A real ClickHouse server on this machine, from the library in the npm package. */
export interface ClickHouseServer extends AsyncDisposable {
  url: string;
  /** Gone at once, as if its machine had lost power. */
  kill(): Promise<void>;
  /** There again: the same address, the same data. */
  start(): Promise<void>;
}

export function missingForServer(): string | null;
export function startServer(further?: string): Promise<ClickHouseServer>;
export function freePort(): Promise<number>;
