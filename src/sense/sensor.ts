/** A stretch of time in which a sensor did not look. */
export interface Gap {
  /** ISO 8601, UTC. `to` is missing while the gap lasts. */
  from: string;
  to?: string;
  reason: string;
}

export interface SensorStatus {
  name: string;
  /** on: looks at all it can see; degraded: looks, but `reason` says what is missing; off: does not look. */
  state: 'on' | 'degraded' | 'off';
  /** Empty only when `state` is on and there is nothing to say. */
  reason: string;
  /** Paths of the files it writes. */
  files: string[];
  /** What is known to be lost, by kind: events, records, polls. No entry, no known loss. */
  losses: Record<string, number>;
  gaps: Gap[];
}

/**
 * Something that watches the host and writes files.
 *
 * `start` returns when the sensor looks or has found out why it cannot; it does not throw for a sensor that cannot run.
 * `stop` ends every process it started, puts back what it changed, and returns when its files are complete. Both are called once.
 */
export interface Sensor {
  start(): Promise<void>;
  status(): SensorStatus;
  stop(): Promise<void>;
}

/** The mutable half of a status, which a sensor keeps while it runs. */
export class Report {
  #isOn = false;
  #whyOff = 'not started';
  readonly #lacks = new Map<string, string>();
  readonly #notes = new Map<string, string>();
  readonly #losses: Record<string, number> = {};
  readonly gaps: Gap[] = [];

  constructor(
    readonly name: string,
    readonly files: string[],
  ) {}

  get isOn(): boolean {
    return this.#isOn;
  }

  /** It looks, from now on or again. */
  on(): void {
    this.#isOn = true;
    const last = this.gaps.at(-1);
    if (last && last.to === undefined) last.to = new Date().toISOString();
  }

  /** It does not look. */
  off(reason: string): void {
    this.#isOn = false;
    this.#whyOff = reason;
  }

  /** It did look and no longer does, until `on` is called again. */
  interrupt(reason: string): void {
    this.off(reason);
    if (this.gaps.length === 0 || this.gaps.at(-1)!.to !== undefined)
      this.gaps.push({ from: new Date().toISOString(), reason });
  }

  /** What it cannot see, by topic; '' takes it back. Makes the state degraded. */
  lack(topic: string, reason: string): void {
    if (reason === '') this.#lacks.delete(topic);
    else this.#lacks.set(topic, reason);
  }

  /** Lines that could not be written; for OutputFile. */
  readonly loseLines = (lines: number, reason: string): void => {
    this.lose('lines', lines);
    this.lack('disk', reason);
  };

  /** What a reader should know though nothing is missing, by topic; '' takes it back. */
  note(topic: string, text: string): void {
    if (text === '') this.#notes.delete(topic);
    else this.#notes.set(topic, text);
  }

  lose(kind: string, count: number): void {
    if (count > 0) this.#losses[kind] = (this.#losses[kind] ?? 0) + count;
  }

  status(): SensorStatus {
    const lost = Object.entries(this.#losses).map(([kind, count]) => `${count} ${kind} lost`);
    const gaps = this.gaps.length === 0 ? [] : [`did not look for a while (${this.gaps.length} times)`];
    const missing = [...(this.#isOn ? [] : [this.#whyOff]), ...this.#lacks.values(), ...lost, ...gaps];
    const onState = missing.length > 0 ? 'degraded' : 'on';
    return {
      name: this.name,
      state: this.#isOn ? onState : 'off',
      reason: [...missing, ...this.#notes.values()].join('; '),
      files: this.files,
      losses: { ...this.#losses },
      gaps: this.gaps.map((gap) => ({ ...gap })),
    };
  }
}
