/**
 * Of the lines of one `conntrack -L -o id,extended` after another, those that say something new: entries not seen in the poll
 * before, and entries whose packets or bytes have changed since. What expires counts down in every line and is no news.
 */
export class ConntrackDelta {
  #before = new Map<string, string>();
  #now = new Map<string, string>();

  /** True when the line is to be kept. Lines that are no entry are not. */
  isNews(line: string): boolean {
    const at = line.lastIndexOf(' id=');
    if (at === -1 || !line.includes(' src=')) return false;
    const id = line.slice(at + 4).trimEnd();
    const counters = countersOf(line);
    this.#now.set(id, counters);
    return this.#before.get(id) !== counters;
  }

  /** Ends a poll that read the whole table. Entries that were not in it are forgotten, so that an id used again is news. */
  endPoll(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }

  /** Ends a poll that broke off: what the earlier ones knew is kept. */
  breakOff(): void {
    for (const [id, counters] of this.#now) this.#before.set(id, counters);
    this.#now = new Map();
  }

  get entries(): number {
    return this.#before.size;
  }
}

/** "packets=1 bytes=30" of both directions; '' where the kernel does not count. */
function countersOf(line: string): string {
  const first = line.indexOf(' packets=');
  if (first === -1) return '';
  const second = line.indexOf(' packets=', first + 1);
  return line.slice(first, line.indexOf(' src=', first)) + (second === -1 ? '' : upToBlanks(line, second));
}

/** " packets=1 bytes=30" from `from`: up to the third blank. */
function upToBlanks(line: string, from: number): string {
  const end = line.indexOf(' ', line.indexOf(' ', from + 1) + 1);
  return line.slice(from, end === -1 ? undefined : end);
}
